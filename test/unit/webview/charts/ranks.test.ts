import { describe, expect, it } from 'vitest';
import type { Run } from '../../../../src/protocol/engine/index.js';
import { ofFirstRank, rankedOf, ranksWith } from '../../../../src/protocol/engine/ranks.js';
import { chartedMetrics, drawnRanks, overRanks } from '../../../../webview/model/charts/ranks.js';
import type { Series } from '../../../../src/drawing/series.js';

const run = (...names: string[]) =>
  ({ metrics: Object.fromEntries(names.map((name) => [name, {}])) }) as unknown as Run;
const series = (x: number[], y: number[]): Series => ({
  ...{ x, y, total: x.length, inRange: x.length, range: null, stale: false },
});

describe('ranks of a distributed job', () => {
  it('are recognized by the names of their metrics', () => {
    expect(rankedOf('rank12/train/loss')).toEqual({ rank: 12, name: 'train/loss' });
    for (const name of ['rank0/loss', 'rank/loss', 'rank1', 'ranking1/x', 'train/rank1/x'])
      expect(rankedOf(name)).toBeNull();
    expect(chartedMetrics(['loss', 'rank1/loss', 'rank2/only', 'acc'])).toEqual(['loss', 'only', 'acc']);
    expect(ofFirstRank(['loss', 'rank1/loss', 'rank2/only', 'acc'])).toEqual(['loss', 'rank2/only', 'acc']);
  });

  it('are drawn as the person wants: the first, or all', () => {
    const job = run('loss', 'rank10/loss', 'rank2/loss', 'rank1/other');
    expect(ranksWith(Object.keys(job.metrics), 'loss')).toEqual([0, 2, 10]);
    expect(drawnRanks(job, 'loss', 'first')).toEqual([0]);
    expect(drawnRanks(job, 'loss', 'all')).toEqual([0, 2, 10]);
    expect(drawnRanks(job, 'other', 'first')).toEqual([1]);
    expect(drawnRanks(job, 'none', 'range')).toEqual([]);
  });

  it('have a minimum, mean and maximum at the steps of the first', () => {
    const { low, mean, high } = overRanks([series([0, 1, 2], [1, 2, 3]), series([0, 2], [3, 5]), series([1], [-1])])!;
    expect([low.x, low.y, mean.y, high.y]).toEqual([
      [0, 1, 2],
      [1, -1, 3],
      [2, 5 / 3, 4],
      [3, 4, 5],
    ]);
    expect(overRanks([])).toBeNull();
    expect(overRanks([series([], [])])).toBeNull();
  });
});
