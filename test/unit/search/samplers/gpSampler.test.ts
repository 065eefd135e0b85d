import { describe, expect, it } from 'vitest';
import type { Params } from '../../../../src/protocol/values/index.js';
import { createStudy, keyOf, restoreStudy } from '../../../../src/search/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import { GpSampler, GpSettings } from '../../../../src/search/samplers/gp.js';
import type { History, Space, StudyOptions, Trial } from '../../../../src/search/types.js';
import { randomSpace } from '../fuzz.js';
import { TASKS } from '../tasks.js';
import { expectComplete, expectSound } from './evolutionChecks.js';
import { bestOf, finish, float } from './make.js';

const start = (space: Space, more: Partial<StudyOptions> = {}): StudyOptions => ({
  space,
  goals: ['minimize'],
  sampler: 'gp',
  pruner: null,
  seed: 1,
  trials: null,
  ...more,
});
const x = (params: Params) => params.x as number;
const y = (params: Params) => params.y as number;
const square: Space = { dimensions: [float('x'), float('y')] };

describe('the Gaussian-process sampler', () => {
  it('stays within bounds, on steps, and obeys conditions, over many random spaces', () => {
    const random = createRandom(12);
    for (let round = 0; round < 16; round++) {
      const space = randomSpace(random);
      const study = createStudy(start(space, { sampler: { name: 'gp', startupTrials: 3 }, seed: round }));
      for (let i = 0; i < 10; i++) {
        const next = study.ask();
        if (!next) break;
        expectSound(space, next.params);
        if (i % 9 === 5) study.tell(next.id, { state: 'failed' });
        else if (i % 7 !== 3) study.tell(next.id, { state: 'completed', values: [random.normal()] });
      }
    }
  });

  it('tries every point of a finite space once', () => expectComplete({ name: 'gp', startupTrials: 2 }, 8, 1, 40));

  it('gives exactly these suggestions for this seed on every platform', () => {
    const { space, f } = TASKS['a classifier with conditions, scales, steps and choices']!;
    const study = finish(createStudy(start(space, { seed: 42 })), 16, f);
    expect(study.trials.slice(13).map((trial) => trial.params)).toMatchInlineSnapshot(`
      [
        {
          "act": "gelu",
          "layers": 6,
          "lr": 0.018002427782632384,
          "model": "net",
        },
        {
          "act": "gelu",
          "layers": 6,
          "lr": 0.0000010000000000000004,
          "model": "net",
        },
        {
          "act": "gelu",
          "layers": 5,
          "lr": 0.000779548160055273,
          "model": "net",
        },
      ]
    `);
  });

  it('continues after a restore as if nothing had happened, with running, failed, pruned and constrained trials', () => {
    const space: Space = {
      dimensions: [
        { kind: 'choice', name: 'kind', choices: ['a', 'b'], weights: null, when: null },
        float('x', 0, 1, { prior: { value: 0.4 } }),
        float('y', 1e-4, 1, { log: true, when: { kind: ['a'] } }),
      ],
      constraints: [{ terms: { x: 1, y: 1 }, atMost: 1.2 }],
    };
    const random = createRandom(3);
    let study = createStudy(start(space));
    let restored = restoreStudy(JSON.parse(JSON.stringify(study.save())));
    for (let i = 0; i < 30; i++) {
      const next = study.ask()!;
      expect(restored.ask()).toEqual(next);
      expect((next.params.x as number) + ((next.params.y as number | undefined) ?? 0)).toBeLessThan(1.2 + 1e-6);
      const value = random.normal();
      for (const one of [study, restored]) {
        one.report(next.id, 1, value);
        if (i % 6 === 1) one.tell(next.id, { state: 'failed' });
        else if (i % 6 === 2) one.tell(next.id, { state: 'pruned' });
        else if (i % 6 !== 4) one.tell(next.id, { state: 'completed', values: [value], constraints: [value - 1] });
      }
      study = restored;
      restored = restoreStudy(JSON.parse(JSON.stringify(study.save())));
    }
  });

  it.each(['Branin', 'Hartmann 6', 'a classifier with conditions, scales, steps and choices'])(
    'is better than TPE: %s',
    (name) => {
      const { space, f, trials } = TASKS[name]!;
      const logarithm = (sampler: string, count: number) => {
        let sum = 0;
        for (let seed = 0; seed < 6; seed++) {
          sum += Math.log(1e-9 + bestOf(finish(createStudy(start(space, { sampler, seed })), count, f)));
        }
        return sum / 6;
      };
      const ours = logarithm('gp', Math.floor(trials / 3));
      expect(Math.exp(ours - logarithm('tpe', Math.floor(trials / 3)))).toBeLessThan(0.8);
    },
  );

  it('follows the goal', () => {
    expect(bestOf(finish(createStudy(start({ dimensions: [float('x')] }, { goals: ['maximize'] })), 15, x))).toBe(1);
  });

  it('keeps parallel workers apart', () => {
    const study = finish(createStudy(start(square)), 12, (p) => (x(p) - 0.4) ** 2 + (y(p) - 0.6) ** 2);
    const asked = Array.from({ length: 12 }, () => study.ask()!.params);
    const distances = asked.flatMap((a, i) => asked.slice(i + 1).map((b) => Math.hypot(x(a) - x(b), y(a) - y(b))));
    expect(Math.min(...distances)).toBeGreaterThan(1e-3);
  });

  it('learns where trials fail and where constraints are met', () => {
    // The optimum is x = 0.9, where trials fail; in the rest of the space, y must be above 0.6.
    const study = createStudy(start(square));
    for (let i = 0; i < 35; i++) {
      const { id, params } = study.ask()!;
      if (x(params) > 0.7) study.tell(id, { state: 'failed' });
      else {
        const values = [(x(params) - 0.9) ** 2 + y(params)];
        study.tell(id, { state: 'completed', values, constraints: [0.6 - y(params)] });
      }
    }
    const late = study.trials.slice(15);
    expect(late.filter(({ state }) => state === 'failed').length).toBeLessThan(13);
    const fine = study.trials.filter((t) => t.state === 'completed' && t.constraints![0]! <= 0);
    expect(Math.min(...fine.map((t) => t.values![0]!))).toBeLessThan(0.68);
  });

  it('learns from pruned trials by their last report', () => {
    const study = createStudy(start({ dimensions: [float('x')] }));
    for (let i = 0; i < 15; i++) {
      const { id, params } = study.ask()!;
      study.report(id, 1, (x(params) - 0.3) ** 2);
      study.tell(id, { state: 'pruned' });
    }
    const late = study.trials.slice(8).map((trial) => x(trial.params));
    expect(late.filter((at) => Math.abs(at - 0.3) < 0.1).length).toBeGreaterThan(3);
  });

  it.each([2, 3, 4])('finds the front of %d objectives', (m) => {
    const goals = Array.from({ length: m }, () => 'minimize' as const);
    const study = createStudy(start({ dimensions: [float('x'), float('y'), float('z')] }, { goals }));
    for (let i = 0; i < 30; i++) {
      const { id, params } = study.ask()!;
      const off = (params.z as number) ** 2;
      const values = [x(params) + off, 1 - x(params) + off, y(params) + off, 1 - y(params) + off].slice(0, m);
      study.tell(id, { state: 'completed', values });
    }
    const mean = (trials: readonly Trial[]) =>
      trials.reduce((sum, t) => sum + (t.params.z as number), 0) / trials.length;
    expect(mean(study.trials.slice(15))).toBeLessThan(mean(study.trials.slice(0, 5)) / 3);
    const xs = study.trials.slice(10).map((t) => x(t.params));
    expect(Math.max(...xs) - Math.min(...xs)).toBeGreaterThan(0.6);
  });

  it("begins at the user's priors, and recovers if they are wrong", () => {
    const space: Space = { dimensions: [float('x', 0, 1, { prior: { value: 0.2, sd: 0.1 } }), float('y')] };
    const study = finish(createStudy(start(space)), 25, (p) => (x(p) - 0.8) ** 2 + (y(p) - 0.5) ** 2);
    expect(study.trials[0]!.params.x).toBe(0.2);
    expect(bestOf(study)).toBeLessThan(1e-3);
  });

  it('uses earlier trials, also with a shifted objective', () => {
    const f = (p: Params) => (x(p) - 0.7) ** 2 + (y(p) - 0.2) ** 2;
    const random = createRandom(2);
    const earlier = Array.from({ length: 20 }, (_, i): Trial => {
      const params = { x: random.next(), y: random.next() };
      const ended = { state: 'completed' as const, reports: [], enqueued: false };
      return { id: -1 - i, params, values: [5 + 2 * f(params)], ...ended };
    });
    const history: History = { space: square, goals: ['minimize'], trials: [], earlier };
    const sampler = new GpSampler(GpSettings.parse({}), square);
    const first = sampler.suggest(history, random)!;
    expect(f(first)).toBeLessThan(0.02);
  });

  it('survives hard cases', () => {
    const values = [Infinity, -Infinity, NaN, 0, 1e308, -1e308];
    const odd = createStudy(start({ dimensions: [float('x'), float('y', 1e-8, 1e8, { log: true })] }));
    for (let i = 0; i < 24; i++) odd.tell(odd.ask()!.id, { state: 'completed', values: [values[i % 6]!] });
    expect(odd.trials.every((trial) => Number.isFinite(trial.params.y))).toBe(true);

    const failing = createStudy(start(square));
    for (let i = 0; i < 15; i++) failing.tell(failing.ask()!.id, { state: 'failed' });
    const equal = finish(createStudy(start(square)), 15, () => 3);
    const infeasible = createStudy(start(square));
    for (let i = 0; i < 15; i++) {
      const { id, params } = infeasible.ask()!;
      infeasible.tell(id, { state: 'completed', values: [1], constraints: [1 + x(params), NaN] });
    }
    for (const { trials } of [failing, equal, infeasible]) {
      expect(new Set(trials.map(({ params }) => keyOf(square, params))).size).toBe(15);
    }

    const constant: Space = { dimensions: [{ kind: 'constant', name: 'c', value: 1, when: null }] };
    const only = createStudy(start(constant));
    expect(only.ask()!.params).toEqual({ c: 1 });
    expect(only.ask()).toBeNull();

    const many: Space = { dimensions: Array.from({ length: 50 }, (_, i) => float(`x${i}`)) };
    expect(Object.keys(finish(createStudy(start(many)), 14, (p) => p.x3 as number).ask()!.params).length).toBe(50);
  });

  it('takes as long with very many trials as with the number that it learns from', () => {
    const random = createRandom(4);
    const trials = Array.from({ length: 5000 }, (_, id): Trial => {
      const params = { x: random.next(), y: random.next() };
      const ended = { state: 'completed' as const, reports: [], enqueued: false };
      return { id, params, values: [(x(params) - 0.3) ** 2 + (y(params) - 0.6) ** 2], ...ended };
    });
    const sampler = new GpSampler(GpSettings.parse({ observations: 60 }), square);
    const params = sampler.suggest({ space: square, goals: ['minimize'], trials }, random)!;
    expect(Math.hypot(x(params) - 0.3, y(params) - 0.6)).toBeLessThan(0.05);
  });
});
