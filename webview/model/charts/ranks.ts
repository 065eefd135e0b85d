/** Metrics that several ranks of a distributed job have logged: those of rank n are `rank<n>/<name>`, rank 0 has the plain name. */
import type { Run } from '../../../src/protocol/engine.js';
import { hasEntry } from '../../../src/protocol/records.js';
import type { Series } from './series.js';

/** `first`: rank 0 alone; `all`: a curve for each rank; `range`: mean, minimum and maximum over all ranks. */
export const RANK_LOOKS = ['first', 'all', 'range'] as const;
export type RankLook = (typeof RANK_LOOKS)[number];

const RANKED = /^rank([1-9]\d{0,8})\/(.+)$/s;
/** Ranks of one run that are drawn at most. */
export const MOST_RANKS = 64;

/** Rank and plain name of a metric of another rank than 0; null for all others. */
export function rankedOf(metric: string): { rank: number; name: string } | null {
  const [, rank, name] = RANKED.exec(metric) ?? [];
  return rank === undefined ? null : { rank: Number(rank), name: name! };
}

/** Metrics that have a chart of their own: those of other ranks are drawn with rank 0's, and have one only if it has none. */
export function chartedMetrics(metrics: readonly string[]): string[] {
  return [...new Set(metrics.map((metric) => rankedOf(metric)?.name ?? metric))];
}

export const hasRanks = (metrics: readonly string[]): boolean => metrics.some((metric) => rankedOf(metric) !== null);

/** Ranks of a run beside 0 that have logged a metric, ascending. */
export function ranksOf({ metrics }: Pick<Run, 'metrics'>, metric: string): number[] {
  const ranks: number[] = [];
  for (const name of Object.keys(metrics)) {
    const ranked = rankedOf(name);
    if (ranked?.name === metric) ranks.push(ranked.rank);
  }
  return ranks.sort((a, b) => a - b).slice(0, MOST_RANKS - 1);
}

/** Name under which a rank has logged a metric. */
export const nameAt = (metric: string, rank: number): string => (rank === 0 ? metric : `rank${rank}/${metric}`);

/** Ranks of a run, 0 included, whose curves are drawn. */
export function drawnRanks(run: Pick<Run, 'metrics'>, metric: string, look: RankLook): number[] {
  const first = hasEntry(run.metrics, metric) ? [0] : [];
  if (look === 'first' && first.length > 0) return first;
  const others = ranksOf(run, metric);
  // Without rank 0, the lowest one stands for the run.
  return look === 'first' ? others.slice(0, 1) : [...first, ...others];
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
