import { expect, it } from 'vitest';
import { parseExperiment } from '../../../../src/experiment/index.js';

const problemsOf = (search: string): string[] => {
  const text = `run: python train.py\nparams: { lr: 0.1 }\nobjective: { metric: loss, goal: minimize }\nsearch:\n${search}  trials: 5\n  space: { lr: { uniform: [0, 1] } }\n`;
  return parseExperiment(text, '/a.tune.yaml').problems.map(({ line, message }) => `${line}: ${message}`);
};

it.each([
  ['  pruner: pbt\n', ['5: pruner "pbt" pauses trials, which needs checkpoints']],
  [
    '  pruner: { name: asha, form: promote }\n',
    ['5: pruner "asha" in the form "promote" pauses trials, which needs checkpoints'],
  ],
  ['  pruner: pbt\n  checkpoints: true\n', []],
  ['  pruner: asha\n', []],
  ['  pruner: { name: hyperband, form: stop }\n', []],
])('a pruner that pauses trials needs checkpoints: %j', (search, expected) =>
  expect(problemsOf(search)).toEqual(expected),
);
