import { describe, expect, it } from 'vitest';
import { openAtFirst, rowsOf, shapeText, shortName, treeOf } from '../../../webview/model/graph/tree.js';
import { Renderer, START } from '../../../webview/model/scene/render.js';
import { readScene, type Scene } from '../../../webview/model/scene/scene.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const PLY = `ply
format ascii 1.0
comment points 12
element vertex 3
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
element face 2
property list uchar int vertex_indices
element edge 1
property int vertex1
property int vertex2
end_header
0 0 0 255 0 0
1 0 0 0 255 0
0 1 0 0 0 255
3 0 1 2
3 0 1 7
1 2
`;

describe('a scene', () => {
  it('is read from PLY as text and as bytes of both orders', () => {
    const scene = readScene(bytes(PLY), 'model/ply')!;
    expect([...scene.places]).toEqual([0, 0, 0, 1, 0, 0, 0, 1, 0]);
    expect([...scene.colors!]).toEqual([255, 0, 0, 0, 255, 0, 0, 0, 255]);
    // The second face names a point that is not there.
    expect([[...scene.faces], [...scene.edges], scene.total]).toEqual([[0, 1, 2], [1, 2], 12]);
    for (const little of [true, false]) {
      const head = `ply\nformat binary_${little ? 'little' : 'big'}_endian 1.0\nelement vertex 2\nproperty double x\nproperty float y\nproperty short z\nend_header\n`;
      const view = new DataView(new ArrayBuffer(28));
      [1, 4].forEach((value, i) => {
        view.setFloat64(14 * i, value, little);
        view.setFloat32(14 * i + 8, value + 1, little);
        view.setInt16(14 * i + 12, value + 2, little);
      });
      const file = new Uint8Array([...bytes(head), ...new Uint8Array(view.buffer)]);
      expect([...readScene(file, 'model/ply')!.places]).toEqual([1, 2, 3, 4, 5, 6]);
      expect(readScene(file.subarray(0, file.length - 1), 'model/ply')).toBeNull();
    }
  });

  it('is read from OBJ and STL', () => {
    const obj = readScene(
      bytes('# x\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1/1 2/2 3 4\nf -1 -2 -3\nl 1 2\nmtllib evil.mtl\n'),
      'model/obj',
    )!;
    expect([...obj.faces]).toEqual([0, 1, 2, 0, 2, 3, 3, 2, 1]);
    expect([...obj.edges]).toEqual([0, 1]);
    const text = readScene(
      bytes('solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\n'),
      'model/stl',
    )!;
    const binary = new DataView(new ArrayBuffer(84 + 50));
    binary.setUint32(80, 1, true);
    [0, 0, 0, 1, 0, 0, 0, 1, 0].forEach((value, i) => binary.setFloat32(96 + 4 * i, value, true));
    const same = readScene(new Uint8Array(binary.buffer), 'model/stl')!;
    expect([...same.places]).toEqual([...text.places]);
    expect([...same.faces]).toEqual([0, 1, 2]);
  });

  it('that is cut off, huge or something else is none', () => {
    for (let length = 0; length < PLY.length - 12; length += 7) {
      const cut = readScene(bytes(PLY.slice(0, length)), 'model/ply');
      if (cut) expect(cut.places.length).toBeLessThanOrEqual(9);
    }
    const odd = [
      'element vertex 99999999999',
      'element vertex -1',
      'property list uchar evil vertex_indices',
      'element face 1e9',
    ];
    for (const line of odd)
      expect(readScene(bytes(`ply\nformat ascii 1.0\n${line}\nend_header\n`), 'model/ply'), line).toBeNull();
    for (const mime of ['model/ply', 'model/obj', 'model/stl', 'image/png'])
      expect(readScene(bytes('no scene at all'), mime), mime).toBeNull();
    const nowhere = readScene(bytes('v nan inf 1\nv 1 1 1\n'), 'model/obj')!;
    expect([...nowhere.places]).toEqual([0, 0, 1, 1, 1, 1]);
  });
});

describe('a drawing', () => {
  const picture = () => ({ data: new Uint8ClampedArray(4 * 60 * 40), width: 60, height: 40 });
  const lit = ({ data }: { data: Uint8ClampedArray }): number =>
    data.filter((_, i) => i % 4 === 3 && data[i]! > 0).length;

  it('shows what is near before what is far, from every side', () => {
    const scene: Scene = {
      places: Float32Array.from([0, -1, 0, 0, 1, 0]),
      colors: Uint8Array.from([255, 0, 0, 0, 0, 255]),
      faces: new Uint32Array(),
      edges: new Uint32Array(),
      total: 2,
    };
    const renderer = new Renderer(scene);
    const seen = (turn: number): 'red' | 'blue' => {
      const drawn = picture();
      renderer.draw(drawn, { turn, tilt: 0, zoom: 1 }, [128, 128, 128]);
      const middle = 4 * (20 * 60 + 30);
      return drawn.data[middle]! > drawn.data[middle + 2]! ? 'red' : 'blue';
    };
    expect([seen(0), seen(Math.PI)]).toEqual(['red', 'blue']);
  });

  it('draws surfaces, lines and points, and one point alone', () => {
    const base = { colors: null, faces: new Uint32Array(), edges: new Uint32Array(), total: 3 };
    const places = Float32Array.from([0, 0, 0, 1, 0, 0, 0, 0, 1]);
    const of = (more: Partial<Scene>, pose = START): number => {
      const drawn = picture();
      new Renderer({ places, ...base, ...more }).draw(drawn, pose, [9, 9, 9]);
      return lit(drawn);
    };
    expect(of({ faces: Uint32Array.from([0, 1, 2]) })).toBeGreaterThan(150);
    expect(of({ edges: Uint32Array.from([0, 1]) })).toBeGreaterThan(10);
    expect(of({ places: new Float32Array(3) })).toBeGreaterThan(0);
    expect(of({ faces: Uint32Array.from([0, 1, 2]) }, { ...START, zoom: 40 })).toBeGreaterThan(0);
  });

  it('of a million triangles that fill it ends soon', () => {
    const scene: Scene = {
      places: Float32Array.from([-9, 0, -9, 9, 0, -9, 0, 0, 9]),
      colors: null,
      faces: Uint32Array.from({ length: 3_000_000 }, (_, i) => i % 3),
      edges: new Uint32Array(),
      total: 3,
    };
    const drawn = { data: new Uint8ClampedArray(4 * 800 * 800), width: 800, height: 800 };
    new Renderer(scene).draw(drawn, START, [9, 9, 9]);
    expect(lit(drawn)).toBeGreaterThan(1000);
  });
});

describe('a model graph', () => {
  const weight = (shape: number[], trained = true) => ({ name: 'weight', shape, trained });
  const graph = {
    nodes: [
      { name: 'Net', type: 'Net', parent: null },
      { name: 'encoder', type: 'Block', parent: 0 },
      { name: 'encoder.conv', type: 'Conv2d', parent: 1, shape: [null, 8, 28, 28], weights: [weight([8, 1, 3, 3])] },
      { name: 'head', type: 'Linear', parent: 0, weights: [weight([10, 8]), weight([10], false)] },
      { name: 'odd', type: 'Odd', parent: 4 },
    ],
  };

  it('is a tree with the weights of all parts', () => {
    const tree = treeOf(graph);
    expect(tree.map(({ level, weights, trained }) => [level, weights, trained])).toEqual([
      [1, 162, 152],
      [2, 72, 72],
      [3, 72, 72],
      [2, 90, 80],
      [1, 0, 0],
    ]);
    expect(tree.map((each) => shortName(tree, each))).toEqual(['Net', 'encoder', 'conv', 'head', 'odd']);
    expect(rowsOf(tree, new Set()).map(({ at }) => at)).toEqual([0, 4]);
    expect(rowsOf(tree, openAtFirst(tree)).map(({ at }) => at)).toEqual([0, 1, 2, 3, 4]);
    expect(shapeText([null, 8, null], 'batch')).toBe('batch × 8 × ?');
  });

  it('with many parts opens only the levels that fit', () => {
    const nodes = [{ name: 'n', type: 'N', parent: null as number | null }];
    for (let i = 0; i < 30; i++) nodes.push({ name: `n.${i}`, type: 'B', parent: 0 });
    for (let i = 0; i < 300; i++) nodes.push({ name: `n.${i % 30}.${i}`, type: 'C', parent: 1 + (i % 30) });
    const tree = treeOf({ nodes });
    expect(rowsOf(tree, openAtFirst(tree)).length).toBe(31);
  });
});
