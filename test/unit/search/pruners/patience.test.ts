import { describe, expect, it } from 'vitest';
import { createStudy } from '../../../../src/search/index.js';
import type { Named } from '../../../../src/search/types.js';

const make = (pruner: Named) =>
  createStudy({
    space: { dimensions: [{ kind: 'float', name: 'x', low: 0, high: 1, log: false, step: null, when: null }] },
    goals: ['minimize'],
    sampler: 'random',
    pruner,
    seed: 1,
    trials: null,
  });
function stops(study: ReturnType<typeof make>, values: number[]): number | null {
  const { id } = study.ask()!;
  const at = values.findIndex((value, step) => study.report(id, step + 1, value) === 'prune');
  return at < 0 ? null : at + 1;
}

describe('patience', () => {
  it('stops a trial after this many reports without improvement', () => {
    const study = make({ name: 'patience', patience: 3 });
    expect(stops(study, [5, 4, 4, 4, 4, 4])).toBe(5);
    expect(stops(study, [5, 4, 6, 7, 3, 3, 2])).toBeNull();
    expect(stops(study, [NaN, NaN, NaN, NaN, NaN])).toBe(4);
  });
  it('ignores small improvements', () => {
    expect(stops(make({ name: 'patience', patience: 2, minDelta: 0.5 }), [5, 4.9, 4.8, 4.7])).toBe(3);
  });
  it('holds another pruner back', () => {
    const study = make({ name: 'patience', patience: 2, pruner: { name: 'threshold', upper: 3 } });
    expect(stops(study, [9, 8, 7, 6, 5, 5, 5])).toBe(7);
    expect(stops(study, [2, 2, 2, 2])).toBeNull();
  });
  it('reports errors of the other pruner', () => {
    expect(() => make({ name: 'patience', pruner: 'medan' })).toThrow('did you mean "median"?');
  });
});

describe('threshold', () => {
  it('stops trials with values out of bounds or NaN', () => {
    const pruner = { name: 'threshold', lower: 0, upper: 10 };
    expect(stops(make(pruner), [0, 10, 10.1])).toBe(3);
    expect(stops(make(pruner), [1, -0.1])).toBe(2);
    expect(stops(make('threshold'), [1e300, -1e300, NaN])).toBe(3);
    expect(stops(make({ ...pruner, graceSteps: 2 }), [99, 99, 99])).toBe(3);
  });
});
