import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/search/maths/random.js';
import {
  checkSpace,
  countPoints,
  drawParams,
  gridOf,
  isActive,
  keyOf,
  priorParams,
  refuse,
} from '../../../../src/search/space/index.js';
import type { Dimension, Space } from '../../../../src/search/types.js';
import { randomSpace } from '../fuzz.js';

const base = { name: 'x', when: null };
const float = (low: number, high: number, more: object = {}): Dimension =>
  ({ ...base, kind: 'float', low, high, log: false, step: null, ...more }) as Dimension;

describe('drawing', () => {
  it('stays within bounds, on steps, and obeys conditions, over many random spaces', () => {
    const random = createRandom(11);
    for (let round = 0; round < 300; round++) {
      const space = randomSpace(random);
      checkSpace(space);
      for (let i = 0; i < 20; i++) {
        const params = drawParams(space, random);
        for (const d of space.dimensions) {
          const value = params[d.name];
          expect(value !== undefined, `${d.name} in ${JSON.stringify(params)}`).toBe(isActive(d, params));
          if (value === undefined) continue;
          expect(refuse(d, value), JSON.stringify(d)).toBeNull();
          if (d.kind === 'float' && d.step !== null) {
            const steps = ((value as number) - d.low) / d.step;
            expect(Math.abs(steps - Math.round(steps))).toBeLessThan(1e-6);
          }
        }
      }
    }
  });

  it('spreads a logarithmic range evenly over its decades', () => {
    const random = createRandom(2);
    const d = float(1e-5, 1e-1, { log: true });
    const decades = [0, 0, 0, 0];
    for (let i = 0; i < 8000; i++) {
      const { x } = drawParams({ dimensions: [d] }, random);
      decades[Math.min(3, Math.floor(Math.log10(x as number) + 5))]!++;
    }
    for (const count of decades) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  it('gives the outermost integers their share', () => {
    const random = createRandom(2);
    const d: Dimension = { ...base, kind: 'int', low: 1, high: 4, log: false, step: 1 };
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 8000; i++) counts[(drawParams({ dimensions: [d] }, random).x as number) - 1]!++;
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  it('draws choices by weight, never one of weight 0', () => {
    const random = createRandom(2);
    const d: Dimension = { ...base, kind: 'choice', choices: ['a', 'b', 'c'], weights: [3, 1, 0] };
    const counts: Record<string, number> = { a: 0, b: 0, c: 0 };
    for (let i = 0; i < 4000; i++) counts[String(drawParams({ dimensions: [d] }, random).x)]!++;
    expect(counts.c).toBe(0);
    expect(Math.abs(counts.a! - 3000)).toBeLessThan(150);
  });

  it('does not overflow between the largest numbers', () => {
    const { x } = drawParams({ dimensions: [float(-1.7e308, 1.7e308)] }, createRandom(1));
    expect(Number.isFinite(x)).toBe(true);
  });
});

describe('soundness', () => {
  it.each<[string, Dimension]>([
    ['lower bound 3 is above the upper bound 1', float(3, 1)],
    ['must begin above 0', float(0, 1, { log: true })],
    ['step must be above 0', float(0, 1, { step: 0 })],
    ['step is larger', float(0, 1, { step: 2 })],
    ['finite', float(0, Infinity)],
    ['no choices', { ...base, kind: 'choice', choices: [], weights: null }],
    ['same choice twice', { ...base, kind: 'choice', choices: [1, 1], weights: null }],
    ['one weight for each', { ...base, kind: 'choice', choices: [1, 2], weights: [1] }],
    ['whole numbers', { ...base, kind: 'int', low: 0.5, high: 2, log: false, step: 1 }],
    ['deviation', { ...base, kind: 'normal', mean: 0, sd: 0, log: false, step: null }],
    ['shapes must be above 0', { ...base, kind: 'beta', a: 0, b: 1, low: 0, high: 1, step: null }],
    ['its prior must be from 0 to 1, not 2', float(0, 1, { prior: { value: 2 } })],
    ['its prior must be one of', { ...base, kind: 'choice', choices: ['a'], weights: null, prior: { value: 'b' } }],
    ['sd of its prior', float(0, 1, { prior: { value: 0.5, sd: 0 } })],
    ['its stage needs a name', float(0, 1, { stage: '' })],
    ['does not come before', float(0, 1, { when: { y: [1] } })],
  ])('refuses: %s', (message, dimension) => {
    expect(() => checkSpace({ dimensions: [dimension] })).toThrow(message);
  });

  it('refuses a duplicate name and an empty space', () => {
    expect(() => checkSpace({ dimensions: [float(0, 1), float(0, 1)] })).toThrow('twice');
    expect(() => checkSpace({ dimensions: [] })).toThrow('empty');
  });
});

describe('counting', () => {
  const choice = (name: string, n: number, when: Dimension['when'] = null): Dimension => ({
    kind: 'choice',
    name,
    when,
    weights: null,
    choices: Array.from({ length: n }, (_, i) => i),
  });

  it('counts only combinations that conditions allow', () => {
    const space: Space = { dimensions: [choice('a', 3), choice('b', 4, { a: [0, 1] }), choice('c', 5, { b: [0] })] };
    // a=2 alone, and for each of a=0,1: b=0 with five c, three other b alone.
    expect(countPoints(space)).toBe(1 + 2 * (5 + 3));
  });

  it('handles infinity, and the points of a grid', () => {
    const space: Space = { dimensions: [float(0, 1, { points: 5 }), choice('a', 3)] };
    expect(countPoints(space)).toBe(Infinity);
    expect(countPoints(space, { points: null })).toBe(15);
    expect(countPoints({ dimensions: [float(0, 1, { step: 0.1 })] })).toBe(11);
  });

  it('spaces grid points evenly on the scale, including both ends', () => {
    const values = gridOf(float(1e-4, 1, { log: true, points: 5 }), null)!;
    expect(Array.from({ length: values.count }, (_, i) => values.at(i))).toEqual([1e-4, 1e-3, 1e-2, 1e-1, 1]);
  });
});

it('combines priors as far as conditions and constraints permit', () => {
  const space: Space = {
    dimensions: [
      { ...base, kind: 'choice', name: 'a', choices: [1, 2], weights: null, prior: { value: 2 } },
      { ...float(0, 1, { prior: { value: 0.25 } }), name: 'b', when: { a: [1] } },
      { ...float(0, 1, { prior: { value: 0.75 } }), name: 'c', when: { a: [2] } },
      { ...float(0, 1), name: 'd', when: { a: [2] } },
    ],
    constraints: [{ terms: { c: 1, d: 1 }, atMost: 0.76 }],
  };
  checkSpace(space);
  const { a, c, d, ...others } = priorParams(space, createRandom(1));
  expect([a, c, others]).toEqual([2, 0.75, {}]);
  expect(d).toBeLessThanOrEqual(0.0101);
});

it('tells values of different types apart', () => {
  const space: Space = { dimensions: [{ ...base, kind: 'choice', choices: [1, '1', true, 'true'], weights: null }] };
  expect(new Set([1, '1', true, 'true'].map((x) => keyOf(space, { x }))).size).toBe(4);
});
