import { describe, expect, it } from 'vitest';
import { createStudy, restoreStudy } from '../../../../src/search/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import { bestOf, measure } from '../../../../src/search/recommend/measured.js';
import { Recommender } from '../../../../src/search/recommend/index.js';
import type { Params } from '../../../../src/protocol/values/index.js';
import type { Dimension, Space, StudyOptions, Trial } from '../../../../src/search/types.js';

const float = (name: string, low: number, high: number, when: Dimension['when'] = null): Dimension => ({
  kind: 'float',
  name,
  low,
  high,
  log: false,
  step: null,
  when,
});
const box = (count: number): Space => ({ dimensions: Array.from({ length: count }, (_, i) => float(`x${i}`, -5, 5)) });
const sphere = (params: Params) =>
  Object.values(params).reduce<number>((sum, x, i) => sum + ((x as number) - 1 - i) ** 2, 0);
const trial = (id: number, values: number[], more: Partial<Trial> = {}): Trial => ({
  id,
  params: { x0: id },
  state: 'completed',
  values,
  reports: [],
  enqueued: false,
  ...more,
});

/** Returns the true values of the luckiest and of the recommended trial. */
function search(seed: number, noise: number, more: Partial<StudyOptions> = {}) {
  const study = createStudy({
    space: box(3),
    goals: ['minimize'],
    sampler: 'random',
    pruner: null,
    seed,
    trials: 60,
    ...more,
  });
  const random = createRandom(seed + 500);
  const sign = study.options.goals[0] === 'maximize' ? -1 : 1;
  for (let asked = study.ask(); asked; asked = study.ask()) {
    const value = sign * (sphere(asked.params) + noise * random.normal());
    study.tell(asked.id, { state: 'completed', values: [value] });
  }
  const planned = study.trials.filter(({ repeatOf }) => repeatOf === undefined);
  const luckiest = planned.reduce((a, b) => (sign * b.values![0]! < sign * a.values![0]! ? b : a));
  const found = study.recommend()!;
  return { study, found, luckiest, regret: sphere(found.trial.params), lucky: sphere(luckiest.params) };
}
const SEEDS = Array.from({ length: 16 }, (_, i) => i);
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the recommendation', () => {
  it('is closer to the optimum than the luckiest trial when values are noisy', () => {
    const results = SEEDS.map((seed) => search(seed, 3, { noise: 'some' }));
    expect(mean(results.map(({ regret }) => regret))).toBeLessThan(0.75 * mean(results.map(({ lucky }) => lucky)));
    const better = results.filter(({ regret, lucky }) => regret <= lucky).length;
    expect(better).toBeGreaterThanOrEqual(11);
    const words = /^expected .* ± .*; trial \d+ has the best value \(.*\), but single values vary by/;
    expect(results.filter(({ found }) => words.test(found.reason)).length).toBeGreaterThanOrEqual(5);
    const errors = results.map(({ found, regret }) => Math.abs(found.mean - regret) / found.sd);
    expect(errors.filter((error) => error < 3).length).toBeGreaterThanOrEqual(14);
  });

  it('is the best trial when there is no noise', () => {
    for (const seed of SEEDS) {
      const { found, luckiest } = search(seed, 0);
      expect(found.trial.id).toBe(luckiest.id);
      expect(found.mean).toBeCloseTo(luckiest.values![0]!, 1);
    }
  });

  it('is also the best trial of a rugged function once a search has converged', () => {
    const griewank = (params: Params) => {
      const x = Object.values(params).map((value) => 120 * (value as number) - 84);
      const waves = x.reduce((product, v, i) => product * Math.cos(v / Math.sqrt(i + 1)), 1);
      return x.reduce((sum, v) => sum + v * v, 0) / 4000 - waves + 1;
    };
    const right = SEEDS.slice(0, 8).filter((seed) => {
      const study = createStudy({
        space: box(5),
        goals: ['minimize'],
        sampler: 'cmaes',
        pruner: null,
        seed,
        trials: 150,
      });
      for (let asked = study.ask(); asked; asked = study.ask()) {
        study.tell(asked.id, { state: 'completed', values: [griewank(asked.params)] });
      }
      return study.recommend()!.trial.id === study.best()[0]!.id;
    });
    expect(right.length).toBeGreaterThanOrEqual(7);
  });

  it.each(['random', 'tpe'])('is the best trial seen of functions with many minima, by %s', (sampler) => {
    const rastrigin = (params: Params) =>
      Object.values(params).reduce<number>((sum, value) => {
        const x = 1.024 * (value as number) - 0.7;
        return sum + x * x + 10 * (1 - Math.cos(2 * Math.PI * x));
      }, 0);
    for (const seed of SEEDS.slice(0, 8)) {
      const study = createStudy({ space: box(5), goals: ['minimize'], sampler, pruner: null, seed, trials: 60 });
      for (let asked = study.ask(); asked; asked = study.ask()) {
        study.tell(asked.id, { state: 'completed', values: [rastrigin(asked.params)] });
      }
      expect(study.recommend()!.trial.id).toBe(study.best()[0]!.id);
    }
  });

  it('comes from a model once close neighbours show the noise', () => {
    const results = SEEDS.slice(0, 8).map((seed) => search(seed, 3, { space: box(2), sampler: 'tpe', trials: 100 }));
    expect(results.filter(({ found }) => /single values vary by/.test(found.reason)).length).toBeGreaterThanOrEqual(5);
    expect(mean(results.map(({ regret }) => regret))).toBeLessThan(mean(results.map(({ lucky }) => lucky)));
  });

  it('is the best value if the user says that there is no noise', () => {
    const { found, study } = search(3, 3, { noise: 'none' });
    expect(found.trial.id).toBe(study.best()[0]!.id);
    expect(found.reason).toBe('the best value');
    expect(restoreStudy(study.save()).recommend()!.reason).toBe('the best value');
  });

  it("has the units and direction of the user's objective", () => {
    const { found, luckiest } = search(1, 0, { goals: ['maximize'] });
    expect(found.trial).toBe(luckiest);
    expect(found.mean).toBeLessThan(0);
    expect(found.reason).toBe('the best value; the same params give about the same value');
  });

  it('is even closer after repeats, and these decide', () => {
    const repeat = { top: 5, times: 4 };
    const results = SEEDS.map((seed) => search(seed, 3, { repeat }));
    expect(results.every(({ study }) => study.trials.length <= 80 && study.trials.length > 60)).toBe(true);
    expect(mean(results.map(({ regret }) => regret))).toBeLessThan(0.65 * mean(results.map(({ lucky }) => lucky)));
  });

  it('needs few trials, survives strange ones, and is null without any', () => {
    const recommender = new Recommender();
    const recommend = (trials: Trial[]) => recommender.recommend(box(1), trials, ['minimize']);
    expect(recommend([])).toBeNull();
    expect(recommend([trial(0, [1], { state: 'failed', values: null })])).toBeNull();
    expect(recommend([trial(0, [1]), trial(1, [0])])).toMatchObject({ trial: { id: 1 }, mean: 0, sd: Infinity });
    const equal = Array.from({ length: 9 }, (_, i) => trial(i, [2]));
    expect(recommend(equal)).toMatchObject({ trial: { id: 0 }, mean: 2 });
    const infinite = [...equal, trial(9, [Infinity]), trial(10, [1])];
    expect(recommend(infinite)!.mean).toBeLessThan(2.1);
    expect(recommend([...infinite, trial(11, [-Infinity])])).toMatchObject({ trial: { id: 11 }, mean: -Infinity });
  });

  it('works in a conditional space and with many trials', () => {
    const space: Space = {
      dimensions: [
        { kind: 'choice', name: 'a', choices: ['p', 'q'], weights: null, when: null },
        float('b', 0, 1, { a: ['p'] }),
        { kind: 'constant', name: 'c', value: 1, when: null },
      ],
    };
    const random = createRandom(1);
    const trials = Array.from({ length: 400 }, (_, id): Trial => {
      const b = random.next();
      const params: Params = id % 3 ? { a: 'p', b, c: 1 } : { a: 'q', c: 1 };
      return trial(id, [(id % 3 ? (b - 0.4) ** 2 : 0.2) + 0.05 * random.normal()], { params });
    });
    const found = new Recommender().recommend(space, trials, ['minimize'])!;
    expect(found.trial.params.a).toBe('p');
    expect(Math.abs((found.trial.params.b as number) - 0.4)).toBeLessThan(0.15);
    expect(found.mean).toBeGreaterThan(-0.03);
  });

  it('is left to the user when there are several objectives', () => {
    expect(new Recommender().recommend(box(1), [trial(0, [1, 2])], ['minimize', 'minimize'])).toBeNull();
    const front = [
      [0, 9],
      [3, 3],
      [9, 0],
      [9, 9],
    ].map((values, id) => trial(id, values));
    expect(new Recommender().ranked(box(1), front, ['minimize', 'minimize'])).toEqual([1, 0, 2]);
  });
});

describe('means of repeats', () => {
  it('replace single values', () => {
    const trials = [trial(0, [1]), trial(1, [2]), trial(2, [5], { repeatOf: 0 }), trial(3, [3], { repeatOf: 0 })];
    expect(measure(trials, ['minimize']).map(({ losses, count }) => [losses[0], count])).toEqual([
      [3, 3],
      [2, 1],
    ]);
    expect(bestOf(trials, ['minimize'])).toEqual([trials[1]]);
    expect(bestOf(trials, ['maximize'])).toEqual([trials[0]]);
  });
  it('may be infinite, but never NaN', () => {
    const trials = [trial(0, [Infinity]), trial(1, [1], { repeatOf: 0 }), trial(2, [-Infinity], { repeatOf: 0 })];
    expect(measure(trials, ['minimize'])[0]!.losses).toEqual([Infinity]);
  });
  it('also count without the first one', () => {
    const trials = [trial(1, [2], { repeatOf: 0 }), trial(2, [4], { repeatOf: 0 })];
    expect(measure(trials, ['minimize'])).toMatchObject([{ losses: [3], count: 2, trial: { id: 1 } }]);
  });
});

describe('constraints', () => {
  it('take precedence over values, the smallest violation first if no trial met all', () => {
    const trials = [
      trial(0, [0], { constraints: [0.5, 0] }),
      trial(1, [1], { constraints: [0.1, 0.1] }),
      trial(2, [-9], { constraints: [NaN, 0] }),
    ];
    expect(bestOf(trials, ['minimize']).map(({ id }) => id)).toEqual([1]);
    expect(bestOf([...trials, trial(3, [7], { constraints: [0, -1] })], ['minimize']).map(({ id }) => id)).toEqual([3]);
    expect(bestOf([...trials, trial(3, [7])], ['minimize']).map(({ id }) => id)).toEqual([3]);
  });
});

describe('repeats', () => {
  const start: StudyOptions = {
    space: box(1),
    goals: ['minimize'],
    sampler: 'random',
    pruner: 'median',
    seed: 1,
    trials: 6,
    workers: 2,
    repeat: { top: 2, times: 2 },
  };
  it('follow the planned trials, spread over the top ones, and are never pruned', () => {
    const study = createStudy(start);
    for (let i = 0; i < 6; i++) study.ask();
    expect([study.ask(), study.waiting]).toEqual([null, true]);
    for (let id = 0; id < 6; id++) study.tell(id, { state: 'completed', values: [id] });
    const first = study.ask()!;
    expect(first).toMatchObject({ id: 6, repeatOf: 0, params: study.trials[0]!.params });
    expect(study.ask()).toMatchObject({ repeatOf: 1 });
    expect(study.report(6, 1, 1e9)).toBe('continue');
    expect(study.ask()).toMatchObject({ repeatOf: 0 });
    const restored = restoreStudy(JSON.parse(JSON.stringify(study.save())));
    for (const one of [study, restored]) {
      // That trial was lucky: its further repeats go to others.
      one.tell(6, { state: 'completed', values: [50] });
      one.tell(7, { state: 'completed', values: [1] });
      one.tell(8, { state: 'failed' });
      expect(one.ask()!.repeatOf).not.toBe(0);
      one.tell(9, { state: 'completed', values: [2] });
      expect([one.ask(), one.waiting, one.size]).toEqual([null, false, 10]);
      expect(one.best().map(({ id }) => id)).toEqual([1]);
    }
  });
  it('also work with several objectives and in a finite space', () => {
    const space: Space = { dimensions: [{ kind: 'choice', name: 'a', choices: [1, 2, 3], weights: null, when: null }] };
    const study = createStudy({ ...start, space, goals: ['minimize', 'maximize'], pruner: null, trials: 50 });
    const repeats: number[] = [];
    for (let asked = study.ask(); asked; asked = study.ask()) {
      if (asked.repeatOf !== undefined) repeats.push(asked.repeatOf);
      study.tell(asked.id, { state: 'completed', values: [asked.params.a as number, asked.params.a as number] });
    }
    expect(repeats.length).toBe(4);
    expect(study.trials.length).toBe(7);
  });
});

describe('a trial that has not completed', () => {
  const goals: ('minimize' | 'maximize')[] = ['minimize', 'maximize'];
  const STEPS = 20;
  /** Creates a study in which four trials complete and a fifth runs, with a similar curve that leads to `end`. */
  function study(goal: 'minimize' | 'maximize', end: number, pruned = false) {
    const sign = goal === 'minimize' ? 1 : -1;
    const made = createStudy({
      space: box(1),
      goals: [goal],
      sampler: 'random',
      pruner: null,
      seed: 2,
      trials: 9,
      maxSteps: STEPS,
    });
    const curve = (last: number, step: number) =>
      sign * (last + (2 - last) * (1 / (1 + step / 2) - 1 / (1 + STEPS / 2)));
    const run = (id: number, last: number, steps: number) => {
      for (let step = 1; step <= steps; step++) made.report(id, step, curve(last, step));
    };
    for (const last of [0.9, 0.6, 1.2, 0.8]) {
      const { id } = made.ask()!;
      run(id, last, STEPS);
      made.tell(id, { state: 'completed', values: [curve(last, STEPS)] });
    }
    const { id } = made.ask()!;
    run(id, end, 12);
    if (pruned) made.tell(id, { state: 'pruned' });
    return made;
  }

  it.each(goals)('is recommended while it will clearly become the best (%s), until its result is known', (goal) => {
    const made = study(goal, 0.1);
    const found = made.recommend()!;
    expect(found.trial.id).toBe(4);
    expect(Math.abs(Math.abs(found.mean) - 0.1)).toBeLessThan(0.2);
    expect(found.sd).toBeGreaterThan(0);
    expect(found.reason).toMatch(/^at step 12 of 20 it is heading for .* trial 1 is the best \(-?0\.6\)$/);
    expect(restoreStudy(JSON.parse(JSON.stringify(made.save()))).recommend()).toEqual(found);
    made.tell(4, { state: 'failed' });
    expect(made.recommend()!.trial.id).toBe(1);
  });

  it('is not recommended if it is unpromising, was stopped, or constraints are measured', () => {
    expect(study('minimize', 0.7).recommend()!.trial.id).toBe(1);
    expect(study('minimize', 0.1, true).recommend()!.trial.id).toBe(1);
    const measured = createStudy({
      space: box(1),
      goals: ['minimize'],
      sampler: 'random',
      pruner: null,
      seed: 2,
      trials: 9,
      maxSteps: STEPS,
    });
    for (const values of [[1], null]) {
      const { id } = measured.ask()!;
      for (let step = 1; step <= 12; step++) measured.report(id, step, values ? 1 : 0);
      if (values) measured.tell(id, { state: 'completed', values, constraints: [0] });
    }
    expect(measured.recommend()!.trial.id).toBe(0);
  });
});
