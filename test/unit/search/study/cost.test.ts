import { describe, expect, it } from 'vitest';
import { createStudy, restoreStudy, type SavedStudy } from '../../../../src/search/index.js';
import { costWeight } from '../../../../src/search/study/cost.js';
import type { Trial } from '../../../../src/search/types.js';
import { float, start } from '../samplers/make.js';

const space = { dimensions: [float('x'), float('y'), float('time')] };
const seconds = (time: number): number => Math.exp(4 * time);

/** Plays until the trials have taken `budget` seconds; returns the best value. */
function play(study: SavedStudy, budget: number, most = 200): number {
  let [spent, best] = [0, Infinity];
  for (let i = 0; i < most; i++) {
    const { id, params } = study.ask()!;
    const [x, y, time] = [params.x, params.y, params.time] as [number, number, number];
    spent += seconds(time);
    if (spent > budget) break;
    const value = (x - 0.3) ** 2 + (y - 0.7) ** 2;
    best = Math.min(best, value);
    study.tell(id, { state: 'completed', values: [value], seconds: seconds(time) });
  }
  return best;
}

describe('a search in which time counts', () => {
  it.each([
    ['gp', -1],
    // Its gain is small: it must not lose much.
    ['tpe', 1],
  ])('%s makes more trials in the same time', (sampler, most) => {
    const results = [1, 2, 3].map((seed) => {
      const [without, aware] = [{}, { cost: { seconds: 300 } }].map((more) => {
        const study = createStudy(start(space, sampler, { seed, ...more }));
        const best = play(study, 300);
        return { best, trials: study.trials.length };
      });
      return { more: aware!.trials / without!.trials, better: Math.log(aware!.best / without!.best) };
    });
    const mean = (of: (result: (typeof results)[number]) => number) => results.reduce((s, r) => s + of(r), 0) / 3;
    expect(mean(({ more }) => more)).toBeGreaterThan(1.2);
    expect(mean(({ better }) => better)).toBeLessThan(most);
  });

  it.each(['gp', 'tpe', 'auto'])('%s continues in the same way after it was saved', (sampler) => {
    const study = createStudy(start(space, sampler, { cost: { seconds: 500 } }));
    play(study, Infinity, 15);
    const again = restoreStudy(JSON.parse(JSON.stringify(study.save())));
    for (let i = 0; i < 3; i++) expect(again.ask()).toEqual(study.ask());
  });

  it('ignores times that are missing or all the same', () => {
    for (const each of [undefined, 5]) {
      const [plain, aware] = [null, {}].map((cost) => {
        const study = createStudy(start(space, 'gp', { cost, trials: 30 }));
        for (let i = 0; i < 15; i++) {
          const { id, params } = study.ask()!;
          const outcome = { state: 'completed' as const, values: [(params.x as number) ** 2] };
          study.tell(id, each === undefined ? outcome : { ...outcome, seconds: each });
        }
        return study.ask()!.params;
      });
      expect(aware).toEqual(plain);
    }
  });

  it('refuses a budget that is not positive', () => {
    expect(() => createStudy(start(space, 'gp', { cost: { seconds: 0 } }))).toThrow(
      'the time budget must be greater than 0 seconds, not 0',
    );
  });
});

describe('the weight of the time', () => {
  const trials = [{ seconds: 10 }, { seconds: 20 }, {}] as Trial[];

  it('falls with the used share of the time or of the trials, whichever is larger', () => {
    expect(costWeight({}, trials, 12)).toBeCloseTo(0.75);
    expect(costWeight({ seconds: 60 }, trials, 12)).toBeCloseTo(0.5);
    expect(costWeight({ seconds: 600 }, trials, 12)).toBeCloseTo(0.75);
    expect(costWeight({ seconds: 20 }, trials, null)).toBe(0);
    expect(costWeight({}, trials, null)).toBe(1);
  });
});
