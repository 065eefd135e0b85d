/** The writer's state of one series, and its form in the store. */
import { Points } from './points.js';
import { BUCKET_FLOATS, type Bucket } from './pyramid.js';
import type { Source } from './source.js';
import { Timeline } from './timeline.js';

/** One series as the writer knows it. */
export interface Head {
  id: number;
  run: number;
  metric: number;
  source: Source;
  count: number;
  last: number;
  lastStep: number;
  min: number;
  max: number;
  /** Points that are in chunks. */
  folded: number;
  /** Points `folded` to `count`. */
  pending: Points | null;
  /** Points up to here are in chunks or in the inbox. */
  boxed: number;
  /** Last row of each pyramid level, as far as known. */
  tails: Bucket[][];
  /** Null: only the run's first launch has logged it. */
  timeline: Timeline | null;
  /** It has points or a summary that the next commit is to write. */
  isTouched: boolean;
}

export interface SeriesRow {
  id: number;
  run: number;
  metric: number;
  source: number;
  count: number;
  last: number | null;
  last_step: number;
  min: number | null;
  max: number | null;
  folded: number;
  launches: string | null;
}

/** Converts a row of the table `series`. */
export function toHead(row: SeriesRow): Head {
  return {
    id: row.id,
    run: row.run,
    metric: row.metric,
    source: row.source as Source,
    count: row.count,
    last: row.last ?? NaN,
    lastStep: row.last_step,
    min: row.min ?? NaN,
    max: row.max ?? NaN,
    folded: row.folded,
    pending: null,
    boxed: row.count,
    tails: [],
    timeline: row.launches === null ? null : Timeline.parse(row.launches),
    isTouched: false,
  };
}

/** NaN as SQL's NULL. */
export const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** Adds the points of an inbox block to the head's pending points, except those that are boxed already. */
export function restore(head: Head, ordinal: number, n: number, columns: Float64Array): void {
  const skip = Math.max(0, head.boxed - ordinal);
  if (skip >= n) return;
  const pending = (head.pending ??= new Points(n));
  for (let i = skip; i < n; i++) {
    pending.push(
      columns[i] as number,
      columns[n + i] as number,
      columns[2 * n + i] as number,
      columns[3 * n + i] as number,
    );
    // The row is written later than the inbox.
    if (ordinal + i >= head.count) summarize(head, columns[i] as number, columns[3 * n + i] as number);
  }
  head.boxed = ordinal + n;
  head.count = Math.max(head.count, head.boxed);
}

/** Takes a point that counts into the summary. */
export function summarize(head: Head, step: number, value: number): void {
  head.last = value;
  head.lastStep = step;
  widen(head, value);
}

export function widen(head: Head, value: number): void {
  if (value < head.min || head.min !== head.min) head.min = value;
  if (value > head.max || head.max !== head.max) head.max = value;
}

/** Splits a row of buckets. */
export function split(row: Float64Array): Bucket[] {
  const buckets: Bucket[] = [];
  for (let at = 0; at < row.length; at += BUCKET_FLOATS) buckets.push(row.slice(at, at + BUCKET_FLOATS));
  return buckets;
}
