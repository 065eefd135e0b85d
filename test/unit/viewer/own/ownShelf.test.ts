/** Own runs of a folder in which nothing may be started: what is shown is what an engine would show. */
import { carriedSpec } from '../../support/carriedSpec.js';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Insights } from '../../../../src/engine/searches/insight/insights.js';
import type { RequestParams, RequestResult, Run } from '../../../../src/protocol/engine/index.js';
import type { OwnViewerRequest } from '../../../../src/protocol/viewer.js';
import { answerOwn } from '../../../../src/viewer/own/ownRequests.js';
import { OWN_LIMITS, OwnShelf, type OwnLimits } from '../../../../src/viewer/own/ownShelf.js';
import { experiment, runOver, runWith, searchOver, until, Workspace } from '../../engine/support.js';
import { buildDist } from '../../support/build.js';

let workspace: Workspace;
beforeEach(async () => {
  workspace = new Workspace(await buildDist());
});
afterEach(() => workspace.remove());

const TRAIN = `
import fs from 'node:fs';
const journal = fs.openSync(process.env.TUNESMITH_JOURNAL, 'a');
const { steps = 5, pause = 5, lr = 0.5 } = JSON.parse(process.env.TUNESMITH_PARAMS);
for (let step = 0; step < steps; step++) {
  fs.writeSync(journal, JSON.stringify({ step, values: { loss: lr + 1 / (step + 1) } }) + '\\n');
  console.log('step', step);
  await new Promise((resolve) => setTimeout(resolve, pause));
}
if (lr > 10) throw new Error('diverged');
`;
const SEARCH =
  'search:\n  sampler: random\n  trials: 3\n  parallel: 1\n  seed: 1\n  space: { lr: { uniform: [0, 1] } }\n';

function shelfOf(limits: OwnLimits = OWN_LIMITS) {
  const told = { rows: new Set<string>(), removed: [] as string[], logs: new Map<string, number>(), cut: false };
  const { runs, searches, asked } = workspace.local;
  const shelf = new OwnShelf(
    { runs, searches, asked },
    {
      rows: (ids) => ids.forEach((id) => told.rows.add(id)),
      removed: (ids) => told.removed.push(...ids),
      searches: () => undefined,
      grown: () => undefined,
      logGrown: (id, size) => void told.logs.set(id, size),
      progress: (_done, _of, cut) => (told.cut = cut),
      reading: () => undefined,
    },
    limits,
  );
  const ask = <N extends OwnViewerRequest>(method: N, params: RequestParams<N>): Promise<RequestResult<N>> =>
    answerOwn(shelf, {} as Insights, method, params) as Promise<RequestResult<N>>;
  const readAll = (): void => {
    while (shelf.isBusy) shelf.step();
  };
  const poll = (): void => {
    shelf.poll();
    readAll();
  };
  shelf.look();
  readAll();
  return { shelf, told, ask, readAll, poll };
}

/** Everything below the folder, with sizes and times. */
function tree(folder: string): string[] {
  return namesBelow(folder).map((name) => {
    const { size, mtimeMs } = fs.lstatSync(path.join(folder, name));
    return `${name} ${size} ${mtimeMs}`;
  });
}

const namesBelow = (folder: string): string[] => fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

const known = ({ device: _device, ran: _ran, ...run }: Run) => run;

it('shows the runs, curves, logs and searches that the engine has, and writes nothing', async () => {
  workspace.write('train.mjs', TRAIN);
  const file = workspace.write('tiny.tune.yaml', experiment('node train.mjs', SEARCH));
  const engine = await workspace.connect();
  const { run } = await engine.request('runs/start', { file });
  const { run: failed } = await engine.request('runs/start', { file, params: { lr: 11 } });
  const { run: hidden } = await engine.request('runs/start', { file });
  for (const { id } of [run, failed, hidden]) await runOver(engine, id);
  await engine.request('runs/rename', { id: run.id, name: 'первый' });
  await engine.request('runs/tag', { ids: [run.id], add: ['good'] });
  await engine.request('runs/delete', { ids: [hidden.id] });
  const { search } = await engine.request('searches/start', { file });
  await searchOver(engine, search.id);
  const kept = workspace.at('.tunesmith');
  await until('all supervisors to leave', () => !namesBelow(kept).some((name) => name.endsWith('supervisor.json')));
  const before = tree(kept);

  const { ask, poll } = shelfOf();
  poll();
  const wanted = await engine.request('runs/list', { limit: 100 });
  const shown = await ask('runs/list', { limit: 100 });
  const byId = (runs: Run[]) => runs.map(known).sort((a, b) => a.id.localeCompare(b.id));
  expect(byId(shown.runs)).toEqual(byId(wanted.runs));
  expect((await ask('runs/list', { deleted: true })).runs.map(({ id }) => id)).toEqual([hidden.id]);
  const { searches } = await ask('searches/list', {});
  expect(searches).toEqual((await engine.request('searches/list', {})).searches);
  expect(await ask('best/of', { file })).toEqual(await engine.request('best/of', { file }));
  const series = { queries: [{ run: run.id, metric: 'loss' }] };
  expect(await ask('series/read', series)).toEqual(await engine.request('series/read', series));
  expect(await ask('log/read', { run: failed.id })).toEqual(await engine.request('log/read', { run: failed.id }));
  expect(await ask('runs/recorded', { id: run.id })).toEqual(await engine.request('runs/recorded', { id: run.id }));
  expect(await ask('runs/files', { id: run.id })).toEqual(await engine.request('runs/files', { id: run.id }));
  await expect(ask('runs/get', { id: 'nobody' })).rejects.toThrow('There is no run nobody.');
  expect(tree(kept)).toEqual(before);
});

it('follows a run at work until its end, and finds new ones', async () => {
  workspace.write('train.mjs', TRAIN);
  const file = workspace.write('tiny.tune.yaml', experiment('node train.mjs', 'params: { steps: 5, pause: 5 }\n'));
  const engine = await workspace.connect();
  const { run } = await engine.request('runs/start', { file, params: { steps: 100_000, pause: 20 } });
  await runWith(engine, run.id, 'running');
  const { shelf, ask, told, poll } = shelfOf();
  const status = async (id: string) => (await ask('runs/list', { ids: [id] })).runs[0]?.status;
  expect(await status(run.id)).toBe('running');
  shelf.watch([run.id]);
  const count = async () => (await ask('metrics/read', { run: run.id, metric: 'loss' })).total;
  await until('points to come', async () => {
    poll();
    return (await count()) > 3 && (told.logs.get(run.id) ?? 0) > 0;
  });
  const { run: second } = await engine.request('runs/start', { file, params: { steps: 1 } });
  await engine.request('runs/stop', { ids: [run.id] });
  for (const { id } of [run, second]) await runOver(engine, id);
  await until('both to have ended', async () => {
    poll();
    return (await status(run.id)) === 'stopped' && (await status(second.id)) === 'completed';
  });
  expect(told.rows.has(second.id)).toBe(true);
  fs.rmSync(workspace.at('.tunesmith/runs', second.id), { recursive: true });
  poll();
  expect(told.removed).toEqual([second.id]);
});

describe('a hostile folder', () => {
  const runs = (...names: string[]): string => workspace.at('.tunesmith/runs', ...names);
  const spec = (id: string): string => JSON.stringify(carriedSpec(id, workspace.at('started')));
  function carry(id: string, journal = '', text = spec(id)): void {
    fs.mkdirSync(runs(id, 'journal'), { recursive: true });
    fs.writeFileSync(runs(id, 'run.json'), text);
    fs.writeFileSync(runs(id, 'journal', 'rank0-1.ndjson'), journal);
  }

  it('has no link followed and no bad id shown', async () => {
    const secret = workspace.write('secret.ndjson', '{"step":1,"values":{"secret":1}}\n');
    carry('linked0001');
    fs.symlinkSync(secret, runs('linked0001', 'journal', 'rank1-1.ndjson'));
    fs.symlinkSync(secret, runs('linked0001', 'output.log'));
    fs.mkdirSync(runs('linked0002'));
    fs.symlinkSync(secret, runs('linked0002', 'run.json'));
    fs.symlinkSync(runs('linked0001'), runs('linked0003'));
    carry('a run', '', spec('a run'));
    carry('other00001', '', spec('../../etc'));
    carry('broken0001', '{"step":1,"values":{"loss":', '{');
    const { ask } = shelfOf();
    const { runs: shown } = await ask('runs/list', {});
    expect(shown.map(({ id }) => id)).toEqual(['linked0001']);
    expect(shown[0]!.metrics).toEqual({});
    expect((await ask('log/read', { run: 'linked0001' })).text).toBe('');
    await expect(ask('runs/files', { id: '../../..' })).rejects.toThrow();
  });

  it('has a run that waits shown as never started, and an open search as stopped', async () => {
    carry('waiting001');
    fs.rmSync(runs('waiting001', 'journal'), { recursive: true });
    const search = {
      ...{ version: 1, id: 'open000001', experiment: 'e', file: null, name: 's', status: 'running', sampler: 'random' },
      ...{ pruner: null, reason: null, trials: 3, parallel: 1, objective: { metric: 'loss', goal: 'minimize' } },
      ...{ space: {}, error: null, createdAt: 1, endedAt: null },
    };
    fs.mkdirSync(workspace.at('.tunesmith/searches/open000001'), { recursive: true });
    fs.writeFileSync(workspace.at('.tunesmith/searches/open000001/search.json'), JSON.stringify(search));
    const { ask } = shelfOf();
    const { runs: shown } = await ask('runs/list', {});
    expect(shown.map(({ status, error }) => [status, error?.kind])).toEqual([['stopped', 'not-started']]);
    const { searches } = await ask('searches/list', {});
    expect(searches.map(({ status }) => status)).toEqual(['stopped']);
  });

  it('costs a bounded amount: the newest runs are shown, and values up to a number of points', async () => {
    const points = Array.from({ length: 20_000 }, (_, step) => `{"step":${step},"values":{"loss":1}}\n`).join('');
    for (let i = 0; i < 5; i++) carry(`many00000${i}`, points);
    const { ask, told } = shelfOf({ runs: 3, points: 30_000 });
    const { runs: shown } = await ask('runs/list', {});
    expect(shown.map(({ id }) => id).sort()).toEqual(['many000002', 'many000003', 'many000004']);
    expect(told.cut).toBe(true);
    const details = await Promise.all(shown.map(({ id }) => ask('runs/get', { id })));
    const read = details.reduce((sum, { metrics }) => sum + (metrics.loss?.count ?? 0), 0);
    expect(read).toBeLessThan(60_000);
    expect(details.some(({ messages }) => messages.some(({ text }) => text.startsWith('Not all values')))).toBe(true);
  });
});
