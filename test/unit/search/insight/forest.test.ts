import { describe, expect, it } from 'vitest';
import { Forest } from '../../../../src/search/insight/forest.js';
import { lossesOf, rowsOf } from '../../../../src/search/insight/rows.js';
import type { Params } from '../../../../src/protocol/values/index.js';
import type { Space } from '../../../../src/search/types.js';
import { box, choice, float, randomHistory, x } from './insightSupport.js';

/** Returns the share of the variance that the forest explains on unseen trials. */
function explained(space: Space, f: (params: Params) => number, trials: number): number {
  const [seen, fresh] = [randomHistory(space, trials, f, 1), randomHistory(space, 500, f, 2)];
  const forest = new Forest(rowsOf(seen, seen.trials), lossesOf(seen, seen.trials, 0));
  const truth = fresh.trials.map(({ values }) => values![0]!);
  const said = forest.predict(rowsOf(fresh, fresh.trials).columns, truth.length);
  const mean = truth.reduce((sum, v) => sum + v, 0) / truth.length;
  const square = (of: (v: number, i: number) => number) => truth.reduce((sum, v, i) => sum + of(v, i) ** 2, 0);
  return 1 - square((v, i) => v - said[i]!) / square((v) => v - mean);
}

describe('the random forest', () => {
  it('learns smooth functions, and better from more trials', () => {
    const f = (p: Params) => Math.sin(5 * x(p, 0)) + x(p, 1) ** 2;
    const [few, many] = [explained(box(3), f, 60), explained(box(3), f, 1000)];
    expect(few).toBeGreaterThan(0.75);
    expect(many).toBeGreaterThan(0.95);
  });

  it('learns choices, steps and conditional parameters', () => {
    const space: Space = {
      dimensions: [
        choice('kind', ['a', 'b', 'c', 'd', 'e']),
        { kind: 'int', name: 'n', low: 1, high: 6, log: false, step: 1, when: null },
        float('u', 0, 1, { when: { kind: ['b', 'd'] } }),
      ],
    };
    const f = (p: Params) => (p.kind === 'a' || p.kind === 'd' ? 2 : 0) + Number(p.n) * 0.3 + 2 * Number(p.u ?? 0.9);
    expect(explained(space, f, 500)).toBeGreaterThan(0.95);
  });

  it('does not depend on the unit of the objective', () => {
    const history = randomHistory(box(2), 50, (p) => x(p, 0));
    const rows = rowsOf(history, history.trials);
    const losses = lossesOf(history, history.trials, 0);
    const plain = new Forest(rows, losses).predict(rows.columns, rows.count);
    const tiny = new Forest(
      rows,
      losses.map((loss) => loss / 2 ** 30),
    ).predict(rows.columns, rows.count);
    for (let i = 0; i < rows.count; i++) expect(tiny[i]! * 2 ** 30).toBeCloseTo(plain[i]!, 9);
  });

  it('is the same for the same seed and different for another', () => {
    const history = randomHistory(box(2), 80, (p) => x(p, 0) * x(p, 1));
    const rows = rowsOf(history, history.trials);
    const losses = lossesOf(history, history.trials, 0);
    const of = (seed: number) => [...new Forest(rows, losses, { seed }).predict(rows.columns, rows.count)];
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  it('copes with one trial, and with identical trials', () => {
    const one = randomHistory(box(2), 1, () => 7);
    expect([...new Forest(rowsOf(one, one.trials), Float64Array.of(7)).predict([[0.5], [0.5]] as never, 1)]).toEqual([
      7,
    ]);
    const same = randomHistory(box(2), 20, () => 3);
    const rows = rowsOf(same, same.trials);
    const said = new Forest(rows, new Float64Array(20).fill(3)).predict(rows.columns, 20);
    expect(new Set(said)).toEqual(new Set([3]));
  });
});
