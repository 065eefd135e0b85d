import { describe, expect, it } from 'vitest';
import { createStudy, type SavedStudy } from '../../../../src/search/index.js';
import type { StudyOptions } from '../../../../src/search/types.js';

const options: StudyOptions = {
  space: { dimensions: [{ kind: 'float', name: 'x', low: 0, high: 1, log: false, step: null, when: null }] },
  goals: ['minimize'],
  ...{ sampler: 'random', pruner: { name: 'asha', graceSteps: 2 }, seed: 1, trials: null },
};
/** The step at which a trial of this value is stopped; null when it ends by itself. */
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
  it('stops at its rungs what is not among the best third', () => {
    const study = createStudy(options);
    expect([5, 6, 7, 4, 8, 3].map((level) => play(study, () => level))).toEqual([null, null, 2, null, 2, null]);
    // Equal to the best goes on; one a little worse no longer does.
    expect(play(study, () => 3)).toBeNull();
    expect(play(study, () => 3.5)).toBe(2);
  });
  it('turns round when more is better, and holds NaN for the worst', () => {
    const study = createStudy({ ...options, goals: ['maximize'] });
    expect([5, 6, 7, 4, NaN].map((level) => play(study, () => level))).toEqual([null, null, null, 2, 2]);
  });
  it('without graceSteps waits for a completed trial', () => {
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
  it('names what was meant', () => {
    expect(() => createStudy({ ...options, pruner: 'ahsa' })).toThrow('did you mean "asha"?');
    expect(() => createStudy({ ...options, pruner: { name: 'asha', etta: 3 } })).toThrow('did you mean "eta"?');
  });
});
