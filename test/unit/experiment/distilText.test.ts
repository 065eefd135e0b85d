import { expect, it } from 'vitest';
import { parseExperiment, planRun } from '../../../src/experiment/index.js';
import { distilText } from '../../../src/experiment/network/trained/distilText.js';

const FILE = '/workspace/small.tune.yaml';
const TEXT = `
name: small
network: { data: mnist, layers: [flatten, { dense: '{units}' }, { dense: 10 }], loss: crossEntropy, epochs: 7 }
params: { units: 16 }
objective: { metric: val/accuracy, goal: maximize }
`;

it('teaches the network of a file by that of a run', () => {
  const { experiment } = parseExperiment(TEXT, FILE);
  const text = distilText(experiment!, {
    teacher: 'abc',
    settings: { alpha: 0.9, distance: 'kl' },
    params: experiment!.params,
    epochs: 3,
  })!;
  const parsed = parseExperiment(text, FILE);
  expect(parsed.problems).toEqual([]);
  const plan = planRun(parsed.experiment!, { units: 8 }, { dist: '/dist', env: {} });
  expect(plan.problems).toEqual([]);
  expect(plan.network).toMatchObject({
    epochs: 3,
    distil: { source: { kind: 'run', run: 'abc' }, alpha: 0.9, distance: 'kl', temperature: 4 },
  });
  expect(parsed.experiment!.objective).toEqual({ metric: 'val/accuracy', goal: 'maximize' });
});

it('has nothing to say of other programs', () => {
  const { experiment } = parseExperiment('run: python train.py\n', FILE);
  expect(distilText(experiment!, { teacher: 'abc', settings: {}, params: {} })).toBeNull();
});
