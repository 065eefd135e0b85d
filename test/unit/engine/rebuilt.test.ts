/** The index built anew from the folders: after it was lost, and where the workspace was moved, copied or renamed. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EngineConnection } from '../../../src/engine/clients/index.js';
import { RUN_FILES } from '../../../src/protocol/run/runFiles.js';
import { buildDist } from '../support/build.js';
import { experiment, runOver, runWith, searchOver, until, Workspace } from './support.js';

let workspace: Workspace;
const others: Workspace[] = [];
beforeEach(async () => {
  workspace = new Workspace(await buildDist());
});
afterEach(async () => {
  for (const each of [workspace, ...others.splice(0)]) await each.remove();
});

/** A workspace object for a folder that takes the place of its own. */
function at(folder: string): Workspace {
  const other = new Workspace(workspace.dist);
  fs.rmSync(other.folder, { recursive: true });
  Object.assign(other, { folder });
  others.push(other);
  return other;
}

const TRAIN = `
import fs from 'node:fs';
// Opened once, as a client does.
const journal = fs.openSync(process.env.TUNESMITH_JOURNAL, 'a');
const { steps = 5, pause = 5, lr = 0.5 } = JSON.parse(process.env.TUNESMITH_PARAMS);
fs.appendFileSync(new URL('starts', import.meta.url), process.env.TUNESMITH_RUN_ID + '\\n');
for (let step = 0; step < steps; step++) {
  fs.writeSync(journal, JSON.stringify({ step, values: { loss: lr + 1 / (step + 1) } }) + '\\n');
  await new Promise((resolve) => setTimeout(resolve, pause));
}
`;
const SEARCH =
  'search:\n  sampler: random\n  trials: 3\n  parallel: 1\n  seed: 1\n  space: { lr: { uniform: [0, 1] } }\n';

/** Resolves once no run is live and the index has everything that the folders have. */
async function settled(engine: EngineConnection): Promise<void> {
  await until('all to be settled', async () => {
    const { runs, progress } = await engine.request('engine/status', {});
    return runs === 0 && progress === null;
  });
}

/** All that a person sees, but for the device: no folder tells it. */
async function facts(engine: EngineConnection) {
  const shown = await engine.request('runs/list', { limit: 1000 });
  const hidden = await engine.request('runs/list', { deleted: true });
  const { searches } = await engine.request('searches/list', {});
  const runs = [...shown.runs, ...hidden.runs].map(({ file: _file, device: _device, ...run }) => run);
  return {
    runs: runs.sort((a, b) => a.id.localeCompare(b.id)),
    searches: searches.map(({ file: _file, ...search }) => search),
  };
}

async function somethingOfEach(engine: EngineConnection, file: string): Promise<void> {
  const { run } = await engine.request('runs/start', { file });
  const { run: tagged } = await engine.request('runs/start', { file, params: { lr: 0.25 } });
  const { run: hidden } = await engine.request('runs/start', { file });
  // Fails before anything is started for it.
  const bad = workspace.write('bad.tune.yaml', experiment('no-such-program-here'));
  const { run: failed } = await engine.request('runs/start', { file: bad });
  for (const { id } of [run, tagged, hidden, failed]) await runOver(engine, id);
  await engine.request('runs/rename', { id: tagged.id, name: 'the best\\nof all' });
  await engine.request('runs/tag', { ids: [tagged.id], add: ['good', 'keep'] });
  await engine.request('runs/note', { id: tagged.id, note: 'a note' });
  await engine.request('runs/delete', { ids: [hidden.id] });
  const { search } = await engine.request('searches/start', { file, name: 'mine' });
  expect((await searchOver(engine, search.id)).status).toBe('completed');
}

const MANY = 300_000;

it('answers about a run only after it has read it once, live or ended', async () => {
  workspace.write('train.mjs', TRAIN);
  const file = workspace.write('a.tune.yaml', experiment('node train.mjs', 'params: { lr: 0.5, steps: 400 }\n'));
  let engine = await workspace.connect();
  const { run: ended } = await engine.request('runs/start', { file, params: { steps: 5 } });
  await runOver(engine, ended.id);
  // More than is read at once.
  const lines = Array.from(
    { length: MANY },
    (_, step) => `${JSON.stringify({ step: 5 + step, values: { loss: 1 } })}\n`,
  );
  fs.appendFileSync(workspace.at('.tunesmith/runs', ended.id, 'journal', RUN_FILES.externalJournal), lines.join(''));
  const { run: live } = await engine.request('runs/start', { file, params: { steps: 4000 } });
  const counted = async (id: string) => (await engine.request('runs/get', { id })).metrics.loss?.count ?? 0;
  await until('points', async () => (await counted(live.id)) > 20);
  for (const first of ['runs/list', 'metrics/read'] as const) {
    const before = await counted(live.id);
    await workspace.killEngine();
    for (const end of ['', '-wal', '-shm']) fs.rmSync(workspace.local.store + end, { force: true });
    engine = await workspace.connect();
    for (const [id, least] of [
      [ended.id, 5 + MANY],
      [live.id, before],
    ] as const) {
      if (first === 'metrics/read') {
        const { total } = await engine.request('metrics/read', { run: id, metric: 'loss', limit: 1 });
        expect(total).toBeGreaterThanOrEqual(least);
      } else {
        const { runs } = await engine.request('runs/list', { ids: [id], limit: 1, metrics: 'all' });
        expect(runs[0]?.metrics.loss?.count).toBeGreaterThanOrEqual(least);
      }
    }
  }
  await engine.request('runs/stop', { ids: [live.id] });
});

it('has everything again after the index was lost, and starts nothing', async () => {
  workspace.write('train.mjs', TRAIN);
  const file = workspace.write('a.tune.yaml', experiment('node train.mjs', `params: { lr: 0.5 }\n${SEARCH}`));
  let engine = await workspace.connect();
  await somethingOfEach(engine, file);
  const before = await facts(engine);
  const starts = fs.readFileSync(workspace.at('starts'), 'utf8');
  const insight = await engine.request('searches/insight', { id: before.searches[0]!.id });
  await workspace.killEngine();
  for (const end of ['', '-wal', '-shm']) fs.rmSync(workspace.local.store + end, { force: true });
  engine = await workspace.connect();
  await settled(engine);
  expect(await facts(engine)).toEqual(before);
  expect(await engine.request('searches/insight', { id: before.searches[0]!.id })).toEqual(insight);
  expect(fs.readFileSync(workspace.at('starts'), 'utf8')).toBe(starts);
});

it('has everything in a copy and after a move; running it again needs the person’s consent and names the new files', async () => {
  workspace.write('train.mjs', TRAIN);
  const file = workspace.write('a.tune.yaml', experiment('node train.mjs', `params: { lr: 0.5 }\n${SEARCH}`));
  const engine = await workspace.connect();
  await somethingOfEach(engine, file);
  const before = await facts(engine);
  const best = (await engine.request('best/of', { file })).best!;
  await engine.request('engine/stop', { force: true });
  const copy = at(`${workspace.folder} copy`);
  fs.cpSync(workspace.folder, copy.folder, { recursive: true });
  const there = await copy.connect();
  await settled(there);
  expect(await facts(there)).toEqual(before);
  expect((await there.request('best/of', { file: copy.at('a.tune.yaml') })).best).toEqual(best);
  expect((await there.request('runs/get', { id: best.run })).cwd).toBe(copy.folder);
  const refused = await there.request('runs/rerun', { id: best.run }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: -32055, message: expect.stringContaining('node') as string });
  const { run } = await there.request('runs/rerun', { id: best.run, trust: true });
  expect((await runOver(there, run.id)).status).toBe('completed');
  expect(fs.readFileSync(copy.at('starts'), 'utf8')).toContain(run.id);
  expect(fs.readFileSync(workspace.at('starts'), 'utf8')).not.toContain(run.id);
});

it('adopts a run whose workspace was renamed during the run: no point is missing', async () => {
  workspace.write('train.mjs', TRAIN);
  const file = workspace.write('a.tune.yaml', experiment('node train.mjs', 'params: { steps: 100, pause: 40 }\n'));
  const engine = await workspace.connect();
  const { run } = await engine.request('runs/start', { file });
  await runWith(engine, run.id, 'running');
  await until('points', async () => ((await engine.request('runs/get', { id: run.id })).metrics.loss?.count ?? 0) > 20);
  const renamed = at(`${workspace.folder} renamed`);
  fs.renameSync(workspace.folder, renamed.folder);
  const there = await renamed.connect();
  expect((await there.request('runs/get', { id: run.id })).status).toMatch(/queued|running/);
  expect(await runOver(there, run.id)).toMatchObject({ status: 'completed', metrics: { loss: { count: 100 } } });
  expect((await there.request('runs/get', { id: run.id })).exitCode).toBe(0);
  expect(fs.existsSync(workspace.folder)).toBe(false);
});

it('shows a run whose supervisor never came up as failed again, and does not start it then', async () => {
  const dist = workspace.at('dist');
  fs.cpSync(workspace.dist, dist, { recursive: true });
  fs.writeFileSync(path.join(dist, 'supervisor.cjs'), 'process.exit(9);\n');
  workspace.write('train.mjs', TRAIN);
  const file = workspace.write('a.tune.yaml', experiment('node train.mjs'));
  let engine = await workspace.connect({ distFolder: dist });
  const { run } = await engine.request('runs/start', { file });
  const before = await runOver(engine, run.id);
  expect(before).toMatchObject({ status: 'failed', error: { kind: 'not-started' } });
  await workspace.killEngine();
  for (const end of ['', '-wal', '-shm']) fs.rmSync(workspace.local.store + end, { force: true });
  engine = await workspace.connect();
  const after = await runOver(engine, run.id);
  expect({ status: after.status, error: after.error }).toEqual({ status: before.status, error: before.error });
  expect(fs.existsSync(workspace.at('starts'))).toBe(false);
});
