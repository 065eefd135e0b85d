import { describe, expect, it } from 'vitest';
import { createStudy, type SavedStudy } from '../../../../src/search/index.js';
import type { StudyOptions } from '../../../../src/search/types.js';

const options: StudyOptions = {
  space: { dimensions: [{ kind: 'float', name: 'x', low: 0, high: 1, log: false, step: null, when: null }] },
  goals: ['minimize'],
  sampler: 'random',
  pruner: { name: 'asha', graceSteps: 2 },
  seed: 1,
  trials: null,
};
/** Returns the step at which a trial of this value is stopped; null if it ends by itself. */
function play(study: SavedStudy, value: (step: number) => number, steps = 20): number | null {
  const { id } = study.ask()!;
  for (let step = 0; step <= steps; step++) {
    if (study.report(id, step, value(step)) === 'continue') continue;
    study.tell(id, { state: 'pruned' });
    return step;
  }
  study.tell(id, { state: 'completed', values: [value(steps)] });
  return null;
}

describe('asynchronous successive halving', () => {
  it('stops trials at its rungs that are not among the best third', () => {
    const study = createStudy(options);
    expect([5, 6, 7, 4, 8, 3].map((level) => play(study, () => level))).toEqual([null, null, 2, null, 2, null]);
    // A tie with the best continues; a slightly worse value no longer does.
    expect(play(study, () => 3)).toBeNull();
    expect(play(study, () => 3.5)).toBe(2);
  });
  it('reverses the comparison when more is better, and treats NaN as the worst', () => {
    const study = createStudy({ ...options, goals: ['maximize'] });
    expect([5, 6, 7, 4, NaN].map((level) => play(study, () => level))).toEqual([null, null, null, 2, 2]);
  });
  it('waits for a completed trial without graceSteps', () => {
    const study = createStudy({ ...options, pruner: 'asha' });
    expect([1, 2, 3, 4].map((level) => play(study, () => level))).toEqual([null, null, 3, 3]);
  });
  it('judges only when a rung is reached', () => {
    const study = createStudy(options);
    for (const level of [1, 2, 3]) play(study, () => level);
    const { id } = study.ask()!;
    expect([0, 1].map((step) => study.report(id, step, 99))).toEqual(['continue', 'continue']);
    expect(study.report(id, 5, 99)).toBe('prune');
  });
  it('suggests the correct name', () => {
    expect(() => createStudy({ ...options, pruner: 'ahsa' })).toThrow('did you mean "asha"?');
    expect(() => createStudy({ ...options, pruner: { name: 'asha', etta: 3 } })).toThrow('did you mean "eta"?');
  });
});
