/** Renamed and moved experiment files keep their runs, their best and their searches. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import { buildDist } from '../../support/build.js';
import { experiment, isAlive, runOver, searchOver, TRAIN, until, Workspace } from '../support.js';

let workspace: Workspace;
let engine: EngineConnection;
beforeEach(async () => {
  workspace = new Workspace(await buildDist());
  workspace.write('train.mjs', TRAIN);
  engine = await workspace.connect();
});
afterEach(() => workspace.remove());

const SEARCH =
  'search:\n  sampler: random\n  trials: 2\n  parallel: 1\n  seed: 1\n  space: { lr: { uniform: [0, 1] } }\n';
const run = async (file: string, params = {}): Promise<string> => {
  const { run: started } = await engine.request('runs/start', { file, params });
  await runOver(engine, started.id);
  return started.id;
};
const runsOf = async (file: string): Promise<string[]> => {
  const { runs } = await engine.request('runs/list', { file, limit: 1000 });
  return runs.map(({ id }) => id).sort();
};
const bestOf = async (file: string) => (await engine.request('best/of', { file })).best;

async function restart(): Promise<void> {
  const pid = workspace.enginePid()!;
  await engine.request('engine/stop', { force: true });
  await until('the engine to leave', () => !isAlive(pid));
  engine = await workspace.connect();
}

/** Without the index, everything is read again from the folders. */
async function rebuild(): Promise<void> {
  const pid = workspace.enginePid()!;
  await engine.request('engine/stop', { force: true });
  await until('the engine to leave', () => !isAlive(pid));
  for (const ending of ['', '-wal', '-shm']) fs.rmSync(`${workspace.local.store}${ending}`, { force: true });
  engine = await workspace.connect();
  await until('all runs', async () => (await engine.request('engine/status', {})).progress === null);
}

it('follows a file that was renamed while no engine ran, by its content', async () => {
  const file = workspace.write('tiny.tune.yaml', experiment('node train.mjs', SEARCH).replace('name: tiny\n', ''));
  const ids = [await run(file), await run(file, { lr: 0.5 })];
  const { search } = await engine.request('searches/start', { file });
  await searchOver(engine, search.id);
  const before = await bestOf(file);
  const pid = workspace.enginePid()!;
  await engine.request('engine/stop', { force: true });
  await until('the engine to leave', () => !isAlive(pid));
  fs.mkdirSync(workspace.at('опыты'));
  const moved = workspace.at('опыты', 'other.tune.yaml');
  fs.renameSync(file, moved);
  engine = await workspace.connect();

  expect(await runsOf(moved)).toEqual(expect.arrayContaining(ids));
  expect(await bestOf(moved)).toEqual(before);
  const { searches } = await engine.request('searches/list', { file: moved });
  expect(searches.map(({ id, experiment: name }) => [id, name])).toEqual([[search.id, 'other']]);
  // The experiment was named by its file, and still is.
  const { experiments } = await engine.request('experiments/list', {});
  expect(experiments.map(({ name }) => name)).toEqual(['other']);
  const started = await run(moved);
  expect(await runsOf(moved)).toContain(started);
  await rebuild();
  expect(await runsOf(moved)).toEqual(expect.arrayContaining([...ids, started]));
  expect((await engine.request('experiments/list', {})).experiments.map(({ name }) => name)).toEqual(['other']);
});

it('follows a file whose content has changed by the name that it gives', async () => {
  const file = workspace.write('tiny.tune.yaml', experiment('node train.mjs'));
  const id = await run(file);
  fs.rmSync(file);
  const other = workspace.write('second.tune.yaml', experiment('node train.mjs', 'params: { lr: 0.25 }\n'));
  expect(await runsOf(other)).toEqual([id]);
});

it('asks which file it was where several could be meant, and takes the answer', async () => {
  const text = experiment('node train.mjs');
  const [a, b] = [workspace.write('a.tune.yaml', text), workspace.write('b.tune.yaml', text)];
  const ids = [await run(a), await run(b)];
  fs.rmSync(a);
  fs.rmSync(b);
  const c = workspace.write('c.tune.yaml', text);
  expect(await runsOf(c)).toEqual([]);
  const { candidates } = await engine.request('files/origin', { file: c });
  expect(candidates.map(({ file, runs }) => [path.basename(file), runs]).sort()).toEqual([
    ['a.tune.yaml', 1],
    ['b.tune.yaml', 1],
  ]);
  expect(await engine.request('files/rename', { from: b, to: c })).toEqual({ runs: 1 });
  expect(await runsOf(c)).toEqual([ids[1]]);
  await restart();
  expect(await runsOf(c)).toEqual([ids[1]]);
});

it('leaves the runs of a file that was copied where they are', async () => {
  const file = workspace.write('tiny.tune.yaml', experiment('node train.mjs'));
  const id = await run(file);
  const copy = workspace.at('copy.tune.yaml');
  fs.copyFileSync(file, copy);
  expect(await runsOf(copy)).toEqual([]);
  await expect(engine.request('files/rename', { from: file, to: copy })).rejects.toThrow('still exists');
  expect(await runsOf(file)).toEqual([id]);
  // Two copies have the same claim once the original is gone.
  fs.copyFileSync(file, workspace.at('another.tune.yaml'));
  fs.rmSync(file);
  expect(await runsOf(copy)).toEqual([]);
  expect((await engine.request('files/origin', { file: copy })).candidates).toHaveLength(1);
});

it('gives later runs of the old name to the file that has it then', async () => {
  const file = workspace.write('tiny.tune.yaml', experiment('node train.mjs'));
  const first = await run(file);
  const moved = workspace.at('moved.tune.yaml');
  fs.renameSync(file, moved);
  await engine.request('files/rename', { from: file, to: moved });
  workspace.write('tiny.tune.yaml', experiment('node train.mjs', 'params: { lr: 0.125 }\n'));
  const second = await run(file);
  await rebuild();
  expect([await runsOf(moved), await runsOf(file)]).toEqual([[first], [second]]);
});

it('moves the files of a folder with it, and repeats a run at the new place', async () => {
  fs.mkdirSync(workspace.at('old'));
  fs.writeFileSync(workspace.at('old/tiny.tune.yaml'), experiment('node ../train.mjs'));
  const id = await run(workspace.at('old/tiny.tune.yaml'));
  fs.renameSync(workspace.at('old'), workspace.at('new'));
  await engine.request('files/rename', { from: workspace.at('old'), to: workspace.at('new') });
  expect(await runsOf(workspace.at('new/tiny.tune.yaml'))).toEqual([id]);
  const { run: again } = await engine.request('runs/rerun', { id });
  expect(again.file).toBe(workspace.at('new/tiny.tune.yaml'));
});

it('follows no rename out of the workspace, and no link', async () => {
  const file = workspace.write('tiny.tune.yaml', experiment('node train.mjs'));
  const id = await run(file);
  fs.rmSync(file);
  const outside = path.join(path.dirname(workspace.folder), 'elsewhere.tune.yaml');
  expect(await engine.request('files/rename', { from: file, to: outside })).toEqual({ runs: 0 });
  const list = workspace.write(
    'list.ndjson',
    JSON.stringify({ from: 'tiny.tune.yaml', to: 'x.tune.yaml', time: 1e15 }),
  );
  fs.symlinkSync(list, workspace.at('.tunesmith/files.ndjson'));
  await rebuild();
  const { runs } = await engine.request('runs/list', { ids: [id] });
  expect(runs[0]!.file).toBe(file);
});
