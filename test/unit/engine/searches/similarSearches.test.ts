import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { earlierTrials } from '../../../../src/engine/searches/earlierTrials.js';
import { similarSearches } from '../../../../src/engine/searches/similarSearches.js';
import type { Experiment } from '../../../../src/experiment/index.js';
import { factsOfInfo, infoOfFacts, type DataFacts } from '../../../../src/protocol/dataFacts.js';
import { createStudy } from '../../../../src/search/index.js';
import { similarity } from '../../../../src/search/warmStart/similar.js';
import { journal, lines, newRun, openStore, temporary } from '../../store/helpers.js';

const IRIS: DataFacts = {
  ...({ task: 'classification', kind: 'rows', examples: 120, inputs: 4, outputs: 3 } as const),
  ...{ categories: 0, missing: 0, largest: 0.34 },
};
const WINE: DataFacts = { ...IRIS, examples: 142, inputs: 13, largest: 0.4 };
const PICTURES: DataFacts = { ...IRIS, kind: 'pictures', inputs: 784 };
const LARGE: DataFacts = {
  ...IRIS,
  examples: 500_000,
  inputs: 2000,
  outputs: 100,
  categories: 1,
  missing: 1,
  largest: 0.02,
};

/** Searches of three files, each with one trial, whose facts are among the run's info. */
function stored() {
  const folder = temporary();
  const store = openStore(folder);
  const searches = { wine: [WINE, 0.3], pictures: [PICTURES, 0.6], large: [LARGE, 0.7] } as const;
  for (const [at, [id, [facts, lr]]] of Object.entries(searches).entries()) {
    store.searches.insert({
      ...{ id, experiment: id, file: `/data/${id}.tune.yaml`, name: id, status: 'completed', sampler: 'random' },
      ...{ pruner: null, reason: null, trials: 1, parallel: 1, createdAt: at },
      objective: { metric: 'loss', goal: 'minimize' },
      space: { lr: { uniform: [0, 1] } },
    });
    const run = newRun(folder, `${id}-0`, { experiment: id, search: id, trial: 0, params: { lr } });
    store.runs.insert(run);
    writeFileSync(
      journal(run),
      lines(
        { type: 'info', time: 1, values: infoOfFacts(facts) },
        { type: 'metrics', time: 1, step: 1, values: { loss: 1 } },
      ),
    );
    store.ingest.pollAll(run.spec.id, { final: true, budgetMs: Infinity });
    store.runs.update(run.spec.id, { status: 'completed', endedAt: 2 });
  }
  return store;
}

const experiment = (space: object): Experiment =>
  ({
    name: 'iris',
    objective: { metric: 'loss', goal: 'minimize' },
    search: { warmStart: { from: ['similar'] }, objectives: [], space },
  }) as unknown as Experiment;

it('finds searches on similar data, says why, and the study begins with their best', () => {
  const store = stored();
  const own = experiment({ lr: { uniform: [0, 1] } });
  const { ids, note } = similarSearches(store, own, IRIS);
  expect(ids).toEqual(['wine']);
  expect(note).toBe(
    'begins with what was best on similar data: wine (0.74: 120 and 142 examples, 4 and 13 inputs, 3 classes)',
  );
  const study = createStudy({
    space: { dimensions: [{ kind: 'float', name: 'lr', low: 0, high: 1, log: false, step: null, when: null }] },
    ...{ goals: ['minimize'], sampler: 'tpe', pruner: null, seed: 1, trials: 20, warmStart: { note: note! } },
  });
  for (const search of earlierTrials(store, own, ids)) study.import(search);
  expect(study.ask()!.params).toEqual({ lr: 0.3 });
  expect(study.reason).toContain('similar data: wine (0.74');
});

it('finds none without facts of the data, and none with other hyperparameters', () => {
  expect(similarSearches(stored(), experiment({ lr: {} }), undefined)).toEqual({ ids: [], note: null });
  expect(similarSearches(stored(), experiment({ lr: {}, depth: {}, width: {} }), IRIS).ids).toEqual([]);
});

it('takes the facts of the experiment’s earlier runs', () => {
  const store = stored();
  expect(similarSearches(store, { ...experiment({ lr: {} }), name: 'wine' }, undefined).ids).toEqual([]);
  expect(similarSearches(store, { ...experiment({ lr: {} }), name: 'wine' }, IRIS).ids).toEqual([]);
});

it('similarity is 1 for the same facts, symmetric, and 0 for another kind or task', () => {
  expect(similarity(IRIS, IRIS)).toBe(1);
  expect(similarity(IRIS, WINE)).toBe(similarity(WINE, IRIS));
  expect(similarity(IRIS, PICTURES)).toBe(0);
  expect(similarity(IRIS, { ...IRIS, task: 'regression' })).toBe(0);
  expect(similarity(IRIS, LARGE)).toBeLessThan(0.3);
  expect(factsOfInfo(infoOfFacts(LARGE))).toEqual(LARGE);
  expect(factsOfInfo({ ...infoOfFacts(LARGE), data_inputs: 'many' })).toBeNull();
});
