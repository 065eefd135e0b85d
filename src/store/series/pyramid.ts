/**
 * The pyramid over a series: buckets with their range and the points worth drawing (min, max, last, and one that is not
 * finite). A bucket of level 0 represents 256 points of a full chunk, one of level k+1 represents 16 buckets of level
 * k. One row of the table contains 64 buckets.
 */
import type { Points } from './points.js';

export const CHUNK_POINTS = 1024;
export const BUCKET_POINTS = 256;
export const FANOUT = 16;
export const ROW_BUCKETS = 64;
/** Chunks and pyramid rows of one series fit into a key range of this size. */
export const KEY_SPAN = 2 ** 20;

/** A bucket's fields, as float64s in this order. A point is its ordinal in the series, step, time, epoch and value; ordinal -1: none. */
export const F = {
  count: 0,
  stepMin: 1,
  stepMax: 2,
  timeMin: 3,
  timeMax: 4,
  epochMin: 5,
  epochMax: 6,
  /** How many points have an epoch. */
  epochs: 7,
  min: 8,
  max: 13,
  last: 18,
  gap: 23,
} as const;
export const BUCKET_FLOATS = 28;
export const POINT_FIELDS = [F.min, F.max, F.last, F.gap] as const;

export type Bucket = Float64Array;

export function emptyBucket(): Bucket {
  const bucket = new Float64Array(BUCKET_FLOATS);
  for (const field of [F.stepMin, F.timeMin, F.epochMin]) bucket[field] = Infinity;
  for (const field of [F.stepMax, F.timeMax, F.epochMax]) bucket[field] = -Infinity;
  for (const field of POINT_FIELDS) bucket[field] = -1;
  return bucket;
}

function put(bucket: Bucket, field: number, ordinal: number, points: Points, at: number): void {
  bucket[field] = ordinal;
  bucket[field + 1] = points.steps[at] as number;
  bucket[field + 2] = points.times[at] as number;
  bucket[field + 3] = points.epochs[at] as number;
  bucket[field + 4] = points.values[at] as number;
}

/** Bucket over points `from` to `to`; the first of them is number `ordinal` of the series. */
export function bucketOf(points: Points, from: number, to: number, ordinal: number): Bucket {
  const bucket = emptyBucket();
  let stepMin = Infinity;
  let stepMax = -Infinity;
  let timeMin = Infinity;
  let timeMax = -Infinity;
  let epochMin = Infinity;
  let epochMax = -Infinity;
  let epochs = 0;
  let min = -1;
  let max = -1;
  let last = -1;
  let gap = -1;
  for (let i = from; i < to; i++) {
    const step = points.steps[i] as number;
    const time = points.times[i] as number;
    const epoch = points.epochs[i] as number;
    const value = points.values[i] as number;
    if (step < stepMin) stepMin = step;
    if (step > stepMax) stepMax = step;
    if (time < timeMin) timeMin = time;
    if (time > timeMax) timeMax = time;
    if (epoch === epoch) {
      epochs++;
      if (epoch < epochMin) epochMin = epoch;
      if (epoch > epochMax) epochMax = epoch;
    }
    if (value - value === 0) {
      if (min < 0 || value < (points.values[min] as number)) min = i;
      if (max < 0 || value > (points.values[max] as number)) max = i;
      last = i;
    } else if (gap < 0) gap = i;
  }
  bucket.set([to - from, stepMin, stepMax, timeMin, timeMax, epochMin, epochMax, epochs]);
  if (min >= 0) {
    put(bucket, F.min, ordinal + min - from, points, min);
    put(bucket, F.max, ordinal + max - from, points, max);
    put(bucket, F.last, ordinal + last - from, points, last);
  }
  if (gap >= 0) put(bucket, F.gap, ordinal + gap - from, points, gap);
  return bucket;
}

/** One bucket for several, given in the order logged. */
export function mergeBuckets(parts: readonly Bucket[]): Bucket {
  const merged = emptyBucket();
  for (const part of parts) {
    const take = (field: number): void => merged.set(part.subarray(field, field + 5), field);
    merged[F.count]! += part[F.count]!;
    merged[F.epochs]! += part[F.epochs]!;
    for (const field of [F.stepMin, F.timeMin, F.epochMin]) merged[field] = Math.min(merged[field]!, part[field]!);
    for (const field of [F.stepMax, F.timeMax, F.epochMax]) merged[field] = Math.max(merged[field]!, part[field]!);
    if (part[F.min]! >= 0) {
      if (merged[F.min]! < 0 || part[F.min + 4]! < merged[F.min + 4]!) take(F.min);
      if (merged[F.max]! < 0 || part[F.max + 4]! > merged[F.max + 4]!) take(F.max);
      take(F.last);
    }
    if (part[F.gap]! >= 0 && merged[F.gap]! < 0) take(F.gap);
  }
  return merged;
}

export const toBytes = (buckets: Float64Array): Uint8Array =>
  new Uint8Array(buckets.buffer, buckets.byteOffset, buckets.byteLength);

export function fromBytes(bytes: Uint8Array): Float64Array {
  // A copy, as the bytes need not be aligned.
  return new Float64Array(bytes.slice().buffer);
}
