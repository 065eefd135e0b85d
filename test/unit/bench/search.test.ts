/** The search bench's own parts: what it measures with must be right before what it measures. */
import { describe, expect, it } from 'vitest';
import { bbob } from '../../../bench/search/bbob.js';
import { hypervolume } from '../../../bench/search/hypervolume.js';
import { Keyed } from '../../../bench/search/keyed.js';
import { bytesByTrial } from '../../../bench/search/memory.js';
import { jobs } from '../../../bench/search/plan.js';
import { reportText } from '../../../bench/search/report/index.js';
import { SEVERAL } from '../../../bench/search/several.js';
import { SINGLE } from '../../../bench/search/single.js';
import { common, ranks, ratio } from '../../../bench/search/stats.js';
import type { Result } from '../../../bench/search/store.js';
import { draw } from '../../../bench/search/tasks.js';
import { readSpace } from '../../../src/experiment/index.js';
import { isActive } from '../../../src/search/index.js';

describe('BBOB functions', () => {
  it.each(Array.from({ length: 24 }, (_, i) => i + 1))('f%i is 0 at its optimum and nowhere less', (number) => {
    for (const d of [2, 5, 20]) {
      const { f, optimum } = bbob(number, d, 'test');
      expect(optimum.every((x) => Math.abs(x) <= 5)).toBe(true);
      expect(Math.abs(f(optimum))).toBeLessThan(1e-6);
      const random = new Keyed(`near ${number}`);
      for (let i = 0; i < 300; i++) {
        expect(f(optimum.map((x) => x + 0.01 * random.normal()))).toBeGreaterThan(-1e-9);
        expect(f(optimum.map(() => random.uniform(-5, 5)))).toBeGreaterThan(1e-6);
      }
    }
  });

  it('f8 is Rosenbrock’s, f3 Rastrigin’s: values far from the optimum in closed form', () => {
    const rosenbrock = bbob(8, 2, 'test');
    // One below the optimum on each axis is z = 0.
    expect(rosenbrock.f(rosenbrock.optimum.map((x) => x - 1))).toBeCloseTo(1);
    const sphere = bbob(1, 3, 'test');
    expect(sphere.f(sphere.optimum.map((x) => x + 2))).toBeCloseTo(12);
  });
});

describe('tasks', () => {
  it.each(SINGLE.map((task) => [task.id, task] as const))(
    '%s: sound space, nothing below its best, same for a key',
    (_, task) => {
      const [problem, again] = [task.problem(3), task.problem(3)];
      const { space } = readSpace(problem.space);
      expect(space).not.toBeNull();
      const random = new Keyed(task.id);
      for (let i = 0; i < 200; i++) {
        const params = draw(problem.space, random);
        for (const d of space!.dimensions) expect(Object.hasOwn(params, d.name)).toBe(isActive(d, params));
        const [value] = problem.truth(params);
        expect(value).toBeGreaterThanOrEqual(problem.best);
        expect(again.truth(params)).toEqual([value]);
        expect(again.measure?.(params, 1)).toEqual(problem.measure?.(params, 1));
      }
    },
  );

  it.each(SEVERAL.map((task) => [task.id, task] as const))(
    '%s: nothing has more than the hypervolume of its front',
    (_, task) => {
      const { space, truth, front } = task.problem(1);
      const random = new Keyed(task.id);
      const points = Array.from({ length: 200 }, () => truth(draw(space, random)));
      const found = hypervolume(points, front!.reference);
      expect(found).toBeGreaterThan(0);
      expect(found).toBeLessThan(front!.hypervolume);
    },
  );

  it('hypervolume: two and three objectives by hand', () => {
    expect(
      hypervolume(
        [
          [1, 2],
          [2, 1],
          [3, 3],
          [2, 2],
        ],
        [3, 3],
      ),
    ).toBe(3);
    expect(
      hypervolume(
        [
          [0, 0, 1],
          [1, 1, 0],
        ],
        [2, 2, 2],
      ),
    ).toBe(4 + 2 - 1);
  });
});

describe('figures', () => {
  const of = (task: string, seed: number, regret: number): Result =>
    ({ task, seed, regret: [[25, regret]] }) as Partial<Result> as Result;

  it('ratio: geometric mean over tasks of that over seeds, of pairs only', () => {
    const mine = [of('a', 0, 1), of('a', 1, 4), of('b', 0, 9), of('c', 0, 1)];
    const theirs = [of('a', 0, 2), of('a', 1, 2), of('b', 0, 1), of('b', 1, 5)];
    const found = ratio(mine, theirs, 25)!;
    expect(found).toMatchObject({ tasks: 2, pairs: 3, seeds: [1, 2] });
    expect(found.value).toBeCloseTo(3);
    expect(found.low).toBeLessThan(found.value);
    expect(found.high).toBeGreaterThan(found.value);
    expect(ratio(mine, theirs, 50)).toBeNull();
  });

  it('ranks: over what all have done, equal ones share', () => {
    const all = new Map([
      ['x', [of('a', 0, 1), of('b', 0, 5)]],
      ['y', [of('a', 0, 1), of('b', 0, 4), of('c', 0, 0)]],
      ['z', [of('a', 0, 3), of('b', 0, 1)]],
    ]);
    expect(common(all, 25).get('y')).toHaveLength(2);
    const found = ranks(all, 25);
    expect([...found].map(([name, { value }]) => [name, value])).toEqual([
      ['x', 2.25],
      ['y', 1.75],
      ['z', 2],
    ]);
  });
});

describe('plan and report', () => {
  it('seeds begin with the requested one, for slow samplers, too', () => {
    const wishes = { sides: ['ours' as const], groups: ['noisy'], samplers: null, quick: false, full: false };
    const made = jobs({ ...wishes, firstSeed: 5, trials: 300, seeds: 3 }, { samplers: ['tpe', 'gp'], pruners: [] });
    const seedsOf = (name: string) => [...new Set(made.filter((job) => job.sampler === name).map(({ seed }) => seed))];
    expect(seedsOf('tpe')).toEqual([5, 6, 7]);
    expect(seedsOf('gp')).toEqual([5, 6]);
  });

  const of = (side: 'ours' | 'optuna', seed: number): Result => ({
    key: '',
    side,
    task: 'f1-5d',
    group: 'unimodal',
    sampler: 'tpe',
    pruner: null,
    seed,
    budget: 300,
    workers: 1,
    regret: [25, 50, 100, 300].map((at): [number, number] => [at, side === 'ours' ? 0.1 : 0.2]),
    ms: 1,
    trials: 300,
  });
  const facts = { machine: '', optuna: '5', commit: '', times: null };
  const memory = [1000, 10_000].map((trials) => ({ sampler: 'tpe', trials, bytes: trials * 5000 }));

  it('says how many seeds a goal rests on, and whether they were known', () => {
    const all = [1003, 1004].flatMap((seed) => [of('ours', seed), of('optuna', seed)]);
    const text = reportText(all, { ...facts, memory: null });
    expect(text).toContain('| TPE no worse than Optuna’s on every group, better on average | met | 1 × 2 | all: 0.50');
    expect(text).toContain('Seeds 1003 to 1004 (2 seeds;');
    expect(text).toContain('No result on any of them was known');
    expect(text).toMatch(/\| Memory flat.*\| not measured \|/);
    const known = reportText([of('ours', 0), of('optuna', 0)], { ...facts, memory });
    expect(known).toContain('this is not a blind comparison');
    expect(known).toMatch(/\| Memory flat.*\| \*\*not met\*\* \|  \| tpe: 5000 bytes \|/);
  });

  it('memory: the initial heap does not count', () => {
    const bytes = [1000, 10_000].map((trials) => ({ sampler: 'x', trials, bytes: 50e6 + trials * 700 }));
    expect(bytesByTrial(bytes, 'x')).toBe(700);
    expect(bytesByTrial(bytes, 'y')).toBeNull();
  });
});
