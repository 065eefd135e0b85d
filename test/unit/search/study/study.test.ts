import { describe, expect, it } from 'vitest';
import { createStudy, keyOf, restoreStudy } from '../../../../src/search/index.js';
import { countPoints } from '../../../../src/search/space/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import type { Space, StudyOptions } from '../../../../src/search/types.js';
import { randomSpace } from '../fuzz.js';

const space: Space = {
  dimensions: [
    { kind: 'choice', name: 'optimizer', choices: ['sgd', 'adam'], weights: null, when: null },
    { kind: 'float', name: 'lr', low: 1e-5, high: 1e-1, log: true, step: null, when: null },
    { kind: 'float', name: 'momentum', low: 0.8, high: 0.99, log: false, step: 0.01, when: { optimizer: ['sgd'] } },
  ],
};
const options: StudyOptions = { space, goals: ['maximize'], sampler: 'random', pruner: 'median', seed: 5, trials: 40 };

describe('a study', () => {
  it('is the same for the same seed, and different for another', () => {
    const run = (seed: number) => {
      const study = createStudy({ ...options, seed });
      return Array.from({ length: 10 }, () => study.ask()!.params);
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  it('ends after the planned trials and returns the best', () => {
    const study = createStudy(options);
    for (let next = study.ask(); next; next = study.ask()) {
      study.tell(next.id, { state: 'completed', values: [next.params.lr as number] });
    }
    expect(study.trials.length).toBe(40);
    const most = Math.max(...study.trials.map((t) => t.params.lr as number));
    expect(study.best()).toMatchObject([{ params: { lr: most } }]);
  });

  it('learns later how many trials run in parallel: the choice of the sampler and the time budget follow, also when restored', () => {
    const smooth: Space = { dimensions: [space.dimensions[1]!] };
    const study = createStudy({
      ...{ ...options, space: smooth, sampler: 'auto', pruner: null, trials: 8, workers: 1, cost: { seconds: 60 } },
    });
    study.ask();
    expect(study.reason).toMatch(/^portfolio/);
    study.resize(4, { seconds: 240 });
    const again = restoreStudy(JSON.parse(JSON.stringify(study.save())));
    for (const one of [study, again]) {
      one.ask();
      expect(one.reason).toBe('sobol: with 4 of 8 trials at a time, results come too late to learn from');
      expect(one.options).toMatchObject({ workers: 4, cost: { seconds: 240 } });
      expect(one.trials).toHaveLength(2);
    }
  });

  it('treats failures as data: they count, never win, and include NaN', () => {
    const study = createStudy({ ...options, trials: 3, goals: ['minimize'] });
    study.tell(study.ask()!.id, { state: 'completed', values: [NaN] });
    study.tell(study.ask()!.id, { state: 'failed' });
    expect(study.best()).toEqual([]);
    study.tell(study.ask()!.id, { state: 'completed', values: [1e9] });
    expect(study.best().map((t) => t.id)).toEqual([2]);
    expect(study.trials.map((t) => t.state)).toEqual(['failed', 'failed', 'completed']);
    expect(study.ask()).toBeNull();
  });

  it('tries enqueued params first, completes them, and refuses invalid ones', () => {
    const study = createStudy(options);
    study.enqueue({ optimizer: 'sgd', lr: 0.01 });
    expect(study.ask()!.params).toMatchObject({ optimizer: 'sgd', lr: 0.01, momentum: expect.any(Number) });
    expect(study.trials[0]!.enqueued).toBe(true);
    expect(() => study.enqueue({ lr: 5 })).toThrow('"lr" must be from 0.00001 to 0.1, not 5');
    expect(() => study.enqueue({ lrr: 5 })).toThrow('not in the search space');
  });

  it('records only the first outcome', () => {
    const study = createStudy(options);
    const { id } = study.ask()!;
    study.tell(id, { state: 'completed', values: [1] });
    study.tell(id, { state: 'failed' });
    expect(study.trials[0]!.state).toBe('completed');
    expect(study.report(id, 1, 2)).toBe('continue');
    expect(() => study.tell(99, { state: 'failed' })).toThrow('no trial 99');
  });

  it('returns the Pareto front of several objectives', () => {
    const study = createStudy({ ...options, goals: ['minimize', 'maximize'], pruner: null });
    for (const values of [
      [1, 1],
      [2, 3],
      [2, 2],
      [0, 0],
    ]) {
      study.tell(study.ask()!.id, { state: 'completed', values });
    }
    expect(study.best().map((t) => t.values)).toEqual([
      [1, 1],
      [2, 3],
      [0, 0],
    ]);
  });

  it('suggests the correct name when a sampler or pruner is unknown', () => {
    expect(() => createStudy({ ...options, sampler: 'randm' })).toThrow(
      'unknown sampler "randm"; did you mean "random"?',
    );
    expect(() => createStudy({ ...options, pruner: { name: 'median', starts: 1 } })).toThrow(
      'unknown setting "starts"',
    );
    expect(() => createStudy({ ...options, pruner: 'percentile' })).toThrow('needs "percentile"');
    expect(() => createStudy({ ...options, sampler: 'constructor' })).toThrow('unknown sampler');
  });
});

describe('saving and restoring', () => {
  it('refuses a state that it cannot read', () => {
    expect(() => restoreStudy({ version: 3 })).toThrow('newer version');
    expect(() => restoreStudy('x')).toThrow("can't be read");
  });

  it('stays small with long trials', () => {
    const study = createStudy(options);
    const { id } = study.ask()!;
    for (let step = 0; step < 100_000; step++) study.report(id, step, step === 77_777 ? 1e6 : Math.sin(step));
    study.tell(id, { state: 'completed', values: [1] });
    expect(JSON.stringify(study.save()).length).toBeLessThan(20_000);
    expect(study.trials[0]!.reports).toContainEqual({ step: 77_777, value: 1e6 });
    expect(study.trials[0]!.reports.at(-1)!.step).toBe(99_999);
  });
});

describe('grid, random and auto on finite spaces', () => {
  it('try every point exactly once', () => {
    const random = createRandom(8);
    for (let round = 0; round < 60; round++) {
      const fuzzed = randomSpace(random, 'finite');
      const points = countPoints(fuzzed);
      if (points > 2000) continue;
      for (const sampler of ['grid', 'random', 'sobol', 'auto']) {
        const study = createStudy({
          space: fuzzed,
          goals: ['minimize'],
          sampler,
          pruner: null,
          seed: round,
          trials: null,
        });
        const keys: string[] = [];
        for (let next = study.ask(); next; next = study.ask()) keys.push(keyOf(fuzzed, next.params));
        expect(keys.length, `${sampler} ${JSON.stringify(fuzzed)}`).toBe(points);
        expect(new Set(keys).size).toBe(points);
        expect(study.size).toBe(points);
      }
    }
  });

  it('a grid starts immediately however large it is', () => {
    const dimensions = Array.from({ length: 30 }, (_, i) => ({
      kind: 'int' as const,
      name: `p${i}`,
      low: 0,
      high: 9,
      log: false,
      step: 1,
      when: null,
    }));
    const study = createStudy({ ...options, space: { dimensions }, sampler: 'grid', trials: null });
    expect(study.ask()!.params.p29).toBe(0);
    expect(study.ask()!.params.p29).toBe(1);
    expect(study.size! / 1e30).toBeCloseTo(1);
  });

  it('a grid explains that a continuous range needs points', () => {
    expect(() => createStudy({ ...options, sampler: 'grid' })).toThrow(
      '"lr" has infinitely many values: a grid needs a number of points, such as { log: [0.00001, 0.1], points: 5 }',
    );
    expect(createStudy({ ...options, sampler: { name: 'grid', points: 3 }, trials: null }).size).toBe(3 * 20 + 3);
  });
});
