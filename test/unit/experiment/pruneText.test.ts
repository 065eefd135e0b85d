import { expect, it } from 'vitest';
import { parseExperiment, planRun } from '../../../src/experiment/index.js';
import { pruneText } from '../../../src/experiment/network/trained/pruneText.js';

const FILE = '/workspace/small.tune.yaml';
const TEXT = `
name: small
network:
  data: mnist
  layers: [flatten, { dense: '{units}' }, { dense: 10 }]
  loss: crossEntropy
  batchSize: '{batch}'
  epochs: 7
  freeze: [2.dense]
params: { units: 16, batch: 50 }
search: { sampler: random, trials: 3, space: { units: { int: [4, 64] } } }
`;

it('prunes the network of a run with the settings and values that the run had', () => {
  const { experiment } = parseExperiment(TEXT, FILE);
  const text = pruneText(experiment!, { id: 'abc', params: { units: 32, batch: 20 } }, { by: 'fisher', remove: 3 })!;
  const parsed = parseExperiment(text, FILE);
  expect(parsed.problems).toEqual([]);
  const plan = planRun(parsed.experiment!, {}, { dist: '/dist', env: {} });
  expect(plan.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(plan.network).toMatchObject({
    from: { source: { kind: 'run', run: 'abc' } },
    layers: [],
    freeze: null,
    batchSize: 20,
    epochs: 0,
    prune: { by: 'fisher', remove: 3, rounds: 1 },
  });
});

it('has nothing to say of other programs', () => {
  const { experiment } = parseExperiment('run: python train.py\n', FILE);
  expect(pruneText(experiment!, { id: 'abc', params: {} }, {})).toBeNull();
});

it('leaves out what made the network: an architecture, a transformation, rounded weights', () => {
  const { experiment } = parseExperiment(
    `
network:
  data: mnist
  loss: crossEntropy
  architecture: { chain: [flatten, { oneOf: { a: [{ dense: 20 }], b: [{ dense: 20 }, { dense: 20 }] } }, { dense: 10 }] }
  transform: { smooth: {} }
`,
    '/w/a.tune.yaml',
  );
  const text = pruneText(experiment!, { id: 'abc', params: {} }, {})!;
  expect(parseExperiment(text, '/w/b.tune.yaml').problems).toEqual([]);
  expect((JSON.parse(text) as { network: object }).network).toEqual({
    ...{ data: 'mnist', loss: 'crossEntropy', from: { run: 'abc' }, epochs: 0, prune: {} },
  });
});
