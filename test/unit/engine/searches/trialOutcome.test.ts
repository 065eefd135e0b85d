import { expect, it } from 'vitest';
import { parseExperiment } from '../../../../src/experiment/index.js';
import { outcomeOfTrial } from '../../../../src/engine/searches/trialOutcome.js';
import type { Run } from '../../../../src/protocol/engine/index.js';

const FILE = (sampler: string) => `
network:
  data: mnist
  layers: [flatten, { dense: 10 }]
  loss: { name: crossEntropy, labelSmoothing: '{smoothing}' }
  optimizer: { name: adam, learningRate: '{rate}' }
  augment: { shift: '{shift}' }
params: { rate: 0.01, smoothing: 0.1, shift: 2 }
objective: { metric: val/loss, goal: minimize }
search:
  sampler: ${sampler}
  trials: 5
  space: { rate: { log: [1e-4, 1e-1] }, shift: { uniform: [1, 4] } }
`;

it('tells the values that a trial has tuned by gradients, as far as it has logged them', () => {
  const metrics = { 'hyper/learning_rate': { last: 0.02 }, 'hyper/augment': { last: 1.5 }, 'val/loss': { last: 1 } };
  const run = {
    ...{ status: 'completed', metrics, params: { rate: 0.01, shift: 3 }, startedAt: null, endedAt: null },
    objective: { metric: 'val/loss', goal: 'minimize', value: 0.5 },
  } as unknown as Run;
  const outcome = (sampler: string) => outcomeOfTrial(run, parseExperiment(FILE(sampler), '/a.tune.yaml').experiment!);
  expect(outcome('hypergradient')).toEqual({ state: 'completed', values: [0.5], tuned: { rate: 0.02, shift: 4.5 } });
  expect(outcome('auto')).toEqual({ state: 'completed', values: [0.5] });
});
