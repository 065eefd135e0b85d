import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { earlierTrials } from '../../../../src/engine/searches/earlierTrials.js';
import type { Experiment } from '../../../../src/experiment/index.js';
import { createStudy } from '../../../../src/search/index.js';
import type { Space } from '../../../../src/search/types.js';
import { journal, lines, newRun, openStore, temporary } from '../../store/helpers.js';

/** Two searches of the same parameter, whose values lie on quite different scales: only within each they compare. */
function stored() {
  const folder = temporary();
  const store = openStore(folder);
  const goods = { easy: 0.2, hard: 0.8 };
  for (const [at, [id, good]] of Object.entries(goods).entries()) {
    store.searches.insert({
      id,
      experiment: 'digits',
      file: '/work/digits.tune.yaml',
      name: id,
      status: 'completed',
      sampler: 'random',
      pruner: null,
      reason: null,
      trials: 10,
      parallel: 1,
      objective: { metric: 'loss', goal: 'minimize' },
      space: { lr: { uniform: [0, 1] } },
      createdAt: at,
    });
    for (let i = 0; i < 10; i++) {
      const lr = i / 10;
      const run = newRun(folder, `${id}-${i}`, { search: id, trial: i, params: { lr } });
      store.runs.insert(run);
      const loss = (id === 'hard' ? 1000 : 0) + Math.abs(lr - good);
      writeFileSync(journal(run), lines({ type: 'metrics', time: 1, step: 1, values: { loss } }));
      store.ingest.pollAll(run.spec.id, { final: true, budgetMs: Infinity });
      store.runs.update(run.spec.id, { status: i === 9 ? 'failed' : 'completed', endedAt: 2 });
    }
  }
  return store;
}

const experiment = {
  name: 'digits',
  objective: { metric: 'loss', goal: 'minimize' },
  search: { warmStart: { from: ['experiment'] }, objectives: [] },
} as unknown as Experiment;

it('each earlier search is separate, without trials that have no result', () => {
  const searches = earlierTrials(stored(), experiment);
  expect(searches.map(({ length }) => length)).toEqual([9, 9]);
  const space: Space = {
    dimensions: [{ kind: 'float', name: 'lr', low: 0, high: 1, log: false, step: null, when: null }],
  };
  const study = createStudy({ space, goals: ['minimize'], sampler: 'tpe', pruner: null, seed: 1, trials: 20 });
  for (const search of searches) study.import(search);
  // The best of both, though all values of the one are worse than any of the other.
  const first = [study.ask()!, study.ask()!].map(({ params }) => params.lr);
  expect(first.sort()).toEqual([0.2, 0.8]);
});

it('names a search that is missing', () => {
  const named = { ...experiment, search: { warmStart: { from: ['nothing'] } } } as unknown as Experiment;
  expect(() => earlierTrials(stored(), named)).toThrow('nothing');
});

it('includes runs without a search by their experiment, imported ones with their own objective', () => {
  const store = stored();
  const folder = temporary();
  const add = (id: string, records: object[], metric: string): void => {
    const run = newRun(folder, id, {
      experiment: 'quad',
      params: { lr: 0.5 },
      objective: { metric, goal: 'minimize' },
    });
    store.runs.insert(run);
    writeFileSync(journal(run), lines(...records));
    store.ingest.pollAll(id, { final: true, budgetMs: Infinity });
    store.runs.update(id, { status: 'completed', endedAt: 2 });
  };
  const value = { type: 'metrics', time: 1, step: 1, values: { value: 3 } };
  add('imported', [{ type: 'info', time: 1, values: { 'imported from': 'optuna.db (optuna)' } }, value], 'value');
  add('other', [value], 'value');
  add('same', [{ type: 'metrics', time: 1, step: 1, values: { loss: 4 } }], 'loss');
  const from = (name: string) =>
    ({ ...experiment, search: { warmStart: { from: [name] }, objectives: [] } }) as unknown as Experiment;
  const [trials, ...others] = earlierTrials(store, from('runs of quad'));
  expect(others).toEqual([]);
  expect(trials!.map(({ values }) => values[0]).sort()).toEqual([3, 4]);
  expect(() => earlierTrials(store, from('runs of nothing'))).toThrow('nothing');
});
