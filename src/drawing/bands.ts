/** Mean and spread of several series, one for each run of a group. */
import type { Series } from './series.js';

/** `sd`: standard deviation; `se`: standard error of the mean; `range`: least and most; `quantiles`: median with quartiles. */
export const BANDS = ['sd', 'se', 'range', 'quantiles', 'none'] as const;
export type Band = (typeof BANDS)[number];

export interface BandOf {
  x: number[];
  /** Mean, or the median with quantiles. */
  middle: number[];
  low: number[];
  high: number[];
}

/** Places at which a band is computed at most. */
const MOST_PLACES = 500;

/**
 * Computes middle and band at the places where the series have points, thinned evenly to at most 500. Between two points a
 * series is on the line between them; before its first and behind its last it does not count. NaN and infinities are left out.
 */
export function bandOf(all: readonly Series[], band: Band): BandOf {
  const x = placesOf(all);
  const [middle, low, high]: [number[], number[], number[]] = [[], [], []];
  const at = all.map(() => 0);
  for (const place of x) {
    const values: number[] = [];
    for (const [i, series] of all.entries()) {
      while (at[i]! < series.x.length - 1 && series.x[at[i]! + 1]! <= place) at[i]!++;
      const value = valueAt(series, at[i]!, place);
      if (Number.isFinite(value)) values.push(value);
    }
    const [m, l, h] = values.length === 0 ? [NaN, NaN, NaN] : spread(values, band);
    middle.push(m);
    low.push(l);
    high.push(h);
  }
  return { x, middle, low, high };
}

function placesOf(all: readonly Series[]): number[] {
  const places = [...new Set(all.flatMap(({ x }) => x))].sort((a, b) => a - b);
  if (places.length <= MOST_PLACES) return places;
  const last = places.length - 1;
  return Array.from({ length: MOST_PLACES }, (_, i) => places[Math.round((i * last) / (MOST_PLACES - 1))]!);
}

function valueAt({ x, y }: Series, i: number, place: number): number {
  const [from, to] = [x[i], x[i + 1]];
  if (from === undefined || from > place) return NaN;
  if (from === place) return y[i]!;
  if (to === undefined) return NaN;
  return y[i]! + ((place - from) / (to - from)) * (y[i + 1]! - y[i]!);
}

/** Middle, low and high of at least one value. One value has no spread. */
export function spread(values: readonly number[], band: Band): [middle: number, low: number, high: number] {
  const n = values.length;
  if (band === 'quantiles') {
    const sorted = [...values].sort((a, b) => a - b);
    return [quantile(sorted, 0.5), quantile(sorted, 0.25), quantile(sorted, 0.75)];
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (band === 'range') return [mean, Math.min(...values), Math.max(...values)];
  if (band === 'none' || n < 2) return [mean, mean, mean];
  // The sample's standard deviation, with n − 1: runs of a group are draws from all possible ones.
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
  const half = band === 'se' ? sd / Math.sqrt(n) : sd;
  return [mean, mean - half, mean + half];
}

/** Quantile of sorted values by linear interpolation (type 7 of Hyndman and Fan, 1996). */
export function quantile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return NaN;
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return sorted[below]! + (at - below) * (above - sorted[below]!);
}
