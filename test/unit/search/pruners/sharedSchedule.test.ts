/** Trainings that share a schedule: all of them stand still until the learning rate drops, so standing still says nothing. */
import { describe, expect, it } from 'vitest';
import { createStudy } from '../../../../src/search/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import type { Random, Space } from '../../../../src/search/types.js';

const range = (name: string) => ({ kind: 'float', name, low: 0, high: 1, log: false, step: null, when: null }) as const;
const space: Space = { dimensions: [range('lr'), range('wd')] };
const STEPS = 50;
const TRIALS = 30;
type Curve = (p: { lr: number; wd: number }, step: number, noise: () => number) => number;

const SCHEDULES: [name: string, goal: 'minimize' | 'maximize', curve: Curve][] = [
  [
    'a learning rate that drops after half of the training',
    'minimize',
    ({ lr }, step, noise) => (step < 25 ? 1 : 0.3 + 0.5 * lr) + 0.3 * Math.exp(-step / 5) + 0.01 * noise(),
  ],
  [
    'two drops of the learning rate',
    'maximize',
    ({ lr, wd }, step, noise) =>
      0.75 - 0.2 * Math.exp(-step / 4) - 0.4 * (lr - 0.5) ** 2 + (step >= 30 ? 0.12 + 0.06 * wd : 0) + 0.008 * noise(),
  ],
  [
    'a warm-up',
    'minimize',
    ({ lr, wd }, step, noise) =>
      (step < 12 ? 2.3 + 0.02 * step : 0.4 + (lr - 0.4) ** 2 + 2 * Math.exp((12 - step) / (4 + 8 * wd))) +
      0.01 * noise(),
  ],
];

/** Returns the best value that completes, and the share of the steps that were trained. */
function play(pruner: string | null, [, goal, curve]: (typeof SCHEDULES)[number], seed: number) {
  const study = createStudy({ space, goals: [goal], sampler: 'random', pruner, seed, trials: TRIALS, maxSteps: STEPS });
  const values: number[] = [];
  let steps = 0;
  trials: for (let i = 0; i < TRIALS; i++) {
    const { id, params } = study.ask()!;
    const random: Random = createRandom(1000 * seed + id);
    const normal = (): number => random.next() + random.next() + random.next() - 1.5;
    let value = NaN;
    for (let step = 1; step <= STEPS; step++, steps++) {
      value = curve(params as { lr: number; wd: number }, step, normal);
      if (study.report(id, step, value) === 'continue') continue;
      study.tell(id, { state: 'pruned' });
      continue trials;
    }
    study.tell(id, { state: 'completed', values: [value] });
    values.push(value);
  }
  const best = goal === 'minimize' ? Math.min(...values) : Math.max(...values);
  return { best, share: steps / (TRIALS * STEPS) };
}

describe.each(SCHEDULES)('%s', (...schedule) => {
  it.each([1, 2, 3])('costs the search nothing (seed %i), and time is saved all the same', (seed) => {
    const whole = play(null, schedule, seed);
    const saved = play('auto', schedule, seed);
    expect(Math.abs(saved.best - whole.best)).toBeLessThan(0.015);
    expect(saved.share).toBeLessThan(0.85);
  });
});
