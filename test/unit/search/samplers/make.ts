/** Short ways to write spaces and to play studies. */
import type { SavedStudy } from '../../../../src/search/index.js';
import type { Params } from '../../../../src/protocol/values/index.js';
import type { Dimension, Named, Space, StudyOptions } from '../../../../src/search/types.js';

export const float = (name: string, low = 0, high = 1, more: object = {}): Dimension =>
  ({ kind: 'float', name, low, high, log: false, step: null, when: null, ...more }) as Dimension;
export const choice = (name: string, choices: unknown[], more: object = {}): Dimension =>
  ({ kind: 'choice', name, choices, weights: null, when: null, ...more }) as Dimension;
export const whole = (name: string, low: number, high: number, more: object = {}): Dimension =>
  ({ kind: 'int', name, low, high, log: false, step: 1, when: null, ...more }) as Dimension;
export const start = (space: Space, sampler: Named, more: Partial<StudyOptions> = {}): StudyOptions => ({
  space,
  goals: ['minimize'],
  sampler,
  pruner: null,
  seed: 1,
  trials: null,
  ...more,
});

export function finish(study: SavedStudy, trials: number, f: (params: Params) => number | number[]): SavedStudy {
  for (let i = 0; i < trials; i++) {
    const asked = study.ask();
    if (!asked) break;
    study.tell(asked.id, { state: 'completed', values: [f(asked.params)].flat() });
  }
  return study;
}
export const bestOf = (study: SavedStudy) => study.best()[0]!.values![0]!;
