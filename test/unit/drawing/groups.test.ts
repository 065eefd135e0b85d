import { describe, expect, it } from 'vitest';
import type { Run } from '../../../src/protocol/engine/index.js';
import type { Series } from '../../../src/drawing/series.js';
import { bandOf, quantile, spread } from '../../../src/drawing/bands.js';
import { groupRuns } from '../../../src/drawing/runs/groups.js';
import { differenceText } from '../../../webview/model/runs/baseline.js';
import { looksOf, scaleColor } from '../../../src/drawing/runs/looks.js';
import { look } from '../../../src/drawing/palette.js';

const run = (id: string, params: Run['params'], tags: string[] = []): Run =>
  ({ id, params, tags, metrics: {}, info: {}, objective: null, status: 'completed', search: null }) as unknown as Run;
const series = (x: number[], y: number[]): Series => ({
  x,
  y,
  total: x.length,
  inRange: x.length,
  range: null,
  stale: false,
});

it('groups by values, numbers in their order, what is missing last', () => {
  const runs = [run('a', { lr: 10 }), run('b', { lr: 9 }), run('c', {}), run('d', { lr: 9 }, ['x', 'y'])];
  const groups = groupRuns(runs, ['param:lr']);
  expect(groups.map(({ label, runs: some }) => [label, some.map(({ id }) => id)])).toEqual([
    ['lr 9', ['b', 'd']],
    ['lr 10', ['a']],
    ['lr none', ['c']],
  ]);
  expect(groupRuns(runs, ['param:lr', 'tags']).map(({ label }) => label)[0]).toBe('lr 9 · Tags x, y');
  expect(groupRuns(runs, [])).toEqual([]);
});

describe('a band', () => {
  it('has the spread that is asked for', () => {
    const values = [2, 4, 4, 4, 5, 5, 7, 9];
    expect(spread(values, 'sd')).toEqual([5, expect.closeTo(5 - 2.13809, 4), expect.closeTo(5 + 2.13809, 4)]);
    expect(spread(values, 'se')[2] - 5).toBeCloseTo(2.13809 / Math.sqrt(8), 4);
    expect(spread(values, 'range')).toEqual([5, 2, 9]);
    expect(spread(values, 'quantiles')).toEqual([4.5, 4, 5.5]);
    expect(spread([3], 'sd')).toEqual([3, 3, 3]);
    expect(quantile([1, 2, 3, 4], 0.1)).toBeCloseTo(1.3);
  });

  it('counts each run between its first and last point, on the line between two', () => {
    const band = bandOf([series([0, 10, 20], [0, 10, 20]), series([0, 20], [10, 30]), series([10], [NaN])], 'range');
    expect(band).toEqual({ x: [0, 10, 20], middle: [5, 15, 25], low: [0, 10, 20], high: [10, 20, 30] });
  });

  it('is thinned to a bounded number of places, both ends included', () => {
    const x = Array.from({ length: 5000 }, (_, i) => i);
    const band = bandOf([series(x, x)], 'sd');
    expect(band.x).toHaveLength(500);
    expect([band.x[0], band.x.at(-1), band.middle.at(-1)]).toEqual([0, 4999, 4999]);
  });
});

describe('looks', () => {
  const own = (id: string) => look(Number(id));
  const runs = Array.from({ length: 12 }, (_, i) =>
    run(String(i), { lr: 10 ** -(i % 12), opt: i % 2 ? 'sgd' : 'adam' }),
  );
  it('say which value a run has: a colour each, or a place on a scale', () => {
    const few = looksOf(runs, { colorBy: 'param:opt', dashBy: '', colors: {} }, own);
    expect([few.get('0')!.color, few.get('1')!.color, few.get('2')!.color]).toEqual([0, 1, 0]);
    const many = looksOf(runs, { colorBy: 'param:lr', dashBy: 'param:opt', colors: { 3: '#123456' } }, own);
    expect([many.get('11')!.css, many.get('0')!.css, many.get('3')!.css]).toEqual([
      scaleColor(0),
      scaleColor(1),
      '#123456',
    ]);
    expect(many.get('1')!.dash).not.toEqual(many.get('0')!.dash);
  });
  it('are their own otherwise', () => {
    expect(looksOf(runs, { colorBy: '', dashBy: '', colors: {} }, own).get('7')).toEqual(look(7));
  });
});

it('says how far a value is from the baseline', () => {
  expect(differenceText(1.1, 1)).toBe('+0.1 (+10 %)');
  expect(differenceText(0.5, 2)).toBe('−1.5 (−75 %)');
  expect(differenceText(1, 0)).toBe('+1');
  expect(differenceText('NaN', 1)).toBe('');
  expect(differenceText(null, 1)).toBe('');
});
