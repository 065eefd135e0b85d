import { describe, expect, it } from 'vitest';
import type { Params } from '../../../../src/protocol/values/index.js';
import { createStudy, isActive, refuse, restoreStudy } from '../../../../src/search/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import { factsOf, spaceFacts } from '../../../../src/search/samplers/auto/facts.js';
import { decide } from '../../../../src/search/samplers/auto/rules.js';
import type { Dimension, Space, StudyOptions } from '../../../../src/search/types.js';
import { randomSpace } from '../fuzz.js';

const float = (name: string, more: object = {}): Dimension =>
  ({ kind: 'float', name, low: 0, high: 1, log: false, step: null, when: null, ...more }) as Dimension;
const choice = (name: string, more: object = {}): Dimension =>
  ({ kind: 'choice', name, choices: ['a', 'b', 'c', 'd'], weights: null, when: null, ...more }) as Dimension;
const box = (count: number): Space => ({ dimensions: Array.from({ length: count }, (_, i) => float(`x${i}`)) });

interface Case {
  space?: Space;
  planned?: number | null;
  workers?: number;
  goals?: number;
}
function chosen({ space = box(4), planned = 100, workers = 1, goals = 1 }: Case) {
  const history = { space, goals: Array.from({ length: goals }, () => 'minimize' as const), planned, workers };
  return decide(factsOf(history, spaceFacts(space)));
}

describe('the choice', () => {
  it('is a grid if all points can be tried', () => {
    const small: Space = { dimensions: [choice('a'), choice('b')] };
    expect(chosen({ space: small, planned: 16 })).toEqual({
      choice: 'grid',
      because: 'the space has 16 points, and all of them are tried',
    });
    expect(chosen({ space: small, planned: null }).choice).toBe('grid');
    expect(chosen({ space: small, planned: 15 }).choice).not.toBe('grid');
    const large: Space = { dimensions: ['a', 'b', 'c', 'd', 'e'].map((name) => choice(name)) };
    expect(chosen({ space: large, planned: null }).choice).not.toBe('grid');
    expect(chosen({ space: { dimensions: [{ ...float('k'), kind: 'constant', value: 1 }] } }).choice).toBe('grid');
  });

  it('is space-filling if there is nothing to learn from in time', () => {
    expect(chosen({ planned: 5 })).toEqual({ choice: 'sobol', because: '5 trials are too few to learn from' });
    expect(chosen({ planned: 100, workers: 64 }).choice).toBe('sobol');
    expect(chosen({ planned: null, workers: 64 }).choice).not.toBe('sobol');
  });

  it('is the portfolio for everything else, and gives the reason', () => {
    const because = (some: Case) => {
      const { choice: kind, because: why } = chosen(some);
      expect(kind).toBe('portfolio');
      return why;
    };
    expect(because({})).toBe('4 numeric parameters');
    expect(because({ space: box(1), planned: null })).toBe('1 numeric parameter');
    expect(because({ space: { dimensions: [choice('a'), float('x')] }, goals: 2 })).toBe(
      '2 objectives, 1 of 2 parameters is a choice',
    );
    expect(because({ space: { dimensions: [choice('a'), float('x', { when: { a: ['b'] } })] } })).toBe(
      'some parameters depend on others',
    );
  });
});

describe('auto', () => {
  const f = (params: Params) => Object.values(params).reduce<number>((sum, x) => sum + ((x as number) - 0.3) ** 2, 0);
  const start = (more: Partial<StudyOptions> = {}): StudyOptions => ({
    space: box(3),
    goals: ['minimize'],
    sampler: 'auto',
    pruner: null,
    seed: 3,
    trials: 60,
    ...more,
  });

  it('continues after a restore as if nothing had happened, and spends less time on short trials', () => {
    const run = (restore: boolean) => {
      let study = createStudy(start());
      const asked: Params[] = [];
      for (let i = 0; i < 26; i++) {
        if (restore && i % 6 === 4) study = restoreStudy(JSON.parse(JSON.stringify(study.save())));
        const { id, params } = study.ask()!;
        asked.push(params);
        // From the thirteenth trial on, trials are too short for a Gaussian process.
        study.tell(id, { state: 'completed', values: [f(params)], seconds: i < 12 ? 60 : 1e-6 });
      }
      return { asked, reason: study.reason };
    };
    const plain = run(false);
    expect(run(true)).toEqual(plain);
    expect(plain.reason).toMatch(/^portfolio: shares of the last \d+ trials, by success: .* \(3 numeric parameters\)$/);
  });

  it('continues a search that was given more trials', () => {
    const study = createStudy(start({ trials: 5 }));
    expect(study.reason).toBe('sobol: 5 trials are too few to learn from');
    for (let i = 0; i < 5; i++) {
      const { id, params } = study.ask()!;
      study.tell(id, { state: 'completed', values: [f(params)] });
    }
    expect(study.ask()).toBeNull();
    study.options.trials = 50;
    const restored = restoreStudy(JSON.parse(JSON.stringify(study.save())));
    const next = study.ask()!;
    expect(next.params).toEqual(restored.ask()!.params);
    expect(study.reason).not.toMatch(/^sobol/);
    expect(restored.reason).toBe(study.reason);
  });

  it('stays within bounds and obeys conditions, over many random spaces', () => {
    const random = createRandom(31);
    for (let round = 0; round < 25; round++) {
      const space = randomSpace(random);
      const goals: StudyOptions['goals'] = round % 5 === 4 ? ['minimize', 'maximize'] : ['minimize'];
      const study = createStudy(start({ space, goals, seed: round, trials: 14 }));
      for (let next = study.ask(); next; next = study.ask()) {
        for (const d of space.dimensions) {
          const value = next.params[d.name];
          expect(value !== undefined, `${d.name} in ${JSON.stringify(next.params)}`).toBe(isActive(d, next.params));
          if (value !== undefined) expect(refuse(d, value), JSON.stringify(d)).toBeNull();
        }
        if (next.id % 5 === 3) study.tell(next.id, { state: 'failed' });
        else study.tell(next.id, { state: 'completed', values: goals.map(() => random.normal()) });
      }
    }
  });

  it("begins in the middle, or at the user's priors", () => {
    expect(createStudy(start()).ask()!.params).toEqual({ x0: 0.5, x1: 0.5, x2: 0.5 });
    const space: Space = { dimensions: [float('x', { prior: { value: 0.1 } }), float('y', { low: 1e-4, log: true })] };
    const { x, y } = createStudy(start({ space })).ask()!.params;
    expect(x).toBeCloseTo(0.1, 9);
    expect(y).toBeCloseTo(0.01, 9);
  });

  it('is far better than random search', () => {
    const mean = (sampler: StudyOptions['sampler']) => {
      let sum = 0;
      for (let seed = 0; seed < 4; seed++) {
        const study = createStudy(start({ sampler, seed, space: box(4), trials: 40 }));
        for (let i = 0; i < 40; i++) {
          const { id, params } = study.ask()!;
          study.tell(id, { state: 'completed', values: [f(params)] });
        }
        sum += Math.log(study.best()[0]!.values![0]!);
      }
      return Math.exp(sum / 4);
    };
    expect(mean('auto')).toBeLessThan(mean('random') / 20);
  });

  it('tries all of a small space once, also when the number of trials grows', () => {
    const space: Space = {
      dimensions: [{ kind: 'int', name: 'k', low: 1, high: 12, log: false, step: 1, when: null }],
    };
    const study = createStudy(start({ space, trials: 11 }));
    const seen = new Set<number>();
    for (let i = 0; i < 12; i++) {
      if (i === 4) study.options.trials = 12;
      const { id, params } = study.ask()!;
      seen.add(params.k as number);
      study.tell(id, { state: 'completed', values: [params.k as number] });
    }
    expect(seen.size).toBe(12);
    expect(study.ask()).toBeNull();
  });
});
