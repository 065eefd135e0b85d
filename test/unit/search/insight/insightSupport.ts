/** Histories for the tests of insight. */
import type { Params } from '../../../../src/protocol/values/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import { drawParams } from '../../../../src/search/space/index.js';
import type { Dimension, Goal, History, Space, Trial } from '../../../../src/search/types.js';

export const float = (name: string, low = 0, high = 1, more: object = {}): Dimension =>
  ({ kind: 'float', name, low, high, log: false, step: null, when: null, ...more }) as Dimension;
export const choice = (name: string, choices: (string | number)[], more: object = {}): Dimension =>
  ({ kind: 'choice', name, choices, weights: null, when: null, ...more }) as Dimension;
export const box = (count: number, low = 0, high = 1): Space => ({
  dimensions: Array.from({ length: count }, (_, i) => float(`x${i}`, low, high)),
});

export function trial(id: number, params: Params, values: number[], more: Partial<Trial> = {}): Trial {
  return { id, params, state: 'completed', values, reports: [], enqueued: false, ...more };
}

/** Returns a history of randomly drawn trials. */
export function randomHistory(space: Space, count: number, f: (params: Params) => number, seed = 1): History {
  const random = createRandom(seed);
  const trials = Array.from({ length: count }, (_, id) => {
    const params = drawParams(space, random);
    return trial(id, params, [f(params)]);
  });
  return { space, goals: ['minimize'], trials };
}

export function withTrials(history: History, change: (trial: Trial) => Trial, goals: Goal[] = history.goals): History {
  return { ...history, goals, trials: history.trials.map(change) };
}
export const x = (params: Params, i: number): number => params[`x${i}`] as number;
