import { describe, expect, it } from 'vitest';
import { renderBest, renderImportance } from '../../../src/cli/commands/insight.js';
import { plain } from '../../../src/cli/text/terminal.js';
import type { Importance, Insight } from '../../../src/protocol/engine/insight.js';
import { sampleRun } from './samples.js';

const insight: Insight = {
  search: '0jq4m1f3wz',
  objective: 0,
  history: null,
  importance: null,
  curves: null,
  surface: null,
  front: null,
  objectives: [
    { metric: 'val/accuracy', goal: 'maximize' },
    { metric: 'seconds', goal: 'minimize' },
  ],
  left: null,
};
const look = { paint: plain, columns: 80 };
const text = (lines: string[]) => `${lines.join('\n')}\n`;

describe('importance in a terminal', () => {
  const shares = [
    { name: 'lr', share: 0.6123 },
    { name: 'optimizer', share: 0.305 },
    { name: 'momentum', share: 0.0813 },
    { name: 'batch_size', share: 0.0014 },
  ];

  it('is a table with bars', async () => {
    const found: Importance = { method: 'pedAnova', trials: 60, shares, alone: null, pairs: [] };
    await expect(text(renderImportance(found, insight, look))).toMatchFileSnapshot('golden/importance.txt');
  });

  it('has pairs by fANOVA', async () => {
    const pairs = [{ names: ['lr', 'optimizer'] as [string, string], share: 0.123 }];
    const found: Importance = { method: 'fanova', trials: 60, shares, alone: 0.83, pairs };
    await expect(text(renderImportance(found, insight, look))).toMatchFileSnapshot('golden/importance-fanova.txt');
  });
});

describe('the best trials in a terminal', () => {
  const run = sampleRun({ id: 'a1', params: { lr: 0.0031, optimizer: 'adam' } });

  it('include the bound on what is left to gain', () => {
    const left = { atMost: 0.01, noise: 0.002, sentence: 'At most 0.01 is left to gain.', trials: 30 };
    const points = [{ trial: 7, run: 'a1', values: [0.98712] }];
    const one = { ...insight, objectives: insight.objectives.slice(0, 1), left };
    expect(renderBest(points, new Map([['a1', run]]), one, look)).toEqual([
      'trial  run  val/accuracy  lr      optimizer',
      '    7  a1        0.98712  0.0031  adam',
      'At most 0.01 is left to gain.',
    ]);
  });

  it('are a front, also of trials whose runs are gone', () => {
    const points = [
      { trial: 7, run: 'a1', values: [0.98712, 12] },
      { trial: 9, run: null, values: [0.9, 3] },
    ];
    const lines = renderBest(points, new Map([['a1', run]]), insight, look);
    expect(lines).toContain('    9  (deleted)           0.9        3  –       –');
    expect(lines.at(-1)).toBe('2 trials on the Pareto front.');
  });
});
