import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { findRuns } from '../../../src/foreign/formats.js';
import { importRun } from '../../../src/foreign/import/importRun.js';
import { mediaOf } from '../../../src/foreign/wandb/files.js';
import { Fields, WireError } from '../../../src/protocol/values/protobuf.js';
import { readGraph } from '../../../src/foreign/tensorboard/graph.js';
import { ModelGraph } from '../../../src/protocol/engine/drawings.js';
import { GRAPH_MIME } from '../../../src/protocol/run/mimes.js';
import { artifactFolder } from '../../../src/foreign/mlflow/artifacts.js';
import { copyOf, readWhole } from './support.js';

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

it("takes W&B's console output into the run, and what is added to it later", () => {
  const workspace = copyOf('wandb');
  const [run] = findRuns(workspace).runs;
  const files = path.join(path.dirname(run!.path), 'files');
  writeFileSync(path.join(files, 'output.log'), 'epoch 1\n');
  const runs = path.join(workspace, '.tunesmith', 'runs');
  mkdirSync(runs, { recursive: true });
  const import_ = () => importRun(findRuns(workspace).runs[0]!, { workspace, runs });
  const { id } = import_();
  const output = () => readFileSync(path.join(runs, id, 'output.log'), 'utf8');
  expect(output()).toBe('epoch 1\n');
  appendFileSync(path.join(files, 'output.log'), 'epoch 2\n');
  import_();
  expect(output()).toBe('epoch 1\nepoch 2\n');
});

it("takes MLflow's artifacts that can be shown as media, each once, and says how many others there are", () => {
  const store = copyOf('mlflow');
  const run = findRuns(store).runs.find(({ path: at }) => at.includes('mlruns'))!;
  const folder = path.join(run.path, 'artifacts', 'plots');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'roc.png'), PNG);
  writeFileSync(path.join(folder, '..', 'model.pkl'), 'x');
  symlinkSync('/etc/hostname', path.join(folder, 'link.txt'));
  // A folder that is a link leads elsewhere: none of its files are tags.
  rmSync(path.join(run.path, 'tags'), { recursive: true });
  symlinkSync('/etc/ssl', path.join(run.path, 'tags'));
  const { found, place } = readWhole(run);
  expect(found.allMedia.map(({ name, mime, step }) => [name, mime, step])).toEqual([
    ['plots/roc.png', 'image/png', null],
  ]);
  expect(found.allInfo['other artifacts']).toContain('1 in ');
  expect(found.known.tags ?? []).toEqual([]);
  writeFileSync(path.join(folder, 'notes.md'), '# Notes');
  expect(readWhole(run, place).found.allMedia.map(({ name }) => name)).toEqual(['plots/notes.md']);
});

it('reads artifacts below the folder of the store only', () => {
  const store = realpathSync(mkdtempSync(path.join(tmpdir(), 'tunesmith-mlflow-')));
  const inside = path.join(store, 'mlruns', '1', 'artifacts');
  mkdirSync(inside, { recursive: true });
  symlinkSync('/etc', path.join(store, 'etc'));
  expect(artifactFolder(store, './mlruns/1/artifacts')).toBe(inside);
  expect(artifactFolder(store, pathToFileURL(inside).href)).toBe(inside);
  for (const odd of ['/etc', '../..', 'file:///etc', 'etc/ssh', 's3://bucket/x', 'mlflow-artifacts:/1', null, 3, ''])
    expect(artifactFolder(store, odd) ?? store, String(odd)).toBe(store);
});

it("reads Optuna's journal again when another one of the same size has taken its place", () => {
  const folder = copyOf('optuna');
  const file = path.join(folder, 'optuna.log');
  const statesOf = () => findRuns(folder).runs.filter((run) => run.path === file);
  const values = () => statesOf().map((run) => readWhole(run).found.allParams);
  const before = readFileSync(file, 'utf8');
  const first = values();
  expect(first.length).toBeGreaterThan(0);
  // The same number of bytes, at a time that the file system can't tell from the first one.
  const { atime, mtime } = statSync(file);
  const other = before.replace(/"param_value_internal": ?(\d)\.(\d)/, (text, a: string, b: string) =>
    text.replace(`${a}.${b}`, `${(Number(a) + 1) % 10}.${b}`),
  );
  expect([other.length, other === before]).toEqual([before.length, false]);
  writeFileSync(file, other);
  utimesSync(file, atime, mtime);
  expect(values()).not.toEqual(first);
});

it('reads tables and 3D points of a real offline run of W&B, whose cells have no pictures', () => {
  const [run] = findRuns(copyOf('wandb-tables')).runs;
  const { found } = readWhole(run!);
  const media = new Map(found.allMedia.map((each) => [each.name, each]));
  // W&B keeps the pictures of cells in an artifact outside the run's folder, which is not followed.
  expect(media.get('predictions')).toMatchObject({ mime: 'text/csv' });
  expect(String(media.get('predictions')!.bytes).split('\n').slice(0, 2)).toEqual(['id,picture,score', '0,Image,0']);
  expect(media.get('points')).toMatchObject({ mime: 'model/obj', step: expect.any(Number) as number });
  expect(String(media.get('points')!.bytes)).toBe('v 0 0 0 1 0 0\nv 1 2 3 0 0 1\n');
});

it('reads points with boxes and categories as W&B keeps them, and nothing of what makes no sense', () => {
  const of = (content: unknown) => {
    const { mime, bytes } = mediaOf('points', 'media/object3D/a.pts.json', Buffer.from(JSON.stringify(content)));
    return mime === 'model/obj' ? String(bytes) : null;
  };
  const corners = [0, 1].flatMap((x) => [0, 1].flatMap((y) => [0, 1].map((z) => [x, y, z])));
  const scene = of({
    type: 'lidar/beta',
    points: [[5, 5, 5, 1]],
    boxes: [{ corners, color: [255, 0, 0] }, { corners: 3 }, null],
  })!;
  expect(scene.split('\n').filter((line) => line.startsWith('v')).length).toBe(9);
  expect(scene.split('\n').filter((line) => line.startsWith('l')).length).toBe(12);
  expect(scene).toContain('v 1 1 1 1 0 0\n');
  for (const odd of [3, null, {}, [], [[1, 2]], { points: 'x' }]) expect(of(odd), JSON.stringify(odd)).toBeNull();
  expect(
    of([
      ['x', null, 1e999],
      [1, 2, 3],
    ]),
  ).toBe('v 0 0 0\nv 1 2 3\n');
});

it("reads the meshes of TensorBoard's plugin, each of several of one name", () => {
  const [run] = findRuns(copyOf('tensorboardx-mesh')).runs;
  const media = readWhole(run!).found.allMedia;
  expect(media.map(({ name, step, mime }) => [name, step, mime])).toEqual([
    ['shape', 4, 'model/obj'],
    ['shape', 4, 'model/obj'],
    ['cloud', 5, 'model/obj'],
  ]);
  expect(String(media[1]!.bytes)).toBe('v 0 0 1 1 1 1\nv 1 0 1 1 1 1\nv 0 1 1 1 1 1\nf 1 2 3\n');
  expect(String(media[2]!.bytes)).toBe('v 0 0 0\nv 1 0 0\nv 0 1 0\n');
});

it('reads the graph that PyTorch writes, with the shapes of its results and without constants', () => {
  const [run] = findRuns(copyOf('tensorboard-graph')).runs;
  const [graph, ...others] = readWhole(run!).found.allMedia;
  expect([graph!.name, graph!.mime, others]).toEqual(['graph', GRAPH_MIME, []]);
  const { nodes, cut } = ModelGraph.parse(JSON.parse(String(graph!.bytes)));
  expect(cut).toBeUndefined();
  const at = (name: string) => nodes.findIndex((node) => node.name === name);
  expect(nodes[at('Sequential/Conv2d[0]')]).toMatchObject({
    ...{ type: 'Conv2d', parent: at('Sequential'), shape: [5, 2, 2, 2] },
  });
  expect(nodes[at('Sequential')]).toMatchObject({ parent: null, shape: [5, 3] });
  const linear = nodes.find(({ type }) => type === 'aten::linear')!;
  expect(linear.inputs!.map((place) => nodes[place]!.type).sort()).toEqual([
    ...['aten::flatten', 'prim::GetAttr', 'prim::GetAttr'],
  ]);
  expect(nodes.filter(({ type }) => type === 'prim::Constant')).toEqual([]);
});

it('reads hostile graphs within bounds', () => {
  const text = (field: number, value: string): Buffer =>
    Buffer.concat([Buffer.from([field * 8 + 2]), varint(Buffer.byteLength(value)), Buffer.from(value)]);
  const inner = (field: number, ...parts: Buffer[]): Buffer => {
    const all = Buffer.concat(parts);
    return Buffer.concat([Buffer.from([field * 8 + 2]), varint(all.length), all]);
  };
  const node = (name: string, type: string, ...inputs: string[]): Buffer =>
    inner(1, text(1, name), text(2, type), ...inputs.map((each) => text(3, each)));
  const read = (...parts: Buffer[]) => readGraph(new Fields(Buffer.concat(parts)));
  const deep = Array.from({ length: 240 }, () => 'a').join('/');
  expect(read(node(deep, 'Op'))!.nodes).toHaveLength(240);
  expect(read(node('x', 'Add', 'x', '^y:0', 'gone'), node('x', 'Mul'), node('y', 'Const'))!.nodes).toEqual([
    { name: 'x', type: 'Add', parent: null, inputs: [0] },
  ]);
  const many = Array.from({ length: 6000 }, (_, i) =>
    node(`${deep}/${i % 7}/${i}`, 'Op', ...Array<string>(300).fill('x')),
  );
  const cut = read(...many)!;
  expect([cut.nodes.length, cut.cut]).toEqual([5000, true]);
  expect(ModelGraph.safeParse(cut).success).toBe(true);
  expect(read(node('', 'Op'), node('x'.repeat(501), 'Op'), inner(9, text(1, 'a')))).toBeNull();
  // A name such as `/a` or `a//b` has an empty part.
  expect(ModelGraph.safeParse(read(node('/a', 'Op'), node('a//b', 'Op'))).success).toBe(true);
});

it('reads no more of a graph that is cut at any byte than the nodes before it, and none of one with giant lengths', () => {
  const file = path.join(copyOf('tensorboard-graph'), 'exp1', 'events.out.tfevents.1.host');
  const definition = graphIn(readFileSync(file));
  const read = (bytes: Buffer) => readGraph(new Fields(bytes));
  const whole = read(definition)!;
  const names = new Set(whole.nodes.map(({ name }) => name));
  let most = 0;
  for (let length = 0; length < definition.length; length++) {
    let found: ModelGraph | null;
    try {
      found = read(definition.subarray(0, length));
    } catch (error) {
      expect(error, `cut at ${length}`).toBeInstanceOf(WireError);
      continue;
    }
    if (found === null) continue;
    expect(ModelGraph.safeParse(found).success, `cut at ${length}`).toBe(true);
    for (const { name } of found.nodes) expect(names).toContain(name);
    most = Math.max(most, found.nodes.length);
  }
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(whole.nodes.length);
  // A changed byte may make any length giant.
  for (let at = 0; at < definition.length; at++) {
    const changed = Buffer.from(definition);
    changed[at] = 0xff;
    try {
      expect(ModelGraph.safeParse(read(changed) ?? whole).success, `changed at ${at}`).toBe(true);
    } catch (error) {
      expect(error, `changed at ${at}`).toBeInstanceOf(WireError);
    }
  }
});

/** The GraphDef of the first event that has one. */
function graphIn(file: Buffer): Buffer {
  for (let at = 0; at + 16 <= file.length;) {
    const length = Number(file.readBigUInt64LE(at));
    const event = new Fields(file.subarray(at + 12, at + 12 + length));
    while (event.next()) {
      if (event.number === 4) return event.slice();
      event.skip();
    }
    at += 16 + length;
  }
  throw new Error('The file has no graph.');
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) + 128);
  }
}
