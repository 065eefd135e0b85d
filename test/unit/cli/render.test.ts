import { describe, expect, test } from 'vitest';
import { renderProblem } from '../../../src/cli/errors.js';
import { renderRun } from '../../../src/cli/follow/run.js';
import { renderSearch, trialLine } from '../../../src/cli/follow/search.js';
import { plain } from '../../../src/cli/text/terminal.js';
import { sampleRun, sampleSearch } from './samples.js';

const NOW = 1_700_000_100_000;
const context = { paint: plain, columns: 100 };

const trials = [
  sampleRun({
    id: 'a',
    search: '0jq4m1f3wz',
    trial: 0,
    status: 'pruned',
    objective: { metric: 'val/accuracy', goal: 'maximize', value: 0.9, step: 1 },
    params: { lr: 0.09, optimizer: 'sgd', epochs: 3 },
  }),
  sampleRun({ id: 'b', search: '0jq4m1f3wz', trial: 1 }),
  sampleRun({
    id: 'c',
    search: '0jq4m1f3wz',
    trial: 2,
    status: 'failed',
    objective: { metric: 'val/accuracy', goal: 'maximize', value: 'NaN', step: 1 },
    error: { kind: 'script', message: 'loss became NaN at step 12: try a lower learning rate', logTail: '' },
  }),
  sampleRun({
    id: 'd',
    search: '0jq4m1f3wz',
    trial: 3,
    status: 'running',
    endedAt: null,
    objective: { metric: 'val/accuracy', goal: 'maximize', value: null, step: null },
    progress: { fraction: 0.4, text: 'epoch 2/3 · 20 %' },
  }),
];

describe('golden text', () => {
  test('a search in the middle', async () => {
    await expect(`${renderSearch(context, sampleSearch(), trials, NOW, 10).join('\n')}\n`).toMatchFileSnapshot(
      'golden/search.txt',
    );
  });

  test('a search with more trials than lines', () => {
    const lines = renderSearch(context, sampleSearch(), trials, NOW, 2);
    expect(lines).toHaveLength(5);
    expect(lines.at(-1)).toContain('2 more');
  });

  test('a run in the middle', async () => {
    await expect(`${renderRun(context, trials[3]!, NOW).join('\n')}\n`).toMatchFileSnapshot('golden/run.txt');
  });

  test('a line for each trial without a terminal', () => {
    expect(trialLine(sampleSearch(), trials[1]!)).toBe(
      'trial 1 completed val/accuracy=0.98712 ★  lr=0.0031 optimizer=adam',
    );
  });

  test('a mistake in a file', async () => {
    const problem = {
      file: '/w/digits.tune.yaml',
      line: 2,
      column: 3,
      endLine: 2,
      endColumn: 11,
      severity: 'error' as const,
      message: 'unknown key "sampeler" in search',
      hint: 'did you mean "sampler"?',
    };
    const text = renderProblem(problem, '/w', plain, 'search:\n  sampeler: random\n');
    await expect(`${text}\n`).toMatchFileSnapshot('golden/problem.txt');
  });
});
