import type { SeriesData } from '../protocol/engine/index.js';
import { unpackPoints } from '../protocol/values/packedPoints.js';
import { fromWire } from '../protocol/values/wireNumber.js';

/** `time`: since the run's start; `wall`: of the clock; `metric`: values of another metric. */
export const X_AXES = ['step', 'epoch', 'time', 'wall', 'metric'] as const;
export type XAxis = (typeof X_AXES)[number];
/** The axis by which the engine is asked. */
export type ReadAxis = 'step' | 'time' | 'epoch';
export const readAxis = (x: XAxis): ReadAxis => (x === 'wall' ? 'time' : x === 'metric' ? 'step' : x);
export interface Range {
  from: number;
  to: number;
}

/** One series in the panel: all of its points or a bounded number. Never changed in place. */
export interface Series {
  x: readonly number[];
  y: readonly number[];
  /** Points in the whole series, as far as known. */
  total: number;
  /** Number of points in the requested range; more than `x.length` if some represent several. */
  inRange: number;
  /** Null: the whole series. */
  range: Range | null;
  /** True if the series must be read whole at the next occasion. */
  stale: boolean;
}

export const isDownsampled = (series: Series): boolean => series.inRange > series.x.length;

/** How many points to name in `after`; undefined: read afresh. */
export function continuation(series: Series | undefined): number | undefined {
  if (!series || series.stale || series.range || isDownsampled(series) || series.total === 0) return undefined;
  return series.total;
}

/** Merges an answer into the existing points. */
export function merge(before: Series | undefined, data: SeriesData, range: Range | null): Series {
  // A point that has no place on this axis (no epoch was logged with it) is not drawn.
  const all = data.packed === undefined ? { x: data.x, y: data.y.map(fromWire) } : unpackPoints(data.packed);
  const placed = all.x.every(Number.isFinite) ? null : all.x.map(Number.isFinite);
  const x = placed ? all.x.filter((_, i) => placed[i]) : all.x;
  const y = placed ? all.y.filter((_, i) => placed[i]) : all.y;
  if (data.mode === 'replace') {
    const inRange = Math.max(data.inRange - (all.x.length - x.length), x.length);
    return { x, y, total: data.total, inRange, range, stale: false };
  }
  const old = before ?? { x: [], y: [], total: 0, inRange: 0, range, stale: true };
  // An append to something we do not hold, or not from the point where it ended, leaves a hole: read again.
  const stale = before === undefined || old.range !== null || old.total + x.length > data.total;
  if (x.length === 0) return { ...old, total: data.total, stale: stale && data.total > 0 };
  const joined = append(old, x, y);
  return { ...joined, total: data.total, inRange: joined.x.length, range: null, stale };
}

/** New points mostly follow the old; otherwise (steps may come in any order) all points are sorted. */
function append(old: Pick<Series, 'x' | 'y'>, x: readonly number[], y: readonly number[]) {
  const joinedX = old.x.concat(x);
  const joinedY = old.y.concat(y);
  let ordered = true;
  for (let i = Math.max(1, old.x.length); i < joinedX.length; i++) {
    if (joinedX[i]! < joinedX[i - 1]!) {
      ordered = false;
      break;
    }
  }
  if (ordered) return { x: joinedX, y: joinedY };
  const order = joinedX.map((_, i) => i).sort((a, b) => joinedX[a]! - joinedX[b]! || a - b);
  return { x: order.map((i) => joinedX[i]!), y: order.map((i) => joinedY[i]!) };
}

/** Returns the index of the point nearest to `at`; -1 if there is none. `x` is sorted. */
export function nearest(x: readonly number[], at: number): number {
  if (x.length === 0) return -1;
  let low = 0;
  let high = x.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return low > 0 && at - x[low - 1]! <= x[low]! - at ? low - 1 : low;
}
