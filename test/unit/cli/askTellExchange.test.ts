/** One exchange of `tunesmith ask-tell`, as a program in another language sees it. */
import { expect, it } from 'vitest';
import { AskTellSession } from '../../../src/cli/askTell/session.js';

const REQUESTS = [
  {
    init: {
      space: { lr: { log: [1e-5, 1e-1], points: 2 }, opt: { choice: ['adam', 'sgd'] } },
      sampler: 'grid',
      seed: 1,
      trials: 4,
      pruner: 'median',
    },
  },
  { ask: {} },
  { report: { id: 0, step: 1, value: 0.9 } },
  { tell: { id: 0, values: [0.8] } },
  { ask: { n: 2 } },
  { tell: { id: 1, state: 'failed' } },
  { tell: { id: 1, values: [0.1] } },
  { tell: { id: 7, values: [0.1] } },
  { tell: { id: 2, values: ['NaN'] } },
  { status: {} },
  { best: {} },
  { ask: { m: 2 } },
  { init: { space: { lr: { log: [1, 0] } } } },
  { init: { space: { lr: { uniform: [0, 1] } }, sampler: 'bayes' } },
  { dance: {} },
  'no JSON',
];

it('an exchange', async () => {
  const session = new AskTellSession();
  const text = REQUESTS.map((request) => {
    const line = typeof request === 'string' ? request : JSON.stringify(request);
    return `> ${line}\n< ${JSON.stringify(session.answer(line))}\n`;
  }).join('');
  await expect(text).toMatchFileSnapshot('golden/ask-tell.txt');
});
