/** Checks for every sampler that learns from comparisons of trials. */
import { expect, it } from 'vitest';
import {
  countPoints,
  createStudy,
  isActive,
  keyOf,
  refuse,
  restoreStudy,
  type SavedStudy,
} from '../../../../src/search/index.js';
import { isAllowed } from '../../../../src/search/constraints/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import type { Params } from '../../../../src/protocol/values/index.js';
import type { Named, Random, Space } from '../../../../src/search/types.js';
import { randomSpace } from '../fuzz.js';
import type { Task } from '../tasks.js';
import { bestOf, choice, finish, float, start, whole } from './make.js';

/** Checks bounds, steps and conditions. */
export function expectSound(space: Space, params: Params): void {
  for (const d of space.dimensions) {
    const value = params[d.name];
    expect(value !== undefined, `${d.name} in ${JSON.stringify(params)}`).toBe(isActive(d, params));
    if (value === undefined) continue;
    expect(refuse(d, value), JSON.stringify(d)).toBeNull();
    if (d.kind !== 'float' || d.step === null) continue;
    const steps = ((value as number) - d.low) / d.step;
    expect(Math.abs(steps - Math.round(steps))).toBeLessThan(1e-6);
  }
  expect(isAllowed(space, params)).toBe(true);
}

/** Ends a trial in any possible way. */
function endSomehow(study: SavedStudy, id: number, random: Random, goals: number): void {
  const kind = random.int(12);
  const value = () => [random.normal(), 0, Infinity, -Infinity, 1e300][Math.max(0, random.int(24) - 19)]!;
  const constraints = kind % 3 === 0 ? { constraints: [random.normal(), random.normal()] } : {};
  if (kind < 2) study.report(id, 1 + random.int(5), random.normal());
  if (kind === 0) study.tell(id, { state: 'pruned' });
  else if (kind === 1) study.tell(id, { state: 'paused' });
  else if (kind === 2) study.tell(id, { state: 'failed' });
  else if (kind === 3) study.tell(id, { state: 'pruned' });
  else study.tell(id, { state: 'completed', values: Array.from({ length: goals }, value), ...constraints });
}

/**
 * Checks random spaces, outcomes and orders, and that a study that is saved and restored now and then behaves like the
 * original.
 */
export function expectRobust(sampler: Named, rounds: number, trials: number, goals = 1): void {
  const random = createRandom(31);
  for (let round = 0; round < rounds; round++) {
    const space = randomSpace(random);
    const options = start(space, sampler, {
      seed: round,
      goals: Array.from({ length: goals }, (_, i) => (i % 2 ? 'maximize' : 'minimize')),
    });
    let study = createStudy(options);
    let second = createStudy(options);
    const running: number[] = [];
    for (let i = 0; i < trials; i++) {
      if (i % 11 === 4) study.enqueue({});
      if (i % 11 === 4) second.enqueue({});
      if (i % 5 === 2) second = restoreStudy(JSON.parse(JSON.stringify(second.save())));
      const asked = study.ask();
      expect(second.ask()).toEqual(asked);
      if (!asked) break;
      expectSound(space, asked.params);
      running.push(asked.id);
      // Some workers disappear.
      while (running.length > 4 || (running.length && random.int(3))) {
        const [id] = running.splice(random.int(running.length), 1);
        if (random.int(15) === 0) continue;
        const state = random.state()[0]!;
        endSomehow(study, id!, createRandom(state), goals);
        endSomehow(second, id!, createRandom(state), goals);
        random.next();
      }
    }
    study = restoreStudy(JSON.parse(JSON.stringify(study.save())));
    expect(study.ask()).toEqual(second.ask());
  }
}

/** Checks that every point of a finite space of at most `most` points is tried once before the end. */
export function expectComplete(sampler: Named, rounds: number, goals = 1, most = 250): void {
  const random = createRandom(9);
  for (let round = 0; round < rounds; round++) {
    const space = randomSpace(random, 'finite');
    const points = countPoints(space);
    if (points > most) continue;
    const study = createStudy(
      start(space, sampler, { goals: Array.from({ length: goals }, () => 'minimize' as const), seed: round }),
    );
    const keys = new Set<string>();
    for (let next = study.ask(); next; next = study.ask()) {
      keys.add(keyOf(space, next.params));
      const values = Array.from({ length: goals }, () => random.normal());
      study.tell(next.id, { state: 'completed', values });
    }
    expect([keys.size, study.trials.length]).toEqual([points, points]);
    expect(study.size).toBe(points);
  }
}

/** Checks that linear constraints hold for every suggestion. */
export function expectLinear(sampler: Named, goals = 1): void {
  const space: Space = {
    dimensions: [float('x'), float('y'), whole('k', 0, 10), choice('c', ['a', 'b'])],
    constraints: [
      { terms: { x: 1, y: 1 }, atMost: 0.8 },
      { terms: { x: -10, k: 1 }, atMost: 3 },
    ],
  };
  const study = createStudy(start(space, sampler, { goals: Array.from({ length: goals }, () => 'minimize' as const) }));
  // The optimum is outside the feasible region.
  const f = (p: Params) => (1 - (p.x as number)) ** 2 + (1 - (p.y as number)) ** 2 + (10 - (p.k as number)) / 10;
  finish(study, 120, (p) => Array.from({ length: goals }, (_, i) => f(p) * (i ? -1 : 1)));
  for (const { params } of study.trials) expectSound(space, params);
  if (goals === 1) expect(bestOf(study)).toBeLessThan(1.15);
}

/** Checks that failures and broken constraints are avoided. */
export function expectCareful(sampler: Named, trials: number): void {
  const space: Space = { dimensions: [float('x'), float('y')] };
  const study = createStudy(start(space, sampler, { seed: 4 }));
  for (let i = 0; i < trials; i++) {
    const { id, params } = study.ask()!;
    const [x, y] = [params.x as number, params.y as number];
    if (x > 0.8) study.tell(id, { state: 'failed' });
    else study.tell(id, { state: 'completed', values: [(x - 0.9) ** 2 + (y - 0.3) ** 2], constraints: [x - 0.6] });
  }
  const late = study.trials.slice(trials / 2);
  expect(late.filter(({ state }) => state === 'failed').length).toBeLessThan(late.length / 4);
  expect(late.filter(({ params }) => (params.x as number) <= 0.6).length).toBeGreaterThan(late.length / 3);
  const [best] = study.best();
  expect(best!.params.x).toBeGreaterThan(0.5);
  expect(best!.params.x).toBeLessThanOrEqual(0.6);
}

/** Checks trivial searches: a single value, no dimension, one trial, equal results. */
export function expectPlain(sampler: Named, goals = 1): void {
  const all = Array.from({ length: goals }, () => 'minimize' as const);
  const constant: Space = { dimensions: [{ kind: 'constant', name: 'k', value: 3, when: null }] };
  const one = createStudy(start(constant, sampler, { goals: all }));
  expect(one.ask()!.params).toEqual({ k: 3 });
  expect(one.ask()).toBeNull();
  for (const value of [0, Infinity, -1e308]) {
    const wide: Space = { dimensions: Array.from({ length: 50 }, (_, i) => float(`x${i}`)) };
    const study = finish(createStudy(start(wide, sampler, { goals: all })), 60, () => all.map(() => value));
    for (const { params } of study.trials) expectSound(wide, params);
  }
  const failing = createStudy(start({ dimensions: [float('x'), choice('c', [1, 2])] }, sampler, { goals: all }));
  for (let i = 0; i < 60; i++) failing.tell(failing.ask()!.id, { state: 'failed' });
  expect(failing.trials.length).toBe(60);
}

export interface UsualChecks {
  /** The sampler with settings for small spaces. */
  robust: Named;
  complete?: Named;
  /** Numbers of random spaces: for allowed suggestions, and finite ones. */
  rounds: [robust: number, complete: number];
  /** Trials of the search that avoids failures. */
  careful?: number;
  goals?: number;
}

/** The tests that every sampler which learns from comparisons must pass. */
export function usualTests(name: string, { robust, complete = robust, rounds, careful, goals = 1 }: UsualChecks): void {
  it('suggests only allowed params whatever happens, and continues after a restart as if there had been none', () =>
    expectRobust(robust, rounds[0], 45, goals));
  it('tries every point of a finite space once', () => expectComplete(complete, rounds[1], goals));
  it('obeys linear constraints', () => expectLinear(name, goals));
  if (careful !== undefined) it('avoids failures and broken constraints', () => expectCareful(name, careful));
  it('survives searches with nothing to learn from', () => expectPlain(name, goals === 1 ? 1 : 3));
}

/** Returns how much closer to the optimum the sampler comes than random search: the geometric mean of the ratios over the seeds. */
export function ratioToRandom(sampler: string, { space, f }: Task, trials: number, seeds: number, floor = 0): number {
  const logarithm = (name: string): number => {
    let sum = 0;
    for (let seed = 0; seed < seeds; seed++) {
      sum += Math.log(floor + bestOf(finish(createStudy(start(space, name, { seed })), trials, f)));
    }
    return sum / seeds;
  };
  return Math.exp(logarithm(sampler) - logarithm('random'));
}
