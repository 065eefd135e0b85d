import { describe, expect, it } from 'vitest';
import { constraintText, feasible, isAllowed, nearestAllowed } from '../../../../src/search/constraints/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import { GridSampler } from '../../../../src/search/samplers/grid.js';
import { RandomSampler } from '../../../../src/search/samplers/random.js';
import { SobolSampler } from '../../../../src/search/samplers/sobol/index.js';
import {
  checkSpace,
  countPoints,
  drawAllowed,
  drawParams,
  isActive,
  refuse,
} from '../../../../src/search/space/index.js';
import type { Dimension, History, Sampler, Space, Trial } from '../../../../src/search/types.js';
import { randomConstraints, randomSpace } from '../fuzz.js';

const float = (name: string, low = 0, high = 1, more: object = {}): Dimension =>
  ({ kind: 'float', name, when: null, low, high, log: false, step: null, ...more }) as Dimension;
const int = (name: string, low: number, high: number, more: object = {}): Dimension =>
  ({ kind: 'int', name, when: null, low, high, log: false, step: 1, ...more }) as Dimension;
const choice = (name: string, ...choices: (string | number)[]): Dimension => ({
  kind: 'choice',
  name,
  when: null,
  choices,
  weights: null,
});

function expectSound(space: Space, params: Trial['params']) {
  const text = JSON.stringify([params, space]);
  expect(isAllowed(space, params), text).toBe(true);
  for (const d of space.dimensions) {
    expect(params[d.name] !== undefined, text).toBe(isActive(d, params));
    if (params[d.name] !== undefined) expect(refuse(d, params[d.name]!), text).toBeNull();
    if (d.kind !== 'float' || d.step === null || params[d.name] === undefined) continue;
    const steps = ((params[d.name] as number) - d.low) / d.step;
    expect(Math.abs(steps - Math.round(steps)), text).toBeLessThan(1e-6);
  }
}

describe('soundness', () => {
  const space = (terms: Record<string, number>, atMost: number): Space => ({
    dimensions: [float('x'), choice('c', 'a', 'b'), int('n', 1, 9, { when: { c: ['a'] } })],
    constraints: [{ terms, atMost }],
  });
  it.each<[string, Record<string, number>, number]>([
    ['"y" is not in the search space', { y: 1 }, 1],
    ['"c" must be a number throughout', { c: 1 }, 1],
    ['factor of "x" must be a finite number', { x: Infinity }, 1],
    ['bound must be a finite number', { x: 1 }, NaN],
    ['"-x - n <= -11" can\'t be met: its sum is at least -10', { x: -1, n: -1 }, -11],
    ['"0 <= -1" can\'t be met', {}, -1],
  ])('refuses: %s', (message, terms, atMost) => {
    expect(() => checkSpace(space(terms, atMost))).toThrow(message);
  });

  it('counts inactive parameters as 0', () => {
    checkSpace(space({ n: 1 }, 0)); // Only with c = b.
    expect(drawAllowed(space({ n: 1 }, 0), createRandom(1)).c).toBe('b');
    expect(isAllowed(space({ n: 1 }, 0), { x: 1, c: 'b' })).toBe(true);
    expect(isAllowed(space({ n: 1 }, 0), { x: 1, c: 'a', n: 1 })).toBe(false);
  });

  it('notices contradictory constraints', () => {
    const constraints = [
      { terms: { x: 1, y: 1 }, atMost: 0.5 },
      { terms: { x: -1, y: -1 }, atMost: -0.6 },
    ];
    expect(() => checkSpace({ dimensions: [float('x'), float('y')], constraints })).toThrow('contradict each other');
  });

  it('tolerates decimal rounding errors, small and large, and nothing more', () => {
    const allowed = (params: Trial['params'], terms: Record<string, number>, atMost: number) =>
      isAllowed({ dimensions: [float('x', 0, 1e12), float('y', 0, 1e12)], constraints: [{ terms, atMost }] }, params);
    expect(allowed({ x: 0.1, y: 0.2 }, { x: 1, y: 1 }, 0.3)).toBe(true);
    expect(allowed({ x: 1e9 + 0.1, y: 1e9 + 0.3 }, { x: 3, y: -3 }, -0.6)).toBe(true);
    expect(allowed({ x: 1e-8, y: 0 }, { x: 1, y: 1 }, 0.9e-8)).toBe(false);
    expect(allowed({ x: 1e9 + 1, y: 1e9 }, { x: 1, y: -1 }, 0.9)).toBe(false);
    expect(allowed({ x: 0, y: 0 }, { x: 1, y: 1 }, 0)).toBe(true);
    expect(allowed({ x: 1e-12, y: 0 }, { x: 1, y: 1 }, 0)).toBe(false);
  });

  it('writes a constraint as a person would', () => {
    expect(constraintText({ terms: { a: 1, b: -2, c: 0.5 }, atMost: 3 })).toBe('a - 2 * b + 0.5 * c <= 3');
  });
});

describe('suggestions', () => {
  const history = (space: Space, trials: Trial[] = []): History => ({ space, goals: ['minimize'], trials });
  const trialOf = (params: Trial['params'], id: number): Trial => ({
    id,
    params,
    state: 'completed',
    values: [1],
    reports: [],
    enqueued: false,
  });

  it('are allowed and valid, from every plain sampler over many random spaces', () => {
    const random = createRandom(21);
    for (let round = 0; round < 150; round++) {
      const space = randomConstraints(randomSpace(random), random);
      checkSpace(space);
      const samplers: Sampler[] = [new RandomSampler({}, space), new SobolSampler({}, space)];
      for (const sampler of samplers) {
        const trials: Trial[] = [];
        for (let i = 0; i < 8; i++) {
          const params = sampler.suggest(history(space, trials), random);
          if (!params) break;
          expectSound(space, params);
          trials.push(trialOf(params, i));
        }
        expect(trials.length).toBeGreaterThan(0);
      }
      expectSound(space, nearestAllowed(space, drawParams(space, random), random));
    }
  });

  it('keep the distribution of draws if redrawing is cheap', () => {
    const space: Space = {
      dimensions: [float('x'), float('y')],
      constraints: [{ terms: { x: 1, y: 1 }, atMost: 1 }],
    };
    const random = createRandom(3);
    let sum = 0;
    for (let i = 0; i < 4000; i++) sum += feasible(space, random, () => drawParams(space, random)).x as number;
    expect(Math.abs(sum / 4000 - 1 / 3)).toBeLessThan(0.012); // The triangle's center; sd 0.0037.
  });

  it('are found when almost nothing is allowed', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const all = (factor: number) => Object.fromEntries(names.map((name) => [name, factor]));
    const shares: Space = {
      dimensions: names.map((name) => float(name)),
      constraints: [
        { terms: all(1), atMost: 1 },
        { terms: all(-1), atMost: -1 },
      ],
    };
    const random = createRandom(4);
    const means = new Map(names.map((name) => [name, 0]));
    for (let i = 0; i < 500; i++) {
      const params = drawAllowed(shares, random);
      expectSound(shares, params);
      for (const name of names) means.set(name, means.get(name)! + (params[name] as number) / 500);
    }
    // None of them is favored.
    for (const mean of means.values()) expect(Math.abs(mean - 0.2)).toBeLessThan(0.03);
  });

  it('stay near the wish', () => {
    const space: Space = {
      dimensions: [float('x'), float('y'), float('lr', 1e-5, 1, { log: true })],
      constraints: [{ terms: { x: 1, y: 1, lr: 1 }, atMost: 1 }],
    };
    const near = nearestAllowed(space, { x: 0.8, y: 0.6, lr: 1e-4 }, createRandom(1));
    expect(near.x).toBeCloseTo(0.6, 3);
    expect(near.y).toBeCloseTo(0.4, 3);
    expect(near.lr).toBeCloseTo(1e-4, 6);
    const fine = { x: 0.1, y: 0.1, lr: 0.1 };
    expect(nearestAllowed(space, fine, createRandom(1))).toBe(fine);
  });

  it('are the same for the same seed, on every platform', () => {
    const space: Space = {
      dimensions: [
        { kind: 'beta', name: 'x', when: null, a: 2, b: 0.7, low: 0, high: 2, step: null },
        { kind: 'normal', name: 'y', when: null, mean: 0, sd: 1, log: true, step: 0.5 },
        int('n', 8, 512, { log: true, step: 8 }),
        float('z', 1e-4, 1, { log: true }),
      ],
      constraints: [{ terms: { x: 1, y: 1, n: 0.01, z: 2 }, atMost: 2 }],
    };
    const random = createRandom(6);
    const drawn = [1, 2, 3].map(() => feasible(space, random, () => drawParams(space, random), 1));
    expect(drawn).toMatchInlineSnapshot(`
      [
        {
          "n": 8,
          "x": 0.41979999999999995,
          "y": 1.5,
          "z": 0.0001,
        },
        {
          "n": 16,
          "x": 0.771260126533615,
          "y": 0.5,
          "z": 0.012722150599826752,
        },
        {
          "n": 8,
          "x": 1.4198,
          "y": 0.5,
          "z": 0.0001,
        },
      ]
    `);
  });

  it("complete a user's params", () => {
    const space: Space = {
      dimensions: [int('layers', 1, 8), int('width', 16, 512)],
      constraints: [{ terms: { layers: 64, width: 1 }, atMost: 528 }],
    };
    expect(drawAllowed(space, createRandom(1), { layers: 8 })).toEqual({ layers: 8, width: 16 });
    // The constraints can't be met, so the user's params win.
    expect(drawAllowed(space, createRandom(1), { layers: 8, width: 512 })).toEqual({ layers: 8, width: 512 });
  });

  it('leave a grid only allowed points, and count them correctly', () => {
    const random = createRandom(5);
    for (let round = 0; round < 100; round++) {
      const bare = randomSpace(random, 'finite');
      const space = randomConstraints(bare, random);
      checkSpace(space);
      const every = listAll(bare).filter((params) => isAllowed(space, params));
      expect(listAll(space)).toEqual(every);
      expect(countPoints(space)).toBe(every.length);
      // Random draws reach the same points in another order, and end as well.
      const sampler = new RandomSampler({}, space);
      const trials: Trial[] = [];
      for (let params; every.length < 60 && (params = sampler.suggest(history(space, trials), random));) {
        trials.push(trialOf(params, trials.length));
      }
      if (every.length < 60) expect(trials.length).toBe(every.length);
    }
  });

  it('skip forbidden parts of a grid without enumerating them', () => {
    const space: Space = {
      dimensions: Array.from({ length: 8 }, (_, i) => int(`n${i}`, 0, 99)),
      constraints: [{ terms: Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`n${i}`, -1])), atMost: -791 }],
    };
    // The sum of eight numbers up to 99 is at least 791: at most one of them is 98.
    expect(countPoints(space)).toBe(9);
    expect(listAll(space).length).toBe(9);
  });

  function listAll(space: Space): Trial['params'][] {
    const grid = new GridSampler({}, space);
    const all: Trial['params'][] = [];
    for (let params; (params = grid.suggest(history(space)));) all.push(params);
    return all;
  }
});
