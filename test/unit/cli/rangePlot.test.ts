import { describe, expect, test } from 'vitest';
import { sentence } from '../../../src/cli/commands/lrRange.js';
import { rangePlot } from '../../../src/cli/text/rangePlot.js';
import { plain, width } from '../../../src/cli/text/terminal.js';
import { rateAt, readCurve } from '../../../src/training/rangeTest/curve.js';

const rates = Array.from({ length: 160 }, (_, i) => rateAt({ from: 1e-7, to: 10, steps: 160 }, i));
const losses = rates.map((rate, i) => 0.3 + 2 / (1 + rate / 0.01) + rate ** 4 + (0.1 * ((i * 7919) % 13)) / 13);
const { smoothed, suggestion, steepest, minimum } = readCurve(rates, losses);
const points = rates.map((rate, i) => ({ rate, loss: losses[i]!, smoothed: smoothed[i]! }));

describe('the plot of a range test', () => {
  test('golden', async () => {
    const text = [...rangePlot(points, suggestion, plain, 80), '', sentence({ suggestion, steepest, minimum })];
    await expect(`${text.join('\n')}\n`).toMatchFileSnapshot('golden/lr-range.txt');
  });

  test('fits narrow terminals, and takes few or strange points', () => {
    for (const columns of [30, 60, 200]) {
      for (const line of rangePlot(points, suggestion, plain, columns))
        expect(width(line)).toBeLessThanOrEqual(Math.max(36, columns) + 5);
    }
    expect(rangePlot([], null, plain, 80)).toEqual(['(too few points to draw)']);
    const flat = points.map((point) => ({ ...point, loss: 2, smoothed: null }));
    expect(rangePlot(flat, null, plain, 80).join('\n')).toContain('·');
    const broken = [...points.slice(0, 20), { rate: 1, loss: NaN, smoothed: null }];
    expect(rangePlot(broken, 1e-7, plain, 80).length).toBe(16);
  });

  test('says that there is nothing to suggest', () => {
    expect(sentence({ suggestion: null, steepest: null, minimum: null })).toMatch(/did not fall at any rate/);
  });
});
