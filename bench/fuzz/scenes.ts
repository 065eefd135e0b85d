/** The boundaries where 3D objects and graphs of networks come in: as the logs of other tools have them, and as the panel reads them. */
import { mediaOf } from '../../src/foreign/wandb/files.js';
import { SCENE_MIME } from '../../src/foreign/scenes.js';
import { ModelGraph } from '../../src/protocol/engine/drawings.js';
import { farInputs, openAtFirst, rowsOf, shapeText, shortName, treeOf } from '../../webview/model/graph/tree.js';
import { Renderer, START } from '../../webview/model/scene/render.js';
import { readScene } from '../../webview/model/scene/scene.js';
import type { Boundary } from './types.js';

const SIDE = 40;

const ASCII_PLY = `ply
format ascii 1.0
comment points 9
element vertex 4
property float x
property float y
property double z
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
1 1 1e3 9 9 9
3 0 1 2
4 0 1 3 2
0 3
`;
const OBJ = 'v 0 0 0 1 0 0\nv 1 0 0 0 1 0\nv 0 1 0 0 0 1\nvn 0 0 1\nf 1/1/1 2//1 3\nf -3 -2 -1\nl 1 2 3\n';
const ASCII_STL = `solid a
facet normal 0 0 1
outer loop
vertex 0 0 0
vertex 1 0 0
vertex 0 1 -1e2
endloop
endfacet
endsolid a
`;
const POINTS = [
  {
    type: 'lidar/beta',
    points: [[0, 1, 2, 3]],
    boxes: [{ corners: cube(), color: [255, 0, 0], label: 'a' }],
    vectors: [],
  },
  [
    [1, 2, 3, 255, 0, 0],
    [0, 0, 1e9, 0, 0, 0],
  ],
];
const GRAPH = {
  nodes: [
    { name: 'Net', type: 'Net', parent: null },
    { name: 'a', type: 'Block', parent: 0, inputs: [0, 0], shape: [null, 8] },
    { name: 'a.conv', type: 'Conv', parent: 1, weights: [{ name: 'w', shape: [8, 1, 3], trained: true }] },
  ],
  cut: false,
};

function cube(): number[][] {
  return [0, 1].flatMap((x) => [0, 1].flatMap((y) => [0, 1].map((z) => [x, y, z])));
}

function binaryPly(isLittle: boolean): Buffer {
  const head = `ply\nformat binary_${isLittle ? 'little' : 'big'}_endian 1.0\nelement vertex 2\nproperty float x\nproperty float y\nproperty float z\nelement face 1\nproperty list uchar uint vertex_index\nend_header\n`;
  const body = Buffer.alloc(2 * 12 + 1 + 3 * 4);
  for (let i = 0; i < 6; i++)
    if (isLittle) body.writeFloatLE(i, 4 * i);
    else body.writeFloatBE(i, 4 * i);
  body[24] = 3;
  return Buffer.concat([Buffer.from(head), body]);
}

function binaryStl(): Buffer {
  const file = Buffer.alloc(84 + 2 * 50);
  file.writeUInt32LE(2, 80);
  for (let face = 0; face < 2; face++)
    for (let i = 0; i < 12; i++) file.writeFloatLE(face + i / 3, 84 + 50 * face + 4 * i);
  return file;
}

/** Reads a file as the panel does, and draws it. */
function scene(name: string, mime: string, samples: () => (string | Uint8Array)[]): Boundary {
  return {
    name,
    samples,
    take(input) {
      const found = readScene(input, mime);
      if (!found) return false;
      const picture = { data: new Uint8ClampedArray(4 * SIDE * SIDE), width: SIDE, height: SIDE };
      new Renderer(found).draw(picture, START, [9, 9, 9]);
      return true;
    },
  };
}

/** Shows a graph as the panel does, with all of its parts open. */
function isGraph(input: Uint8Array): boolean {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(input).toString('utf8'));
  } catch {
    return false;
  }
  const { data } = ModelGraph.safeParse(value);
  if (!data) return false;
  const tree = treeOf(data);
  for (const open of [openAtFirst(tree), new Set(tree.keys())]) {
    for (const row of rowsOf(tree, open)) {
      shortName(tree, row);
      farInputs(tree, row);
      shapeText(row.node.shape, 'batch');
      if (!(row.weights >= 0)) throw new RangeError(`${row.weights} weights`);
    }
  }
  return true;
}

export const SCENES: Boundary[] = [
  scene('PLY', 'model/ply', () => [ASCII_PLY, binaryPly(true), binaryPly(false)]),
  scene('OBJ', 'model/obj', () => [OBJ]),
  scene('STL', 'model/stl', () => [ASCII_STL, binaryStl()]),
  {
    name: 'wandb points',
    samples: () => POINTS.map((points) => JSON.stringify(points)),
    take(input) {
      const { mime, bytes } = mediaOf('cloud', 'a.pts.json', Buffer.from(input));
      return mime === SCENE_MIME && readScene(bytes, mime) !== null;
    },
  },
  { name: 'model graphs', samples: () => [JSON.stringify(GRAPH)], take: isGraph },
];
