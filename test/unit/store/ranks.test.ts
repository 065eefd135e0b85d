/** Metrics over the ranks of a distributed job. */
import { describe, expect, it } from 'vitest';
import { Points } from '../../../src/store/series/points.js';
import { overRanks } from '../../../src/store/series/overRanks.js';
import type { Store } from '../../../src/store/store.js';
import { newRun, openStore, temporary } from './helpers.js';

function log(store: Store, rank: number, rows: readonly (readonly [number, number | string])[], name = 'loss'): void {
  const text = rows.map(([step, value]) => `${JSON.stringify({ type: 'metrics', step, values: { [name]: value } })}\n`);
  store.ingest.frame('r1', `rank${rank}-7.ndjson`, 0, Buffer.from(text.join('')));
}

describe('a metric over ranks', () => {
  it('has minimum, mean and maximum at every step that a rank has', () => {
    const folder = temporary();
    const store = openStore(folder);
    store.runs.insert(newRun(folder, 'r1'));
    log(store, 0, [[0, 1], [1, 2], [2, 3]]); // prettier-ignore
    // A step that comes late, and one that is logged twice: the last value counts.
    log(store, 2, [[2, 9], [0, 4], [2, 5]]); // prettier-ignore
    log(store, 10, [[1, 'NaN'], [7, 8]]); // prettier-ignore
    const found = store.series.ranks('r1', 'loss');
    expect([found.ranks, found.total]).toEqual([[0, 2, 10], 4]);
    expect(found.points).toEqual([
      { step: 0, min: 1, mean: 2.5, max: 4, ranks: 2 },
      { step: 1, min: 2, mean: 'NaN', max: 2, ranks: 2 },
      { step: 2, min: 3, mean: 4, max: 5, ranks: 2 },
      { step: 7, min: 8, mean: 8, max: 8, ranks: 1 },
    ]);
    expect(store.series.ranks('r1', 'loss', { offset: 1, limit: 2 }).points.map(({ step }) => step)).toEqual([1, 2]);
    expect(store.series.ranks('r1', 'other')).toEqual({ ranks: [], total: 0, points: [] });
    expect(store.series.ranks('none', 'loss').total).toBe(0);
    store.close();
  });

  it('is what a plain computation gives, for a thousand steps in any order', () => {
    const ranks = [0, 1, 2].map((rank) => {
      const points = new Points();
      for (let i = 0; i < 1000; i++) points.push((i * 7 + rank) % 900, 0, NaN, Math.sin(i * (rank + 1)));
      return points;
    });
    const plain = new Map<number, Map<number, number>>();
    ranks.forEach((points, rank) => {
      for (let i = 0; i < points.length; i++) {
        const step = points.steps[i]!;
        if (!plain.has(step)) plain.set(step, new Map());
        plain.get(step)!.set(rank, points.values[i]!);
      }
    });
    const found = overRanks(ranks);
    expect(found.map(({ step }) => step)).toEqual([...plain.keys()].sort((a, b) => a - b));
    for (const { step, min, mean, max, ranks: count } of found) {
      const values = [...plain.get(step)!.values()];
      expect([min, max, count]).toEqual([Math.min(...values), Math.max(...values), values.length]);
      expect(mean).toBeCloseTo(values.reduce((a, b) => a + b) / values.length, 12);
    }
  });
});
