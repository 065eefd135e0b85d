import { expect, it } from 'vitest';
import { distribute, readHistogram, ridges, summaryOf } from '../../../../webview/model/media/histograms.js';

it('spreads histograms of several steps over the same bins, keeping their mass', () => {
  const { low, high, rows } = distribute(
    [
      { step: 0, histogram: { counts: [1, 3], edges: [0, 1, 2] } },
      { step: 5, histogram: { counts: [4], edges: [0, 4] } },
      { step: 9, histogram: { counts: [2], edges: [3, 3] } },
    ],
    4,
  );
  expect([low, high]).toEqual([0, 4]);
  // Densities are relative to the largest of all.
  expect(rows.map(({ density }) => density)).toEqual([
    [0.25, 0.75, 0, 0],
    [0.25, 0.25, 0.25, 0.25],
    [0, 0, 0, 1],
  ]);
  expect(ridges({ low, high, rows }, 100, 50).map(({ step }) => step)).toEqual([0, 5, 9]);
});

it('sums a histogram up', () => {
  expect(summaryOf({ counts: [2, 2], edges: [0, 2, 4] })).toEqual({
    ...{ total: 4, mean: 2, low: 0, quarter: 1, median: 2, most: 3, high: 4 },
  });
  expect(summaryOf({ counts: [0], edges: [1, 2] })).toMatchObject({ total: 0, mean: 0 });
});

it('takes no histogram that is none', () => {
  const file = (value: unknown) => readHistogram(btoa(JSON.stringify(value)));
  expect(file({ counts: [1], edges: [0, 1] })).toEqual({ counts: [1], edges: [0, 1] });
  expect([file({ counts: [1], edges: [0] }), file(null), readHistogram(btoa('{'))]).toEqual([null, null, null]);
});
