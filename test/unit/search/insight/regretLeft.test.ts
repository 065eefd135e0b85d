import { describe, expect, it } from 'vitest';
import { createStudy } from '../../../../src/search/index.js';
import { regretLeft, type RegretLeft } from '../../../../src/search/insight/regretLeft.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import type { History, Space } from '../../../../src/search/types.js';
import type { Params } from '../../../../src/protocol/values/index.js';
import { box, choice, float, randomHistory, withTrials, x } from './insightSupport.js';
import { TASKS } from '../tasks.js';

/** Branin's function, shifted so that its values are regrets. */
const branin = (p: Params): number => {
  const [a, b] = [x(p, 0) * 15 - 5, x(p, 1) * 15];
  const parabola = b - (5.1 / (4 * Math.PI ** 2)) * a * a + (5 / Math.PI) * a - 6;
  return parabola ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(a) + 10 - 0.39788735772973816;
};
const sphere = (p: Params): number => [0.63, 0.29, 0.54].reduce((sum, at, i) => sum + 100 * (x(p, i) - at) ** 2, 0);
const well = (p: Params): number =>
  -5 * Math.exp(-12 * [0.35, 0.6, 0.25, 0.7].reduce((sum, at, i) => sum + (x(p, i) - at) ** 2, 0));
const found = (history: History): RegretLeft => {
  const result = regretLeft(history);
  if ('unknown' in result) throw new Error(result.unknown);
  return result;
};
function search(space: Space, f: (params: Params) => number, count: number, seed: number): History {
  const study = createStudy({ space, goals: ['minimize'], sampler: 'tpe', pruner: null, seed, trials: null });
  for (let i = 0; i < count; i++) {
    const { id, params } = study.ask()!;
    study.tell(id, { state: 'completed', values: [f(params)] });
  }
  return { space, goals: ['minimize'], trials: study.trials };
}
const first = (history: History, count: number): History => ({ ...history, trials: history.trials.slice(0, count) });

describe('the remaining regret', () => {
  it.each([
    ['Branin', 2, branin],
    ['a sphere of 3 dimensions', 3, sphere],
  ] as const)('falls as the search goes on, and is a valid bound: %s', (_, dimensions, f) => {
    let [kept, early, late] = [0, 0, 0];
    for (let seed = 0; seed < 10; seed++) {
      const history = search(box(dimensions), f, 60, seed);
      const said = [15, 60].map((count) => {
        const part = first(history, count);
        const { atMost } = found(part);
        const regret = Math.min(...part.trials.map(({ values }) => values![0]!));
        kept += atMost >= regret ? 1 : 0;
        return atMost;
      });
      early += Math.log(said[0]!) / 10;
      late += Math.log(said[1]!) / 10;
    }
    expect(kept).toBeGreaterThanOrEqual(18);
    expect(late).toBeLessThan(early - 1);
  });

  it.each([
    ['Hartmann 6', TASKS['Hartmann 6']!.space, TASKS['Hartmann 6']!.f, 0],
    ['a narrow well', box(4), well, -5],
  ] as const)('does not take a deep valley that few trials came near for found: %s', (_, space, f, least) => {
    let [kept, all] = [0, 0];
    for (let seed = 0; seed < 2; seed++) {
      for (const history of [randomHistory(space, 80, f, seed), search(space, f, 80, seed)]) {
        for (const count of [25, 80]) {
          const part = first(history, count);
          const regret = Math.min(...part.trials.map(({ values }) => values![0]!)) - least;
          kept += found(part).atMost >= regret ? 1 : 0;
          all++;
        }
      }
    }
    expect(all).toBe(8);
    expect(kept).toBeGreaterThanOrEqual(7);
  });

  it('expects as large a gain again as that of the latter half of the trials', () => {
    const one: Space = { dimensions: [float('a')] };
    const values = Array.from({ length: 40 }, (_, i) => (i === 39 ? -1000 : 10 - i / 40));
    let i = 0;
    const history = randomHistory(one, 40, () => values[i++]!);
    expect(found(history).atMost).toBeGreaterThanOrEqual(1000);
  });

  it('says when less is left than the noise of a trial', () => {
    const random = createRandom(5);
    const one: Space = { dimensions: [float('a')] };
    const history = randomHistory(one, 150, (p) => 0.2 * (Number(p.a) - 0.4) ** 2 + random.normal());
    const { atMost, noise, sentence } = found(history);
    expect(Math.abs(noise - 1)).toBeLessThan(0.25);
    expect(sentence).toContain(`at most ${Number(atMost.toPrecision(2))} is left to gain`);
    expect(sentence.endsWith('time to stop.')).toBe(atMost <= noise);
  });

  it('does not depend on the goal, and copes with any values', () => {
    const space: Space = {
      dimensions: [
        choice('m', ['a', 'b']),
        float('u', 0, 1, { when: { m: ['a'] } }),
        float('v'),
        choice('w', [1, 2, 3]),
      ],
    };
    const history = randomHistory(space, 40, (p) => Number(p.u ?? 0.7) + Number(p.v) ** 2 + Number(p.w));
    const turned = withTrials(history, (t) => ({ ...t, values: [-t.values![0]!] }), ['maximize']);
    expect(found(turned)).toEqual(found(history));
    const odd = withTrials(history, (t) => (t.id % 9 ? t : { ...t, values: [Infinity] }));
    expect(found(odd).atMost).toBeGreaterThan(0);
    const failed = withTrials(history, (t) => (t.id % 2 ? t : { ...t, state: 'failed', values: null }));
    expect(found(failed).trials).toBe(20);
  });

  it('says so when there is too little data', () => {
    expect(regretLeft(randomHistory(box(2), 9, sphere as never))).toMatchObject({ trials: 9, needed: 10 });
    expect(regretLeft(randomHistory(box(2), 30, () => 2))).toMatchObject({
      unknown: 'all trials have the same result',
    });
  });
});
