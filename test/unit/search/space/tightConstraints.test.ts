/** Draws in a tiny feasible region must be distributed over it like the parameters' own distributions. */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/search/maths/random.js';
import { createStudy } from '../../../../src/search/index.js';
import { checkSpace, drawAllowed } from '../../../../src/search/space/index.js';
import { isAllowed } from '../../../../src/search/constraints/index.js';
import type { Dimension, Space } from '../../../../src/search/types.js';

const float = (name: string, low = 0, high = 1, log = false): Dimension => ({
  kind: 'float',
  name,
  low,
  high,
  log,
  step: null,
  when: null,
});
const int = (name: string, low: number, high: number): Dimension => ({
  kind: 'int',
  name,
  low,
  high,
  log: false,
  step: 1,
  when: null,
});
const sum = (names: string[], atMost: number): NonNullable<Space['constraints']>[number] => ({
  terms: Object.fromEntries(names.map((name) => [name, 1])),
  atMost,
});
function draws(space: Space, count: number, sampler: string | null = null): number[][] {
  checkSpace(space);
  const random = createRandom(11);
  const names = space.dimensions.map(({ name }) => name);
  const study =
    sampler === null
      ? null
      : createStudy({ space, goals: ['minimize'], sampler, pruner: null, seed: 5, trials: count });
  return Array.from({ length: count }, () => {
    const params = study ? study.ask()!.params : drawAllowed(space, random);
    expect(isAllowed(space, params)).toBe(true);
    return names.map((name) => params[name] as number);
  });
}
const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const correlation = (a: number[], b: number[]) => {
  const [ma, mb] = [mean(a), mean(b)];
  const of = (x: number[], y: number[], mx: number, my: number) => mean(x.map((v, i) => (v - mx) * (y[i]! - my)));
  return of(a, b, ma, mb) / Math.sqrt(of(a, a, ma, ma) * of(b, b, mb, mb));
};
const column = (rows: number[][], k: number) => rows.map((row) => row[k]!);

describe.each([null, 'random'])('tight constraints, drawn by %s', (sampler) => {
  it('fill a small corner evenly', () => {
    const rows = draws({ dimensions: [float('x'), float('y')], constraints: [sum(['x', 'y'], 0.1)] }, 500, sampler);
    expect(new Set(rows.map(String)).size).toBe(500);
    // The triangle's center and correlation; standard errors .001 and .034.
    for (const k of [0, 1]) expect(Math.abs(mean(column(rows, k)) - 0.1 / 3)).toBeLessThan(0.004);
    expect(Math.abs(correlation(column(rows, 0), column(rows, 1)) + 0.5)).toBeLessThan(0.13);
    // Half of the area lies more than 1/√2 of the way to the edge.
    const outer = rows.filter(([x, y]) => x! + y! > 0.1 / Math.SQRT2).length;
    expect(Math.abs(outer / 500 - 0.5)).toBeLessThan(0.09);
  });

  it('leave integers inside, not on the edge', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const rows = draws(
      { dimensions: names.map((name) => int(name, 8, 512)), constraints: [sum(names, 300)] },
      300,
      sampler,
    );
    const sums = rows.map((row) => row.reduce((a, b) => a + b, 0));
    // On average, the sum of a uniform point of the simplex exceeds 48 by 6/7 of 252.
    expect(Math.abs(mean(sums) - (48 + (252 * 6) / 7))).toBeLessThan(8);
    expect(sums.filter((s) => s === 300).length).toBeLessThan(25);
    for (const k of names.keys()) expect(Math.abs(mean(column(rows, k)) - 44)).toBeLessThan(7);
  });

  it('walk along a narrow band', () => {
    const band: Space = {
      dimensions: [float('x'), float('y')],
      constraints: [
        { terms: { x: 1, y: -1 }, atMost: 0.0005 },
        { terms: { x: -1, y: 1 }, atMost: 0.0005 },
      ],
    };
    const x = column(draws(band, 500, sampler), 0);
    expect(Math.abs(mean(x) - 0.5)).toBeLessThan(0.06);
    expect(x.filter((v) => v < 0.25).length).toBeGreaterThan(80);
    expect(x.filter((v) => v > 0.75).length).toBeGreaterThan(80);
  });

  it('keep a logarithmic distribution', () => {
    const space: Space = {
      dimensions: [float('x', 1e-4, 1, true), float('y', 1e-4, 1, true), float('z')],
      constraints: [{ terms: { x: 1, y: 1, z: 100 }, atMost: 0.05 }],
    };
    const rows = draws(space, 500, sampler);
    // In most draws both are small, so their logarithms are almost uniform up to that of .05.
    const logs = column(rows, 0).map((v) => Math.log(v / 1e-4) / Math.log(500));
    expect(Math.abs(mean(logs) - 0.47)).toBeLessThan(0.06);
  });
});
