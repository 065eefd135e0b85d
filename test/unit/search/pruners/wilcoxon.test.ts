import { describe, expect, it } from 'vitest';
import { createStudy } from '../../../../src/search/index.js';
import { signedRank } from '../../../../src/search/maths/signedRank.js';

/** Returns the differences 1 to n, negative for those named. */
const ranks = (n: number, ...negative: number[]) =>
  Array.from({ length: n }, (_, i) => (negative.includes(i + 1) ? -(i + 1) : i + 1));

describe('signed rank', () => {
  it('has the published exact probabilities', () => {
    // Wilcoxon & Wilcox, "Some Rapid Approximate Statistical Procedures" (1964): smaller rank sum, one-sided.
    expect(signedRank(ranks(5))).toBe(1 / 32);
    expect(signedRank(ranks(8, 5))).toBeCloseTo(0.0391, 4); // T = 5
    expect(signedRank(ranks(10, 8))).toBeCloseTo(0.0244, 4); // T = 8
    expect(signedRank(ranks(10, 10))).toBeCloseTo(0.042, 4); // T = 10
    expect(signedRank(ranks(10, 10, 1))).toBeCloseTo(0.0527, 4); // T = 11
    expect(signedRank(ranks(15, 15, 10, 5))).toBeCloseTo(0.0473, 4); // T = 30
  });
  it('handles ties, zeros and an empty list', () => {
    expect(signedRank([1, 1, 1, 1])).toBe(1 / 16);
    expect(signedRank([1, -1])).toBe(0.75);
    expect(signedRank([0, 0, 0])).toBe(1);
    expect(signedRank([])).toBe(1);
    expect(signedRank([0, 2, 3, 4])).toBe(1 / 8);
    expect(signedRank([Infinity, Infinity, 1])).toBe(1 / 8);
  });
  it('switches to the normal approximation without a jump', () => {
    // Compared with scipy.stats.wilcoxon(alternative="greater"), exact.
    const alternating = Array.from({ length: 60 }, (_, i) => (i % 2 ? i + 1 : -(i + 1)));
    expect(signedRank(alternating)).toBeCloseTo(0.4560365, 2);
    expect(signedRank(ranks(50, ...ranks(19)))).toBeCloseTo(signedRank(ranks(51, ...ranks(19))), 2);
  });
  it('has the false positive rate that it claims', () => {
    // For all signs of eight ranks, a probability of at most p occurs with frequency at most p.
    const seen = Array.from({ length: 256 }, (_, bits) =>
      signedRank(ranks(8).map((r, i) => (bits & (1 << i) ? r : -r))),
    );
    for (const p of [0.01, 0.05, 0.1, 0.5]) expect(seen.filter((x) => x <= p).length / 256).toBeLessThanOrEqual(p);
  });
});

describe('wilcoxon pruner', () => {
  const make = (more: object = {}) => {
    const study = createStudy({
      space: { dimensions: [{ kind: 'float', name: 'x', low: 0, high: 1, log: false, step: null, when: null }] },
      goals: ['maximize'],
      sampler: 'random',
      pruner: { name: 'wilcoxon', ...more },
      seed: 1,
      trials: null,
    });
    const { id } = study.ask()!;
    for (let fold = 0; fold < 10; fold++) study.report(id, fold, 0.8 + fold / 100);
    study.tell(id, { state: 'completed', values: [0.845] });
    return study;
  };
  /** Returns the number of folds after which a trial with these differences from the best is stopped. */
  const stops = (study: ReturnType<typeof make>, by: (fold: number) => number, order = (i: number) => i) => {
    const { id } = study.ask()!;
    for (let i = 0; i < 10; i++) {
      const fold = order(i);
      if (study.report(id, fold, 0.8 + fold / 100 + by(fold)) === 'prune') return i + 1;
    }
    return null;
  };

  it('stops a trial that is worse on fold after fold, in any order', () => {
    expect(stops(make(), () => -0.05)).toBe(4);
    expect(
      stops(
        make(),
        () => -0.05,
        (i) => (i * 7 + 3) % 10,
      ),
    ).toBe(4);
    expect(stops(make({ startupSteps: 8 }), () => -0.05)).toBe(8);
    expect(stops(make({ pThreshold: 0.01 }), (fold) => -0.05 - fold / 1000)).toBe(7);
  });
  it('leaves alone trials that are better, equal, or worse only by chance', () => {
    expect(stops(make(), () => 0.01)).toBeNull();
    expect(stops(make(), () => 0)).toBeNull();
    expect(stops(make(), (fold) => (fold % 2 ? -0.011 : 0.01))).toBeNull();
  });
  it('compares on shared folds only', () => {
    const study = make();
    const { id } = study.ask()!;
    for (let fold = 20; fold < 40; fold++) expect(study.report(id, fold, -1)).toBe('continue');
  });
});
