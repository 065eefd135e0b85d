import { describe, expect, it } from 'vitest';
import type { Params } from '../../../../src/protocol/values/index.js';
import { createStudy } from '../../../../src/search/index.js';
import type { Space } from '../../../../src/search/types.js';
import {
  expectCareful,
  expectComplete,
  expectLinear,
  expectPlain,
  expectRobust,
  ratioToRandom,
} from './evolutionChecks.js';
import { bestOf, choice, finish, float, start, whole } from './make.js';
import { TASKS } from '../tasks.js';

const box = (n: number): Space => ({ dimensions: Array.from({ length: n }, (_, i) => float(`x${i}`, -5, 5)) });
const numbers = (params: Params) => Object.values(params) as number[];
const rosenbrock = (params: Params) => {
  const x = numbers(params);
  return x.slice(1).reduce((sum, b, i) => sum + 100 * (b - x[i]! ** 2) ** 2 + (1 - x[i]!) ** 2, 0);
};

describe('CMA-ES', () => {
  it('suggests only allowed params whatever happens, and continues after a restart as if there had been none', () => {
    expectRobust('cmaes', 40, 45);
    expectRobust({ name: 'cmaes', model: false, population: 4 }, 20, 45);
  });
  it('tries every point of a finite space once', () => expectComplete('cmaes', 25));
  it('obeys linear constraints', () => expectLinear('cmaes'));
  it('avoids failures and broken constraints', () => expectCareful('cmaes', 100));
  it('survives searches with nothing to learn from', () => expectPlain('cmaes'));

  it.each(Object.keys(TASKS))('beats random search clearly: %s', (name) => {
    const task = TASKS[name]!;
    expect(ratioToRandom('cmaes', task, task.trials, 12, 1e-12)).toBeLessThan(Math.max(0.3, task.ratio));
  });

  it.each([true, false])('finds the bottom of a curved valley with a model: %s', (model) => {
    const sampler = { name: 'cmaes', model };
    const found = Array.from({ length: 9 }, (_, seed) =>
      bestOf(finish(createStudy(start(box(4), sampler, { seed })), model ? 400 : 1500, rosenbrock)),
    );
    // Some searches end in the valley's other arm.
    expect(found.sort((one, other) => one - other)[4]).toBeLessThan(0.25);
  });

  it('tries the middle first, and stays nearer to it with many parameters', () => {
    const spread = (n: number): number => {
      const study = finish(createStudy(start(box(n), 'cmaes', { seed: 1 })), 10, () => 1);
      const [first, ...others] = study.trials.map(({ params }) => numbers(params));
      expect(first!.every((value) => value === 0)).toBe(true);
      return Math.sqrt(others.flat().reduce((sum, value) => sum + value * value, 0) / (others.length * n));
    };
    expect(spread(80) / spread(20)).toBeCloseTo(0.5, 1);
  });

  it('finds the best integers and choices', () => {
    const space: Space = {
      dimensions: [whole('k', 0, 40), whole('m', 0, 1), choice('c', ['a', 'b', 'c', 'd']), float('x')],
    };
    const f = (p: Params) =>
      ((p.k as number) - 33) ** 2 / 100 + (1 - (p.m as number)) + (p.c === 'd' ? 0 : 1) + ((p.x as number) - 0.2) ** 2;
    for (let seed = 0; seed < 5; seed++) {
      const [best] = finish(createStudy(start(space, 'cmaes', { seed })), 150, f).best();
      expect(best!.params).toMatchObject({ k: 33, m: 1, c: 'd' });
    }
  });

  it('begins where earlier trials were good', () => {
    const at = (params: Params) => numbers(params).reduce((sum, x) => sum + (x - 3) ** 2, 0);
    const cold = createStudy(start(box(5), 'cmaes'));
    const warm = createStudy(start(box(5), 'cmaes'));
    for (let i = 0; i < 40; i++)
      warm.enqueue(Object.fromEntries(box(5).dimensions.map((d, k) => [d.name, 2 + ((i * 7 + k * 3) % 20) / 10])));
    const mean = (study: typeof cold, from: number) => {
      const trials = study.trials.slice(from, from + 10);
      return trials.reduce((sum, { params }) => sum + at(params), 0) / trials.length;
    };
    finish(cold, 10, at);
    finish(warm, 50, at);
    expect(mean(warm, 40)).toBeLessThan(mean(cold, 0) / 5);
  });

  it('keeps many workers busy, and learns from late results', () => {
    const study = createStudy(start(box(3), 'cmaes'));
    const running: { id: number; params: Params }[] = [];
    for (let i = 0; i < 300; i++) {
      running.push(study.ask()!);
      if (running.length < 40) continue;
      const [{ id, params }] = running.splice((i * 13) % 40, 1) as [(typeof running)[number]];
      study.tell(id, { state: 'completed', values: [numbers(params).reduce((sum, x) => sum + (x - 1) ** 2, 0)] });
    }
    expect(bestOf(study)).toBeLessThan(0.05);
    expect(new Set(study.trials.map(({ params }) => JSON.stringify(params))).size).toBe(study.trials.length);
  });

  it('restarts when there is nothing left to find', () => {
    // There are two basins; the wider one, in the middle, is not the better one.
    const f = (p: Params) => Math.min(0.1 + (p.x0 as number) ** 2, 10 * ((p.x0 as number) - 4) ** 2);
    const found = (restarts: string) => {
      let count = 0;
      for (let seed = 0; seed < 8; seed++) {
        const study = finish(createStudy(start(box(1), { name: 'cmaes', restarts }, { seed })), 400, f);
        if (bestOf(study) < 0.05) count++;
      }
      return count;
    };
    expect([found('bipop'), found('ipop')].every((count) => count >= found('none') + 3)).toBe(true);
  });

  it('gives exactly these suggestions for this seed on every platform', () => {
    const { space, f } = TASKS['a classifier with conditions, scales, steps and choices']!;
    const study = finish(createStudy(start(space, 'cmaes', { seed: 42 })), 40, f);
    expect(study.trials.slice(37).map((trial) => trial.params)).toMatchInlineSnapshot(`
      [
        {
          "act": "gelu",
          "layers": 5,
          "lr": 0.0004281798874209375,
          "model": "net",
        },
        {
          "act": "gelu",
          "layers": 5,
          "lr": 0.0003986852732821932,
          "model": "net",
        },
        {
          "act": "gelu",
          "layers": 5,
          "lr": 0.0006933479342356033,
          "model": "net",
        },
      ]
    `);
  });
});
