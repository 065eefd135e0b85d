import { describe, expect, it } from 'vitest';
import { createStudy } from '../../../../src/search/index.js';
import type { StudyOptions } from '../../../../src/search/types.js';

const options: StudyOptions = {
  space: { dimensions: [{ kind: 'float', name: 'x', low: 0, high: 1, log: false, step: null, when: null }] },
  goals: ['minimize'],
  sampler: 'random',
  pruner: { name: 'median', startupTrials: 3 },
  seed: 1,
  trials: null,
};
/** Five trials of 20 steps that end at 0, 1, 2, 3 and 4. */
function withHistory(more: Partial<StudyOptions> = {}) {
  const study = createStudy({ ...options, ...more });
  const sign = study.options.goals[0] === 'maximize' ? -1 : 1;
  for (let t = 0; t < 5; t++) {
    const { id } = study.ask()!;
    for (let step = 1; step <= 20; step++) study.report(id, step, sign * (t + (20 - step)));
    study.tell(id, { state: 'completed', values: [sign * t] });
  }
  return study;
}
/** Returns the step at which a trial with this curve is pruned; null if it never is. */
function prunedAt(study: ReturnType<typeof createStudy>, curve: (step: number) => number, from = 1): number | null {
  const { id } = study.ask()!;
  for (let step = from; step <= 20; step++) if (study.report(id, step, curve(step)) === 'prune') return step;
  return null;
}

describe('median pruner', () => {
  it('leaves the first steps alone, then stops trials worse than the median', () => {
    expect(prunedAt(withHistory(), (step) => 2.5 + (20 - step))).toBe(4); // 15 % of 19 steps after the first
    expect(prunedAt(withHistory(), (step) => 2 + (20 - step))).toBeNull(); // A tie is good enough.
    expect(prunedAt(withHistory(), (step) => 1 + (20 - step))).toBeNull();
  });
  it('reverses the comparison when more is better', () => {
    expect(prunedAt(withHistory({ goals: ['maximize'] }), (step) => -(2.5 + (20 - step)))).toBe(4);
    expect(prunedAt(withHistory({ goals: ['maximize'] }), (step) => -(1.5 + (20 - step)))).toBeNull();
  });
  it("uses a trial's best value, not its latest", () => {
    expect(prunedAt(withHistory(), (step) => (step === 3 ? 0 : 100))).toBeNull();
  });
  it('treats NaN as the worst', () => {
    expect(prunedAt(withHistory(), () => NaN)).toBe(4);
    expect(prunedAt(withHistory(), (step) => (step % 2 ? NaN : 20 - step))).toBeNull();
    expect(prunedAt(withHistory({ goals: ['maximize'] }), () => -Infinity)).toBe(4);
  });
  it('waits for enough completed trials', () => {
    const study = createStudy(options);
    for (let t = 0; t < 2; t++) {
      const { id } = study.ask()!;
      study.report(id, 1, 0);
      study.tell(id, { state: 'completed', values: [0] });
    }
    expect(prunedAt(study, () => 100)).toBeNull();
  });
  it('compares at the same step even if others report at other steps', () => {
    const study = withHistory({ pruner: { name: 'median', graceSteps: 0 } });
    const { id } = study.ask()!;
    expect(study.report(id, 10.5, 2 + 10)).toBe('continue');
    expect(study.report(id, 11.5, 2 + 10)).toBe('prune');
  });
  it('has nothing to compare with beyond the longest trial', () => {
    expect(prunedAt(withHistory(), () => 1e9, 21)).toBeNull();
    const study = withHistory();
    expect(study.report(study.ask()!.id, 1000, 1e9)).toBe('continue');
  });
  it('supports other percentiles and a grace period in steps', () => {
    const best = { name: 'percentile', percentile: 25, startupTrials: 3, graceSteps: 9 };
    expect(prunedAt(withHistory({ pruner: best }), (step) => 1.5 + (20 - step))).toBe(10);
    expect(prunedAt(withHistory({ pruner: best }), (step) => 1 + (20 - step))).toBeNull();
  });
});
