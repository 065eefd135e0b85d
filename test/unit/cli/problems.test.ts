/** The wording of mistakes in experiment files, as the terminal shows them. */
import { expect, it } from 'vitest';
import { renderProblem } from '../../../src/cli/errors.js';
import { parseExperiment } from '../../../src/experiment/index.js';

const PLAIN = 'run: python train.py --lr {lr}\nparams: { lr: 0.01 }\n';
const SEARCH = `${PLAIN}objective: { metric: loss, goal: minimize }\n`;
const FILES: [what: string, text: string][] = [
  ['an empty file', ''],
  ['a text instead of a mapping', 'hello\n'],
  ['a tab', 'run:\n\tpython train.py\n'],
  ['a bracket that is not closed', 'params: { lr: 0.01\nrun: ./train\n'],
  ['no program', 'params: { lr: 0.01 }\n'],
  ['two programs', 'run: ./train\nmodule: ./train.ts\n'],
  ['a misspelled key', `${PLAIN}objetive: { metric: loss }\n`],
  ['a key twice', 'run: ./train\nparams:\n  lr: 1\n  lr: 2\n'],
  ['a shell operator', 'run: python train.py | tee log\n'],
  ['a parameter that the command names and nobody gives', 'run: python train.py --lr {lr}\n'],
  ['a parameter that nobody receives', 'run: python train.py\nparams: { lr: 0.01 }\n'],
  ['a mapping inside a list', 'run: ./train\nparams: { layers: [{ a: 1 }] }\n'],
  ['a search without an objective', `${PLAIN}search: { space: { lr: { log: [1e-4, 1] } } }\n`],
  ['a goal that does not exist', `${PLAIN}objective: { metric: loss, goal: lower }\n`],
  ['a range upside down', `${SEARCH}search: { space: { lr: { log: [1, 1e-4] } } }\n`],
  ['a logarithm of zero', `${SEARCH}search: { space: { lr: { log: [0, 1] } } }\n`],
  ['an empty list of choices', `${SEARCH}search: { space: { lr: { choice: [] } } }\n`],
  ['a kind of range that does not exist', `${SEARCH}search: { space: { lr: { logarithmic: [1e-4, 1] } } }\n`],
  [
    'a condition on an unknown parameter',
    `${SEARCH}search: { space: { lr: { log: [1e-4, 1], when: { opt: sgd } } } }\n`,
  ],
  ['a sampler that does not exist', `${SEARCH}search: { sampler: bayes, space: { lr: { log: [1e-4, 1] } } }\n`],
  ['no trials', `${SEARCH}search: { trials: 0, space: { lr: { log: [1e-4, 1] } } }\n`],
  ['a layer that does not exist', 'network: { data: mnist, layers: [{ dens: 10 }] }\nparams: { lr: 0.01 }\n'],
];

it('the wording of problems', async () => {
  const text = FILES.map(([what, source]) => {
    const { problems } = parseExperiment(source, '/w/digits.tune.yaml');
    const shown = problems.map((problem) => renderProblem(problem, '/w', undefined, source));
    return `── ${what}\n${shown.join('\n') || '(no problem)'}\n`;
  }).join('\n');
  await expect(text).toMatchFileSnapshot('golden/problems.txt');
});
