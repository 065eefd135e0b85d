import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { lensTexts } from '../../../src/editor/language/lensTexts.js';
import { RunsModel, type Asks } from '../../../src/editor/model/runsModel.js';
import type { RequestResult, Run } from '../../../src/protocol/engine/index.js';
import { BestOfExperiment } from '../../../webview/model/runs/best.js';
import { lines, newRun, openStore, temporary } from '../store/helpers.js';

const FILE = '/w/digits.tune.yaml';
const OBJECTIVE = { metric: 'loss', goal: 'minimize' } as const;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('is the same in store, panel, explorer, lens and search, though it is an old run', async () => {
  const folder = temporary();
  const store = openStore(folder);
  const at = { status: 'running' as const, counts: {} };
  store.searches.insert({
    ...{ id: 's1', experiment: 'digits', file: FILE, name: 's1', status: at.status, sampler: 'random', pruner: null },
    ...{ reason: null, trials: 60, parallel: 1, objective: OBJECTIVE, space: {}, createdAt: 0, plan: {} },
  } as never);
  const add = (n: number, loss: number, status: Run['status'] = 'completed') => {
    const trial = n % 2 === 0 ? { search: 's1', trial: n / 2 } : { search: null, trial: null };
    const spec = { file: FILE, createdAt: n, objective: OBJECTIVE, ...trial, params: { lr: n } };
    store.runs.insert(newRun(folder, `r${n}`, spec, { status }));
    store.ingest.frame(`r${n}`, 'a.ndjson', 0, lines({ step: 1, loss }));
  };
  for (let n = 0; n < 60; n++) add(n, n === 4 ? 0.1 : 1 + n, n === 7 ? 'pruned' : 'completed');
  add(60, 0.01, 'failed');

  const asks: Asks = {
    request: (async (name: string, params: never) => {
      if (name === 'best/of') return { best: store.runs.best(params) };
      if (name === 'runs/list') return store.runs.list(params);
      if (name === 'experiments/list') return { experiments: store.runs.experiments() };
      return { searches: store.searches.list(params) };
    }) as Asks['request'],
  };
  const best = store.runs.best({ file: FILE })!;
  expect(best).toMatchObject({ run: 'r4', objective: 0.1, of: 60 });
  expect(store.runs.best({ experiment: 'digits' })).toEqual(best);
  expect(store.searches.get('s1')!.best).toMatchObject({ run: 'r4', objective: 0.1 });

  const panel = new BestOfExperiment({
    ask: async (experiment) => ((await asks.request('best/of', { experiment })) as RequestResult<'best/of'>).best,
    onNews: vi.fn(),
    onError: (error) => expect.unreachable(String(error)),
  });
  await panel.show('digits');
  expect(panel.best).toEqual(best);

  const explorer = new RunsModel(asks);
  await explorer.refresh();
  const list = await explorer.list({ experiment: 'digits', search: null });
  expect(list.runs.filter((run) => explorer.isBest(run))).toEqual([]);
  expect(explorer.isBest(store.runs.get('r4')!)).toBe(true);

  const where = {
    ...{ runLine: 0, rateLine: null, paramsLine: 0, searchLine: 1, stages: [] },
    parameters: [{ name: 'lr', line: 0, where: 'params' as const }],
  };
  const lenses = lensTexts(
    FILE,
    where,
    { lr: 0 },
    { best, runs: [], searches: store.searches.list({ file: FILE }) },
    true,
  );
  expect(lenses.map(({ title }) => title).join('\n')).toContain('best 4 (0.1)');
  expect(lenses.map(({ title }) => title).join('\n')).toContain('best 0.1');

  // A better one comes, and goes again.
  add(61, 0.05);
  panel.changed([store.runs.get('r61')!]);
  explorer.apply({ runs: [store.runs.get('r61')!], searches: [], removedRuns: [], removedSearches: [] });
  await vi.advanceTimersByTimeAsync(1500);
  expect(panel.best?.run).toBe('r61');
  expect(explorer.isBest(store.runs.get('r61')!)).toBe(true);
  store.runs.delete(['r61'], 99);
  panel.changed([], ['r61']);
  explorer.apply({ runs: [], searches: [], removedRuns: ['r61'], removedSearches: [] });
  await vi.advanceTimersByTimeAsync(1500);
  expect(panel.best?.run).toBe('r4');
  expect(explorer.isBest(store.runs.get('r4')!)).toBe(true);
  explorer.dispose();
});
