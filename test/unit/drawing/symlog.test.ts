import { describe, expect, it } from 'vitest';
import { parseFormula } from '../../../src/query/formula.js';
import { symlogTicks } from '../../../src/drawing/axes.js';
import { buildCurve, throughZero, valuesOutside, withoutOutliers, zerosOf } from '../../../src/drawing/curves.js';
import { againstMetric, byFormula } from '../../../src/drawing/combine.js';
import type { Series } from '../../../src/drawing/series.js';
import { SMOOTHINGS, smoothed } from '../../../src/drawing/smoothing.js';
import { look } from '../../../src/drawing/palette.js';
import { symlog, symlogInverse } from '../../../src/drawing/symlog.js';
import { readView } from '../../../webview/model/view.js';

const series = (x: number[], y: number[]): Series => ({
  x,
  y,
  total: x.length,
  inRange: x.length,
  range: null,
  stale: false,
});
const settings = { smoothing: 0, smoothKind: 'exponential', origin: 0, status: 'completed' } as const;

describe('the symmetric logarithm', () => {
  it.each([
    [1e300, 1e-20],
    [-1e308, 5e-324],
    [Number.MAX_VALUE, Number.MIN_VALUE],
    [3, 1],
    [-1e-9, 1e-3],
    [0, 1],
  ])('places %d with the constant %d, and finds it again', (value, constant) => {
    const place = symlog(value, constant);
    expect(Number.isFinite(place)).toBe(true);
    const back = symlogInverse(place, constant);
    expect(Number.isFinite(back)).toBe(true);
    expect(Math.abs(back - value) / (Math.abs(value) || 1)).toBeLessThan(1e-9);
  });

  it('rises with the value, whatever the constant is', () => {
    const values = [-1e300, -1, -1e-20, 0, 1e-30, 1e-20, 1, 1e10, 1e300];
    for (const constant of [1e-20, 1, 1e5]) {
      const places = values.map((value) => symlog(value, constant));
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(new Set(places).size).toBe(places.length);
    }
  });
});

describe('a formula over series', () => {
  it('is computed where the sparsest has points, on the line between two of the others', () => {
    const formula = parseFormula('train/loss - val/loss');
    const found = byFormula(formula, [series([0, 1, 2, 3, 4], [5, 4, 3, 2, 1]), series([0.5, 3.5], [1, 2])]);
    expect([found.x, found.y, found.inRange]).toEqual([[0.5, 3.5], [3.5, -0.5], 2]);
  });
  it('leaves out where one of them has no value, but keeps what was logged as NaN', () => {
    const found = byFormula(parseFormula('a + b'), [
      series([0, 1, 2], [1, NaN, 3]),
      series([1, 2, 3, 4], [1, 1, 1, 1]),
    ]);
    expect([found.x, found.y]).toEqual([
      [1, 2],
      [NaN, 4],
    ]);
  });
});

it('draws values against another metric at the same step, in its order', () => {
  const found = againstMetric(series([0, 1, 2, 9], [10, 11, 12, 13]), series([0, 2], [8, 4]));
  expect([found.x, found.y]).toEqual([
    [4, 6, 8],
    [12, 11, 10],
  ]);
});

describe('smoothing', () => {
  const x = Array.from({ length: 200 }, (_, i) => i);
  const y = x.map((i) => 3 + (i % 2 ? 1 : -1));
  it.each(SMOOTHINGS)('%s flattens noise, keeps a constant and its gaps', (kind) => {
    const smooth = smoothed(kind, x, y, 0.9);
    expect(Math.max(...smooth.slice(20, 180).map((value) => Math.abs(value - 3)))).toBeLessThan(0.15);
    const constant = smoothed(
      kind,
      x,
      x.map((i) => (i === 50 ? NaN : 7)),
      0.9,
    );
    expect(constant[50]).toBeNaN();
    for (const [i, value] of constant.entries()) if (i !== 50) expect(value).toBeCloseTo(7, 9);
    expect(smoothed(kind, x, y, 0)).toEqual(y);
  });
  it('takes both sides alike, so that a step stays where it is', () => {
    const step = x.map((i) => (i < 100 ? 0 : 1));
    for (const kind of ['gaussian', 'mean'] as const) {
      const smooth = smoothed(kind, x, step, 0.9);
      expect(smooth[99]! + smooth[100]!).toBeCloseTo(1, 6);
    }
  });
});

describe('outliers', () => {
  const y = [...Array.from({ length: 98 }, (_, i) => i / 97), 1000, -1000];
  const curve = buildCurve(
    'r',
    look(0),
    series(
      y.map((_, i) => i),
      y,
    ),
    settings,
  );
  it('are left outside the axis by quantile, and counted', () => {
    const clip = withoutOutliers([curve], 0.01)!;
    expect(clip[0]).toBeGreaterThan(-50);
    expect(clip[1]).toBeLessThan(50);
    expect(valuesOutside([curve], clip)).toBe(2);
  });
  it('are shown where nothing else is asked for', () => {
    expect([withoutOutliers([curve], 0), valuesOutside([curve], null)]).toEqual([null, 0]);
  });
});

describe('a log axis', () => {
  it('goes through zero only where values are not above it', () => {
    expect(throughZero([1, 2, NaN])).toBeNull();
    expect(throughZero([0, 0.02, 5])).toBe(0.02);
    expect(throughZero([0, 0])).toBe(1);
  });
  it('has zero and powers of ten on both sides as its ticks', () => {
    expect(symlogTicks(-10, 1000, 1)).toEqual([-10, -1, 0, 1, 10, 100, 1000]);
    expect(symlogTicks(0, 1e12, 1e-3).length).toBeLessThan(12);
  });
  it('has round numbers as its ticks where a zoom shows no two powers of ten', () => {
    expect(symlogTicks(2, 8, 1)).toEqual([2, 4, 6, 8]);
    expect(symlogTicks(-0.1, 0.3, 1)).toEqual([-0.1, 0, 0.1, 0.2, 0.3]);
  });
  it('goes through zero by the values of its own curves, and by all of x', () => {
    const one = (x: number[], y: number[], axis: number) => ({
      ...buildCurve('r', look(0), series(x, y), settings),
      axis,
    });
    const curves = [one([0, 1], [-100, 100], 0), one([1, 2], [0.5, 0.9], 1), one([0.1, 3], [0, 1e-6], 2)];
    expect(zerosOf(curves, { logX: true, logY: true }, 4)).toEqual({ x: 0.1, y: [100, null, 1e-6, null] });
    expect(zerosOf(curves, { logX: false, logY: false }, 2)).toEqual({ x: null, y: [null, null] });
  });
});

it('keeps what is sound of stored settings', () => {
  const view = readView({
    x: 'metric',
    xMetric: 'loss',
    smoothKind: 'gaussian',
    groupBy: ['param:lr'],
    band: 'nonsense',
    outliers: 0.05,
    colors: { a: '#abcdef', b: 'url(x)' },
    draw: { by: 'metric:loss', descending: false, count: 1e9 },
    cards: [{ id: 'own:1', title: 't', series: ['a - b'] }, { id: 3 }],
    cardSettings: { loss: { logY: true, smoothing: 4 }, __proto__: { logY: true } },
    cardHeights: { loss: 300 },
  });
  expect(view).toMatchObject({ x: 'metric', xMetric: 'loss', smoothKind: 'gaussian', band: 'sd', outliers: 0.05 });
  expect(view.colors).toEqual({ a: '#abcdef' });
  expect(view.draw).toEqual({ by: 'metric:loss', descending: false, count: 10_000 });
  expect(view.cards).toEqual([{ id: 'own:1', title: 't', series: ['a - b'] }]);
  expect(view.cardSettings).toEqual({ loss: { logY: true } });
});
