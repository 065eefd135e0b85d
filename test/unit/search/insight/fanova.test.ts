import { describe, expect, it } from 'vitest';
import { allowedDraws, drawsOf } from '../../../../src/search/insight/draws.js';
import { effectsOf } from '../../../../src/search/insight/fanova.js';
import { lossesOf, rowsOf } from '../../../../src/search/insight/rows.js';
import { fitSurrogate } from '../../../../src/search/insight/surrogate.js';
import type { Params } from '../../../../src/protocol/values/index.js';
import type { Space } from '../../../../src/search/types.js';
import { box, choice, float, randomHistory, x } from './insightSupport.js';

const ishigami = (params: Params) =>
  Math.sin(x(params, 0)) + 7 * Math.sin(x(params, 1)) ** 2 + 0.1 * x(params, 2) ** 4 * Math.sin(x(params, 0));
/** Variance shares of the function of Ishigami & Homma (1990) with a = 7, b = 0.1. */
const TRUTH = { main: [0.3139, 0.4424, 0], pair: 0.2437 };

describe('functional ANOVA', () => {
  it('matches a decomposition that is known in closed form', () => {
    const draws = drawsOf(box(3, -Math.PI, Math.PI), 16_384);
    const values = Float64Array.from({ length: draws.count }, (_, i) => {
      const [a, b, c] = draws.columns.map((column) => (2 * column[i]! - 1) * Math.PI);
      return ishigami({ x0: a!, x1: b!, x2: c! });
    });
    const { total, main, pairs } = effectsOf(draws, values);
    expect(Math.abs(total - 13.845)).toBeLessThan(0.4);
    for (const [d, share] of TRUTH.main.entries()) expect(Math.abs(main[d]! - share)).toBeLessThan(0.015);
    expect(pairs[0]).toMatchObject({ a: 0, b: 2 });
    expect(Math.abs(pairs[0]!.share - TRUTH.pair)).toBeLessThan(0.03);
    expect(pairs.slice(1).every(({ share }) => share < 0.01)).toBe(true);
  });

  it.each([
    ['gp', 260, 0.07],
    ['forest', 3000, 0.09],
  ] as const)('is close to it when estimated by a %s on %i trials', (kind, count, tolerance) => {
    const history = randomHistory(box(3, -Math.PI, Math.PI), count, ishigami, 5);
    const surrogate = fitSurrogate(rowsOf(history, history.trials), lossesOf(history, history.trials, 0), kind);
    const draws = drawsOf(history.space, 8192);
    const { main, pairs } = effectsOf(draws, surrogate.predict(draws.columns, draws.count));
    for (const [d, share] of TRUTH.main.entries()) expect(Math.abs(main[d]! - share)).toBeLessThan(tolerance);
    expect(pairs[0]).toMatchObject({ a: 0, b: 2 });
    expect(Math.abs(pairs[0]!.share - TRUTH.pair)).toBeLessThan(tolerance);
  });

  it('weighs a child by the share of the space where it is active', () => {
    const space: Space = {
      dimensions: [choice('kind', ['a', 'b', 'c', 'd']), float('u', 0, 1, { when: { kind: ['a'] } }), float('v')],
    };
    const draws = drawsOf(space, 16_384);
    const values = Float64Array.from({ length: draws.count }, (_, i) => {
      const u = draws.columns[1]![i]!;
      return (u < 0 ? 0.5 : u) + draws.columns[2]![i]!;
    });
    const { main } = effectsOf(draws, values);
    // Var u is a quarter of Var v; the parent has no effect by itself.
    expect(Math.abs(main[0]!)).toBeLessThan(0.01);
    expect(Math.abs(main[1]! - 0.2)).toBeLessThan(0.02);
    expect(Math.abs(main[2]! - 0.8)).toBeLessThan(0.02);
  });
});

describe('draws', () => {
  it('obey linear constraints, unless hardly any draw does', () => {
    const space: Space = { ...box(3), constraints: [{ terms: { x0: 1, x1: 1 }, atMost: 0.5 }] };
    const rows = allowedDraws(space, 4000);
    expect(Math.abs(rows.count / 4000 - 1 / 8)).toBeLessThan(0.02);
    for (let i = 0; i < rows.count; i++) expect(rows.columns[0]![i]! + rows.columns[1]![i]!).toBeLessThanOrEqual(0.5);
    const narrow: Space = { ...box(3), constraints: [{ terms: { x0: 1, x1: 1 }, atMost: 1e-3 }] };
    expect(allowedDraws(narrow, 1000).count).toBe(1000);
  });

  it('obey conditions, also nested ones, and are active as often as expected', () => {
    const space: Space = {
      dimensions: [
        choice('kind', ['a', 'b', 'c']),
        { kind: 'constant', name: 'fixed', value: 1, when: { kind: ['a', 'b'] } },
        choice('sub', [1, 2], { when: { kind: ['a', 'b'] } }),
        float('u', 0, 1, { when: { sub: [2], fixed: [1] } }),
        float('never', 0, 1, { when: { u: [0.5] } }),
      ],
    };
    const draws = drawsOf(space, 3000);
    expect(draws.axes.map(({ dimension }) => dimension.name)).toEqual(['kind', 'sub', 'u', 'never']);
    const [kind, sub, u, never] = draws.columns as [Float64Array, Float64Array, Float64Array, Float64Array];
    for (let i = 0; i < draws.count; i++) {
      expect(sub[i]! >= 0).toBe(kind[i]! < 2);
      expect(u[i]! >= 0).toBe(sub[i] === 1);
      expect(never[i]).toBe(-1);
    }
    expect(Math.abs(u.filter((at) => at >= 0).length / 3000 - 1 / 3)).toBeLessThan(0.03);
  });
});
