import { expect, it } from 'vitest';
import type { Curve } from '../../../../src/drawing/curves.js';
import { extents } from '../../../../webview/charts/extents.js';

const curve = (y: number[], change: Partial<Curve> = {}): Curve => ({
  ...{ run: 'r', look: { color: 0, dash: [] }, x: y.map((_, i) => i), y, shown: y, isSmoothed: false, odd: [] },
  ...{ total: y.length, inRange: y.length, downsampled: false, end: null },
  ...change,
});
const ends = (curves: Curve[]) =>
  extents(curves).map(({ data, yAxisID }) => [yAxisID, ...data.map(({ x, y }) => [x, y])]);

it('gives each axis the range of its own curves, what is behind smoothed ones and bands included', () => {
  const smoothed = curve([5, NaN, -1], { shown: [2, NaN, 1], isSmoothed: true, axis: 2 });
  const band = { low: [{ x: 0, y: 0.5 }], high: [{ x: 3, y: 9 }] };
  expect(ends([curve([1, 4]), curve([3, 2], { band }), smoothed])).toEqual([
    ['y', [0, 0.5], [3, 9]],
    ['y3', [0, -1], [0, 1], [2, 5]],
  ]);
  expect(ends([curve([NaN])])).toEqual([['y']]);
});

it('begins at the first point of all curves, also at or below zero', () => {
  expect(ends([curve([7, 8, 9])])).toEqual([['y', [0, 7], [2, 9]]]);
  expect(ends([curve([1, 2, 3], { x: [-5, 0, 5] })])).toEqual([['y', [-5, 1], [5, 3]]]);
});
