/** Pruning in searches with several objectives. */
import { describe, expect, it } from 'vitest';
import { createStudy, restoreStudy, type SavedStudy } from '../../../../src/search/index.js';
import { hypervolume } from '../../../../src/search/pareto/index.js';
import type { Params } from '../../../../src/protocol/values/index.js';
import { dominatedShare, standingAt } from '../../../../src/search/pruners/fronts.js';
import type { History, Trial } from '../../../../src/search/types.js';
import { float, start } from '../samplers/make.js';

const STEPS = 20;
const space = { dimensions: [float('x'), float('y'), float('z')] };

/** Losses at a step: a front over x, worse with the distance of y and z from their optimum, and falling over time. */
function losses({ x, y, z }: Params, step: number): [number, number] {
  const off = 2 * (((y as number) - 0.5) ** 2 + ((z as number) - 0.5) ** 2);
  const early = 0.5 * Math.exp((-5 * step) / STEPS);
  return [(x as number) + off + early, 1 - (x as number) ** 0.5 + off + early];
}

/** Plays trials; returns the hypervolume of the completed ones and the number of steps. */
function play(study: SavedStudy): { volume: number; steps: number; pruned: number } {
  let steps = 0;
  for (let asked = study.ask(); asked; asked = study.ask()) {
    let verdict = 'continue';
    for (let step = 1; step <= STEPS && verdict === 'continue'; step++, steps++) {
      const [first, second] = losses(asked.params, step);
      verdict = study.report(asked.id, step, first, [second]);
    }
    study.tell(
      asked.id,
      verdict === 'prune' ? { state: 'pruned' } : { state: 'completed', values: losses(asked.params, STEPS) },
    );
  }
  const points = study.trials.flatMap(({ values }) => (values ? [values] : []));
  const pruned = study.trials.filter(({ state }) => state === 'pruned').length;
  return { volume: hypervolume(points, [2, 2]), steps, pruned };
}

const several = (pruner: string | null, more = {}) =>
  createStudy(
    start(space, 'random', { goals: ['minimize', 'minimize'], pruner, trials: 60, maxSteps: STEPS, ...more }),
  );

describe('pruning with several objectives', () => {
  const whole = play(several(null));

  it.each(['median', 'asha', 'hyperband', 'halving', 'auto'])('%s saves steps and keeps the front', (pruner) => {
    const { volume, steps, pruned } = play(several(pruner));
    expect(pruned).toBeGreaterThan(5);
    expect(steps).toBeLessThan(0.95 * whole.steps);
    expect(volume).toBeGreaterThan(0.99 * whole.volume);
  });

  it.each(['asha', 'auto', 'halving'])('%s stops rather than pauses a program with checkpoints', (pruner) => {
    const study = several(pruner, { checkpoints: true });
    expect(play(study).pruned).toBeGreaterThan(5);
    expect(study.trials.every(({ state }) => state !== 'paused')).toBe(true);
  });

  it('prunes nothing while the other objectives are not reported', () => {
    const study = several('median', { trials: 20 });
    for (let asked = study.ask(); asked; asked = study.ask()) {
      for (let step = 1; step <= STEPS; step++) expect(study.report(asked.id, step, asked.id)).toBe('continue');
      study.tell(asked.id, { state: 'completed', values: [asked.id, 1] });
    }
  });

  it('says why', () => {
    expect(several('auto').reason).toContain('median: a trial that most others dominate at the same step is stopped');
  });

  it('continues in the same way after it was saved, with NaN and infinities', () => {
    const study = several('median');
    const rest = [[NaN], [Infinity], undefined, [3]];
    for (let i = 0; i < 8; i++) {
      const { id } = study.ask()!;
      for (let step = 1; step <= 4; step++) study.report(id, step, i / 10, rest[(i + step) % 4]);
      if (i < 6) study.tell(id, { state: 'completed', values: [i / 10, 1] });
    }
    const again = restoreStudy(JSON.parse(JSON.stringify(study.save())));
    expect(again.trials).toEqual(study.trials);
    for (const id of [6, 7]) expect(again.report(id, 5, 9, [9])).toBe(study.report(id, 5, 9, [9]));
  });

  it('refuses a wrong number of values', () => {
    const study = several('median');
    study.ask();
    expect(() => study.report(0, 1, 1, [1, 2])).toThrow('trial 0 must report 2 values, not 3');
  });
});

describe('the standing of a trial', () => {
  const trial = (id: number, values: [number, number][], state: Trial['state'] = 'completed'): Trial => ({
    ...{ id, params: {}, state, values: null, enqueued: false },
    reports: values.map(([value, other], i) => ({ step: i + 1, value, rest: [other] })),
  });
  const history = (trials: Trial[]): History => ({ space, goals: ['minimize', 'maximize'], trials });

  it('is the share of ended trials that dominate it at its latest step', () => {
    const own = trial(3, [[2, 5]], 'running');
    const others = [
      trial(0, [
        [1, 6],
        [9, 0],
      ]),
      trial(1, [[1, 4]]),
      trial(2, [[2, 6]]),
    ];
    expect(dominatedShare(history([...others, own]), own, 3)).toBeCloseTo(2 / 3);
    expect(dominatedShare(history([...others, own]), own, 4)).toBeNull();
  });

  it('is the number of trials in better fronts at a rung', () => {
    const trials = [
      [1, 6],
      [2, 7],
      [2, 5],
      [3, 4],
    ].map((values, id) => trial(id, [values as [number, number]]));
    const at = (id: number) => standingAt(history(trials), trials[id]!, () => 1);
    expect([0, 1, 2, 3].map((id) => at(id)!.better)).toEqual([0, 0, 2, 3]);
    expect(standingAt(history(trials), trials[0]!, () => 2)).toBeNull();
  });
});
