import { describe, expect, it } from 'vitest';
import { createStudy } from '../../../../src/search/index.js';
import type { Params } from '../../../../src/protocol/values/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import { Parzen } from '../../../../src/search/samplers/parzen/index.js';
import { INACTIVE, Tree } from '../../../../src/search/samplers/parzen/tree.js';
import type { Space, StudyOptions } from '../../../../src/search/types.js';
import { randomSpace } from '../fuzz.js';
import { TASKS } from '../tasks.js';
import { expectComplete, expectSound } from './evolutionChecks.js';
import { bestOf, finish, float } from './make.js';

const start = (space: Space, more: Partial<StudyOptions> = {}): StudyOptions => ({
  space,
  goals: ['minimize'],
  sampler: 'tpe',
  pruner: null,
  seed: 1,
  trials: null,
  ...more,
});
const x = (params: Params) => params.x as number;

describe('the Parzen estimator', () => {
  const bandwidth = { sigma: () => 0.2, smoothing: () => 0.3 };
  const space: Space = {
    dimensions: [
      { kind: 'choice', name: 'kind', choices: ['a', 'b', 'c'], weights: [2, 1, 1], when: null },
      float('x', 0, 1, { when: { kind: ['a', 'b'] } }),
      { kind: 'int', name: 'k', low: 0, high: 4, log: false, step: 1, when: { kind: ['a'] } },
    ],
  };
  const tree = new Tree(space);
  const values = [
    Float64Array.of(0, 1, 2, 0),
    Float64Array.of(0.1, 0.7, INACTIVE, 0.9),
    Float64Array.of(0, INACTIVE, INACTIVE, 3),
  ];
  const parzen = new Parzen(tree, { values, weights: Float64Array.of(1, 2, 1, 1) }, bandwidth);
  const density = (...point: number[]) => Math.exp(parzen.logDensity(Float64Array.from(point)));
  const integral = (f: (u: number) => number) => {
    let sum = 0;
    for (let i = 0; i < 400; i++) sum += f((i + 0.5) / 400);
    return sum / 400;
  };
  const shares = [
    [0, 1, 2, 3, 4].reduce((sum, k) => sum + integral((u) => density(0, u, k)), 0),
    integral((u) => density(1, u, INACTIVE)),
    density(2, INACTIVE, INACTIVE),
  ];

  it('is a density over the whole conditional space: it sums to one', () => {
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 4);
  });

  it('draws from the density that it computes', () => {
    const random = createRandom(3);
    const counts = [0, 0, 0];
    const n = 20_000;
    let [low, all] = [0, 0];
    const point = new Float64Array(3);
    for (let i = 0; i < n; i++) {
      parzen.draw(random, point);
      counts[point[0]!]!++;
      expect(Object.keys(tree.paramsAt(point)).length).toBe(3 - point[0]!);
      if (point[0] === 1) [low, all] = [low + (point[1]! < 0.5 ? 1 : 0), all + 1];
    }
    for (const [i, share] of shares.entries()) expect(Math.abs(counts[i]! / n - share)).toBeLessThan(0.015);
    const expected = integral((u) => (u < 0.5 ? density(1, u, INACTIVE) : 0)) / shares[1]!;
    expect(Math.abs(low / all - expected)).toBeLessThan(0.02);
  });

  it('stays finite with hundreds of dimensions', () => {
    const many = new Tree({ dimensions: Array.from({ length: 500 }, (_, i) => float(`x${i}`)) });
    const kernels = { values: many.axes.map(() => Float64Array.of(0.5, 0.1)), weights: Float64Array.of(1, 1) };
    const wide = new Parzen(many, kernels, { ...bandwidth, sigma: () => 0.01 });
    expect(wide.logDensity(new Float64Array(500).fill(0.5))).toBeGreaterThan(1000);
    expect(wide.logDensity(new Float64Array(500).fill(1))).toBeCloseTo(-Math.log(3), 6);
  });
});

describe('TPE and Sobol', () => {
  it('stay within bounds, on steps, and obey conditions, over many random spaces', () => {
    const random = createRandom(12);
    for (let round = 0; round < 120; round++) {
      const space = randomSpace(random);
      const sampler = round % 3 ? { name: 'tpe', startupTrials: 4 } : 'sobol';
      const study = createStudy(start(space, { sampler, seed: round }));
      for (let i = 0; i < 25; i++) {
        const next = study.ask();
        if (!next) break;
        expectSound(space, next.params);
        if (i % 9 === 5) study.tell(next.id, { state: 'failed' });
        else if (i % 7 !== 3) study.tell(next.id, { state: 'completed', values: [random.normal()] });
      }
    }
  });

  it('try every point of a finite space once', () => expectComplete({ name: 'tpe', startupTrials: 2 }, 30, 1, 300));
});

describe('TPE', () => {
  it('gives exactly these suggestions for this seed on every platform', () => {
    const { space, f } = TASKS['a classifier with conditions, scales, steps and choices']!;
    const study = finish(createStudy(start(space, { seed: 42 })), 25, f);
    expect(study.trials.slice(22).map((trial) => trial.params)).toMatchInlineSnapshot(`
      [
        {
          "act": "gelu",
          "layers": 4,
          "lr": 0.0024420608562857955,
          "model": "net",
        },
        {
          "act": "gelu",
          "layers": 5,
          "lr": 0.000474642128326447,
          "model": "net",
        },
        {
          "act": "tanh",
          "layers": 4,
          "lr": 0.0007290117077378499,
          "model": "net",
        },
      ]
    `);
  });

  it.each(Object.keys(TASKS))('beats random search clearly: %s', (name) => {
    const { space, f, trials, ratio } = TASKS[name]!;
    const logarithm = (sampler: string) => {
      let sum = 0;
      for (let seed = 0; seed < 12; seed++)
        sum += Math.log(bestOf(finish(createStudy(start(space, { sampler, seed })), trials, f)));
      return sum / 12;
    };
    // Geometric mean of the ratio between TPE's regret and random search's.
    expect(Math.exp(logarithm('tpe') - logarithm('random'))).toBeLessThan(ratio);
  });

  it('follows the goal', () => {
    const up = finish(createStudy(start({ dimensions: [float('x')] }, { goals: ['maximize'] })), 40, x);
    expect(bestOf(up)).toBeGreaterThan(0.98);
  });

  it('learns from pruned trials by their last report and avoids failures', () => {
    const study = createStudy(start({ dimensions: [float('x')] }));
    for (let i = 0; i < 60; i++) {
      const { id, params } = study.ask()!;
      study.report(id, 1, (x(params) - 0.3) ** 2);
      study.tell(id, { state: x(params) > 0.5 ? 'failed' : 'pruned' });
    }
    const late = study.trials.slice(30).map((trial) => x(trial.params));
    expect(late.filter((at) => at > 0.5).length).toBeLessThan(6);
    expect(late.filter((at) => Math.abs(at - 0.3) < 0.1).length).toBeGreaterThan(12);
  });

  it('keeps parallel workers apart', () => {
    const study = finish(createStudy(start({ dimensions: [float('x'), float('y')] })), 30, (p) => {
      return (x(p) - 0.4) ** 2 + ((p.y as number) - 0.6) ** 2;
    });
    const asked = Array.from({ length: 40 }, () => study.ask()!.params);
    const distances = asked.flatMap((a, i) =>
      asked.slice(i + 1).map((b) => Math.hypot(x(a) - x(b), (a.y as number) - (b.y as number))),
    );
    expect(Math.min(...distances)).toBeGreaterThan(1e-4);
    // Without results in between, the running trials push later ones outwards.
    const spread = (from: Params[]) => from.reduce((sum, p) => sum + Math.hypot(x(p) - 0.4, (p.y as number) - 0.6), 0);
    expect(spread(asked.slice(25))).toBeGreaterThan(spread(asked.slice(0, 15)));
  });

  it('supports several objectives', () => {
    const study = createStudy(start({ dimensions: [float('x'), float('y')] }, { goals: ['minimize', 'minimize'] }));
    for (let i = 0; i < 80; i++) {
      const { id, params } = study.ask()!;
      const off = (params.y as number) ** 2;
      study.tell(id, { state: 'completed', values: [x(params) ** 2 + off, (x(params) - 1) ** 2 + off] });
    }
    const mean = (trials: readonly { params: Params }[]) =>
      trials.reduce((sum, trial) => sum + (trial.params.y as number), 0) / trials.length;
    expect(mean(study.trials.slice(40))).toBeLessThan(mean(study.trials.slice(0, 10)) / 2);
  });

  it('survives outcomes of any kind', () => {
    const study = createStudy(start({ dimensions: [float('x'), float('y', 1e-8, 1e8, { log: true })] }));
    const values = [Infinity, -Infinity, NaN, 0, 1e308, -1e308];
    for (let i = 0; i < 80; i++) {
      study.tell(study.ask()!.id, { state: 'completed', values: [values[i % values.length]!] });
    }
    expect(study.trials.every((trial) => Number.isFinite(trial.params.y))).toBe(true);
  });
});
