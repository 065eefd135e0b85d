/** How metrics of several ranks of a distributed job are drawn. */
import type { Run } from '../../../src/protocol/engine/index.js';
import { rankedOf } from '../../../src/protocol/engine/ranks.js';
import type { Series } from '../../../src/drawing/series.js';
import { ranksIn } from '../runs/metricNames.js';

/** `first`: rank 0 alone; `all`: a curve for each rank; `range`: mean, minimum and maximum over all ranks. */
export const RANK_LOOKS = ['first', 'all', 'range'] as const;
export type RankLook = (typeof RANK_LOOKS)[number];

/** Metrics with their own chart: those of other ranks are drawn with rank 0's, and have one only if it has none. */
export function chartedMetrics(metrics: readonly string[]): string[] {
  return [...new Set(metrics.map((metric) => rankedOf(metric)?.name ?? metric))];
}

export const hasRanks = (metrics: readonly string[]): boolean => metrics.some((metric) => rankedOf(metric) !== null);

/** Ranks of a run, including 0, whose curves are drawn. */
export function drawnRanks(run: Pick<Run, 'metrics'>, metric: string, look: RankLook): number[] {
  const ranks = ranksIn(run, metric);
  // Without rank 0, the lowest one represents the run.
  return look === 'first' ? ranks.slice(0, 1) : ranks;
}

export interface OverRanks {
  low: Series;
  mean: Series;
  high: Series;
}

/** Minimum, mean and maximum over ranks at each place of the first; between two points of a rank the value is on the line. */
export function overRanks(all: readonly Series[]): OverRanks | null {
  const [first] = all;
  if (!first || first.x.length === 0) return null;
  const [low, mean, high]: [number[], number[], number[]] = [[], [], []];
  const places = all.map(() => 0);
  for (const x of first.x) {
    const values = all.flatMap((series, i) => {
      while (places[i]! < series.x.length - 1 && series.x[places[i]! + 1]! <= x) places[i]!++;
      return valueAt(series, places[i]!, x);
    });
    low.push(Math.min(...values));
    high.push(Math.max(...values));
    mean.push(values.reduce((sum, value) => sum + value, 0) / values.length);
  }
  const of = (y: number[]): Series => ({ ...first, y });
  return { low: of(low), mean: of(mean), high: of(high) };
}

/** Value at x of a series whose last point up to there is at `place`; none before its first and behind its last. */
function valueAt({ x, y }: Series, place: number, at: number): number[] {
  const [from, to] = [x[place], x[place + 1]];
  if (from === undefined || from > at) return [];
  if (from === at) return [y[place]!];
  if (to === undefined) return [];
  const share = (at - from) / (to - from);
  return [y[place]! + share * (y[place + 1]! - y[place]!)];
}
