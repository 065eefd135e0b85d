import { Points } from './points.js';
import { BUCKET_POINTS, F, POINT_FIELDS } from './pyramid.js';
import type { Head } from './head.js';
import { type Axis, CHUNK_BUDGET, type ChunkSource, type Range, RANGE_FIELDS, Walk } from './walk.js';

/** Points of a column: lowest, highest, last, one that is not finite. */
const PER_COLUMN = 3;

const X_FIELD = { step: 1, time: 2, epoch: 3 } as const;

export interface Selection {
  /** Ordered by x; equal ones in the order logged. */
  points: Points;
  inRange: number;
  /** False: some points represent several. */
  exact: boolean;
}

/**
 * Selects at most about `limit` points of a range: all of them if they fit; else the range is divided into columns of
 * equal width, and the lowest, the highest, the last and one non-finite point of each are taken. A bucket narrower than
 * a column provides the same four. Every returned point was logged. `isNarrow`: the points have x on the range's axis
 * and values, nothing else.
 */
export function select(table: ChunkSource, head: Head, range: Range, limit: number, isNarrow = false): Selection {
  const walk = new Walk(table, head, range, isNarrow);
  const counting = head.count - (head.timeline?.lostCount ?? 0);
  const isShort = counting <= limit && isAll(range);
  const { inRange, low, high } = isShort ? { inRange: counting, low: 0, high: 0 } : measure(walk, range);
  if (inRange <= limit) {
    walk.budget = Infinity;
    return { points: sorted(collect(walk, range, inRange), range.x), inRange, exact: true };
  }
  walk.budget = CHUNK_BUDGET;
  const columns = new ColumnGrid(range.x, low, high, Math.max(1, Math.floor(limit / PER_COLUMN)));
  walk.visit({
    bucket(row, at, inside) {
      const span = (row[at + RANGE_FIELDS[range.x] + 1] as number) - (row[at + RANGE_FIELDS[range.x]] as number);
      const wide = span > columns.width || !inside;
      // At the lowest level a bucket is opened only as long as the budget lasts.
      if (wide && ((row[at] as number) > BUCKET_POINTS || walk.canDescend)) return false;
      for (const field of POINT_FIELDS) {
        const place = at + field;
        if ((row[place] as number) < 0) continue;
        const x = row[place + X_FIELD[range.x]] as number;
        if (!(x >= range.from && x <= range.to)) continue;
        columns.add(
          x,
          row[place + 1] as number,
          row[place + 2] as number,
          row[place + 3] as number,
          row[place + 4] as number,
        );
      }
      return true;
    },
    raw(points, from, to) {
      const xs = points.column(range.x);
      for (let i = from; i < to; i++) {
        const x = xs[i] as number;
        if (!(x >= range.from && x <= range.to)) continue;
        columns.add(
          x,
          points.steps[i] as number,
          points.times[i] as number,
          points.epochs[i] as number,
          points.values[i] as number,
        );
      }
    },
  });
  return { points: sorted(columns.points(), range.x), inRange, exact: false };
}

function measure(walk: Walk, range: Range): { inRange: number; low: number; high: number } {
  let inRange = 0;
  let low = Infinity;
  let high = -Infinity;
  walk.visit({
    bucket(row, at, inside) {
      // Without an epoch a point is not on that axis.
      const all = range.x === 'epoch' ? (row[at + F.epochs] as number) : (row[at] as number);
      const min = row[at + RANGE_FIELDS[range.x]] as number;
      const max = row[at + RANGE_FIELDS[range.x] + 1] as number;
      const whole = inside || (min >= range.from && max <= range.to);
      if (!whole && ((row[at] as number) > BUCKET_POINTS || walk.canDescend)) return false;
      inRange += all;
      low = Math.min(low, Math.max(min, range.from));
      high = Math.max(high, Math.min(max, range.to));
      return true;
    },
    raw(points, from, to) {
      const xs = points.column(range.x);
      for (let i = from; i < to; i++) {
        const x = xs[i] as number;
        if (!(x >= range.from && x <= range.to)) continue;
        inRange++;
        if (x < low) low = x;
        if (x > high) high = x;
      }
    },
  });
  return { inRange, low, high };
}

/** Returns whether a range contains every point. A point without an epoch is not on that axis. */
const isAll = ({ x, from, to }: Range): boolean => x !== 'epoch' && from === -Infinity && to === Infinity;

function collect(walk: Walk, range: Range, capacity: number): Points {
  // Most series of a chart with many are a single chunk, which need not be copied.
  let only: Points | null = null;
  let found: Points | null = null;
  const all = isAll(range);
  walk.visit({
    bucket: () => false,
    raw(points, from, to) {
      if (all && !found && !only && from === 0 && to === points.length) {
        only = points;
        return;
      }
      if (!found) {
        found = new Points(Math.max(capacity, 1));
        if (only) found.append(only);
      }
      if (all) return found.append(points, from, to);
      const xs = points.column(range.x);
      for (let i = from; i < to; i++) {
        const x = xs[i] as number;
        if (!(x >= range.from && x <= range.to)) continue;
        found.push(
          points.steps[i] as number,
          points.times[i] as number,
          points.epochs[i] as number,
          points.values[i] as number,
        );
      }
    },
  });
  return found ?? only ?? new Points(1);
}

/** Points and their places in columns that one selection after the other uses: thousands of short series are read at once. */
const scratch = { kept: new Points(4096), slots: new Int32Array(4096) };
/** Number of columns for which the scratch is kept. */
const SCRATCH_COLUMNS = 16_384;

/** Collects the points worth drawing in each column, as indices into `kept`. Only one may be in use at a time. */
class ColumnGrid {
  readonly width: number;
  private readonly kept: Points;
  private readonly slots: Int32Array;

  constructor(
    private readonly x: Axis,
    private readonly low: number,
    high: number,
    private readonly count: number,
  ) {
    this.width = (high - low) / count;
    const isLarge = count > SCRATCH_COLUMNS;
    this.kept = isLarge ? new Points(count) : scratch.kept;
    this.kept.length = 0;
    if (!isLarge && scratch.slots.length < count * 4) scratch.slots = new Int32Array(count * 4);
    this.slots = (isLarge ? new Int32Array(count * 4) : scratch.slots).fill(-1, 0, count * 4);
  }

  add(x: number, step: number, time: number, epoch: number, value: number): void {
    const column = this.width > 0 ? Math.min(this.count - 1, Math.floor((x - this.low) / this.width)) : 0;
    const slot = column * 4;
    if (value - value !== 0) {
      if (this.slots[slot + 3] === -1) this.keep(slot + 3, step, time, epoch, value);
      return;
    }
    const min = this.slots[slot] as number;
    const max = this.slots[slot + 1] as number;
    const last = this.slots[slot + 2] as number;
    if (min === -1 || value < (this.kept.values[min] as number)) this.keep(slot, step, time, epoch, value);
    if (max === -1 || value > (this.kept.values[max] as number)) this.keep(slot + 1, step, time, epoch, value);
    if (last === -1 || x >= (this.kept.column(this.x)[last] as number)) this.keep(slot + 2, step, time, epoch, value);
  }

  points(): Points {
    const { kept, slots } = this;
    const found = new Points(Math.max(kept.length, 1));
    const seen = new Int32Array(4);
    for (let column = 0; column < this.count; column++) {
      let n = 0;
      for (let i = column * 4; i < column * 4 + 4; i++) {
        const at = slots[i] as number;
        if (at === -1) continue;
        let isNew = true;
        for (let k = 0; isNew && k < n; k++) isNew = !isSame(kept, seen[k] as number, at);
        if (!isNew) continue;
        seen[n++] = at;
        found.push(
          kept.steps[at] as number,
          kept.times[at] as number,
          kept.epochs[at] as number,
          kept.values[at] as number,
        );
      }
    }
    return found;
  }

  private keep(slot: number, step: number, time: number, epoch: number, value: number): void {
    const at = this.slots[slot] as number;
    if (at === -1) {
      this.slots[slot] = this.kept.length;
      this.kept.push(step, time, epoch, value);
      return;
    }
    this.kept.steps[at] = step;
    this.kept.times[at] = time;
    this.kept.epochs[at] = epoch;
    this.kept.values[at] = value;
  }
}

const isSame = ({ steps, times, epochs, values }: Points, a: number, b: number): boolean =>
  Object.is(values[a], values[b]) &&
  Object.is(steps[a], steps[b]) &&
  Object.is(times[a], times[b]) &&
  Object.is(epochs[a], epochs[b]);

/** By x, without changing the order of equals. */
export function sorted(points: Points, x: Axis): Points {
  const xs = points.column(x);
  let ordered = true;
  for (let i = 1; ordered && i < points.length; i++) ordered = (xs[i] as number) >= (xs[i - 1] as number);
  if (ordered) return points;
  const order = new Uint32Array(points.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  order.sort((a, b) => (xs[a] as number) - (xs[b] as number) || a - b);
  const result = new Points(Math.max(points.length, 1));
  for (const at of order) {
    result.push(
      points.steps[at] as number,
      points.times[at] as number,
      points.epochs[at] as number,
      points.values[at] as number,
    );
  }
  return result;
}
