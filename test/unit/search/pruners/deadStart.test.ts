/** Searches that begin with trials that never learn: later trials that do learn must not be compared with them. */
import { describe, expect, it } from 'vitest';
import { createStudy } from '../../../../src/search/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import type { Space } from '../../../../src/search/types.js';

const space: Space = {
  dimensions: [{ kind: 'float', name: 'x', low: 0, high: 1, log: false, step: null, when: null }],
};
const STEPS = 50;
type Curve = (step: number) => number;

/** Plays trials one after the other; returns, for each, its number of reports and whether it was stopped. */
function play(
  pruner: string,
  curves: Curve[],
  goal: 'minimize' | 'maximize' = 'minimize',
  maxSteps: number | null = STEPS,
) {
  const study = createStudy({
    space,
    goals: [goal],
    sampler: 'random',
    pruner,
    seed: 1,
    trials: curves.length,
    maxSteps,
  });
  return curves.map((curve) => {
    const { id } = study.ask()!;
    for (let step = 1; step <= STEPS; step++) {
      if (study.report(id, step, curve(step)) === 'continue') continue;
      study.tell(id, { state: 'pruned' });
      return { step, stopped: true };
    }
    study.tell(id, { state: 'completed', values: [curve(STEPS)] });
    return { step: STEPS, stopped: false };
  });
}

const noise = createRandom(7);
const dead = (at: number, by: number): Curve => {
  const values = Array.from({ length: STEPS + 1 }, () => at + by * (2 * noise.next() - 1));
  return (step) => values[step]!;
};

describe.each(['curve', 'auto'])('%s', (pruner) => {
  it.each([1, 2, 5, 12])('lets trials learn after %i that never did', (count) => {
    const learner: Curve = (step) => 2.3 * Math.exp(-step / 8) + 0.2;
    const curves = [...Array.from({ length: count }, () => dead(2.303, 0.002)), ...Array(8).fill(learner)] as Curve[];
    expect(play(pruner, curves).slice(count, count + 1)).toEqual([{ step: STEPS, stopped: false }]);
  });

  it('lets an accuracy rise late after trials that only guess', () => {
    const late = (from: number): Curve => {
      return (step) => 0.1 + 0.78 / (1 + Math.exp(-(step - from) / 3));
    };
    const curves = [dead(0.1, 0.005), dead(0.11, 0.01), dead(0.1, 0.01), late(8), late(12), late(20)];
    const [, , , ...risen] = play(pruner, curves, 'maximize');
    expect(risen.filter(({ stopped }) => !stopped).length).toBeGreaterThan(0);
  });

  it('never stops a trial that is ahead of all that have completed', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = createRandom(seed);
      const curves = Array.from({ length: 10 }, (): Curve => {
        const [start, final, tau, jitter] = [
          1 + 3 * random.next(),
          3 * random.next() ** 2,
          2 + 30 * random.next(),
          0.05,
        ];
        const values = Array.from(
          { length: STEPS + 1 },
          (_, step) => final + Math.max(0, start - final) * Math.exp(-step / tau) + jitter * (random.next() - 0.5),
        );
        return (step) => values[step]!;
      });
      let best = Infinity;
      for (const [i, { step, stopped }] of play(pruner, curves).entries()) {
        if (stopped) expect(curves[i]!(step)).toBeGreaterThanOrEqual(best);
        else best = Math.min(best, curves[i]!(STEPS));
      }
    }
  });
});
