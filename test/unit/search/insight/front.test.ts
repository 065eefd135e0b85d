import { describe, expect, it } from 'vitest';
import { frontOf } from '../../../../src/search/insight/front.js';
import type { History } from '../../../../src/search/types.js';
import { box, trial } from './insightSupport.js';

const history = (points: number[][], goals: History['goals'] = ['minimize', 'maximize']): History => ({
  space: box(1),
  goals,
  trials: points.map((values, id) => trial(id, { x0: 0 }, values)),
});

describe('the front', () => {
  // Loss is minimized, accuracy maximized.
  const points = [
    [5, 1],
    [1, 2],
    [3, 4],
    [4, 3],
    [2, 3],
  ];

  it("holds the non-dominated trials by the first objective, in the user's units", () => {
    const front = frontOf(history(points));
    expect(front.trials).toEqual([
      { id: 1, values: [1, 2] },
      { id: 4, values: [2, 3] },
      { id: 2, values: [3, 4] },
    ]);
    expect(front.others.map(({ id }) => id)).toEqual([0, 3]);
  });

  it('has a reference a tenth of its range beyond its worst values, and its volume over time', () => {
    const { reference, hypervolume } = frontOf(history(points));
    expect(reference[0]).toBeCloseTo(3.2, 9);
    expect(reference[1]).toBeCloseTo(1.8, 9);
    // 2.2 · 0.2 after trial 1; then 0.2 · 2.2 more, of which 0.2 · 0.2 is shared; then the addition of trial 4.
    expect(hypervolume.map(({ trial: id }) => id)).toEqual([1, 2, 4]);
    expect(hypervolume[0]!.value).toBeCloseTo(0.44, 9);
    expect(hypervolume[1]!.value).toBeCloseTo(0.84, 9);
    expect(hypervolume[2]!.value).toBeCloseTo(2.2 * 0.2 + 1.2 * 1 + 0.2 * 1, 9);
  });

  it("uses the user's reference, beyond which nothing counts", () => {
    const { reference, hypervolume } = frontOf(history(points), [2.5, 1]);
    expect(reference).toEqual([2.5, 1]);
    expect(hypervolume.map(({ trial: id }) => id)).toEqual([1, 4]);
    expect(hypervolume.at(-1)!.value).toBeCloseTo(1.5 + 0.5, 9);
  });

  it('leaves out trials that broke a constraint, unless all did', () => {
    const some = history(points);
    some.trials[4]!.constraints = [0.5];
    expect(frontOf(some).trials.map(({ id }) => id)).toEqual([1, 2]);
    for (const one of some.trials) one.constraints = [0.5];
    expect(frontOf(some).trials.length).toBe(3);
  });

  it('copes with no point, one point, equal points and infinite ones', () => {
    expect(frontOf(history([]))).toMatchObject({ trials: [], others: [], hypervolume: [], reference: [1, -1] });
    expect(frontOf(history([[2, 2]])).hypervolume.length).toBe(1);
    const equal = frontOf(
      history([
        [2, 2],
        [2, 2],
        [Infinity, 0],
      ]),
    );
    expect(equal.trials.map(({ id }) => id)).toEqual([0, 1]);
    expect(equal.hypervolume.length).toBe(1);
    expect(
      frontOf(
        history([
          [-Infinity, 1],
          [0, 2],
        ]),
      ).trials.length,
    ).toBe(2);
  });

  it('is quick with many objectives', () => {
    const many = Array.from({ length: 200 }, (_, i) =>
      Array.from({ length: 5 }, (_, k) => ((i * 37 + k * 101) % 97) + 1),
    );
    const front = frontOf(history(many, ['minimize', 'minimize', 'minimize', 'minimize', 'minimize']));
    expect(front.hypervolume.length).toBeGreaterThan(2);
    const values = front.hypervolume.map(({ value }) => value);
    expect([...values].sort((a, b) => a - b)).toEqual(values);
  });
});
