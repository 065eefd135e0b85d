import type { Points as Columns } from './points.js';
import { Points } from './points.js';
import { BUCKET_FLOATS, BUCKET_POINTS, CHUNK_POINTS, F, FANOUT, POINT_FIELDS, ROW_BUCKETS } from './pyramid.js';
import type { Head, SeriesTable } from './table.js';

export type Axis = 'step' | 'time' | 'epoch';

export interface Range {
  x: Axis;
  from: number;
  to: number;
}

/** Chunks that one selection may decode (0.5M points, some 10 ms); beyond it buckets stand for their points. */
const CHUNK_BUDGET = 512;
/** Points of a column: lowest, highest, last, one that is not finite. */
const PER_COLUMN = 3;

const RANGE_FIELDS = { step: F.stepMin, time: F.timeMin, epoch: F.epochMin } as const;
const X_FIELD = { step: 1, time: 2, epoch: 3 } as const;

interface Visitor {
  /** A bucket with points in the range, given as its place in `row`. True: taken as it is; false: show me what is below. */
  bucket(row: Float64Array, at: number, inside: boolean): boolean;
  /** Points `from` to `to`, not yet filtered by the range. */
  raw(points: Columns, from: number, to: number): void;
}

/** Walks over a series from the top of its pyramid down to where it is asked for detail. */
class Walk {
  private readonly rows = new Map<number, Float64Array>();
  private readonly chunks = new Map<number, Columns>();
  budget = CHUNK_BUDGET;

  constructor(
    private readonly table: SeriesTable,
    private readonly head: Head,
    private readonly range: Range,
  ) {}

  visit(visitor: Visitor): void {
    const chunks = Math.floor(this.head.folded / CHUNK_POINTS);
    const counts = [(chunks * CHUNK_POINTS) / BUCKET_POINTS];
    for (let n = counts[0] as number; n >= FANOUT;) counts.push((n = Math.floor(n / FANOUT)));
    // What the top level does not cover yet hangs from the levels below.
    let from = 0;
    for (let level = counts.length - 1; level >= 0; level--) {
      for (let i = from; i < (counts[level] as number); i++) this.bucket(visitor, level, i);
      from = (counts[level] as number) * FANOUT;
    }
    if (this.head.folded % CHUNK_POINTS > 0) {
      const points = this.chunk(chunks);
      visitor.raw(points, 0, points.length);
    }
    if (this.head.pending) visitor.raw(this.head.pending, 0, this.head.pending.length);
  }

  private bucket(visitor: Visitor, level: number, index: number): void {
    const row = this.row(level, Math.floor(index / ROW_BUCKETS));
    const at = (index % ROW_BUCKETS) * BUCKET_FLOATS;
    const low = row[at + RANGE_FIELDS[this.range.x]] as number;
    const high = row[at + RANGE_FIELDS[this.range.x] + 1] as number;
    const { from, to } = this.range;
    if (!(low <= to && high >= from)) return;
    const inside = low >= from && high <= to && (this.range.x !== 'epoch' || row[at + F.epochs] === row[at]);
    if (visitor.bucket(row, at, inside)) return;
    if (level > 0) {
      for (let child = index * FANOUT; child < (index + 1) * FANOUT; child++) this.bucket(visitor, level - 1, child);
      return;
    }
    const first = index * BUCKET_POINTS;
    const points = this.chunk(Math.floor(first / CHUNK_POINTS));
    visitor.raw(points, first % CHUNK_POINTS, (first % CHUNK_POINTS) + BUCKET_POINTS);
  }

  /** Whether the points below a bucket can still be had. */
  get canDescend(): boolean {
    return this.budget > 0;
  }

  private row(level: number, number: number): Float64Array {
    const key = level * 2 ** 32 + number;
    let row = this.rows.get(key);
    if (!row) this.rows.set(key, (row = this.table.row(this.head, level, number)));
    return row;
  }

  private chunk(number: number): Columns {
    let points = this.chunks.get(number);
    if (!points) {
      if (this.chunks.size > CHUNK_BUDGET) this.chunks.clear();
      this.chunks.set(number, (points = this.table.chunk(this.head, number)));
      this.budget--;
    }
    return points;
  }
}

export interface Selection {
  /** Ordered by x; equal ones in the order logged. */
  points: Points;
  inRange: number;
  /** False: some points stand for several. */
  exact: boolean;
}

/**
 * At most about `limit` points of a range. All, if so many fit; else the range is cut into columns of equal width and of
 * each the lowest, the highest, the last and one non-finite point are taken. A bucket narrower than a column gives
 * the same four of its own; every point given is one that was logged.
 */
export function select(table: SeriesTable, head: Head, range: Range, limit: number): Selection {
  const walk = new Walk(table, head, range);
  const { inRange, low, high } = measure(walk, range);
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

function collect(walk: Walk, range: Range, capacity: number): Points {
  const found = new Points(Math.max(capacity, 1));
  walk.visit({
    bucket: () => false,
    raw(points, from, to) {
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
  return found;
}

/** Of each column the points worth drawing, as indices into `kept`. */
class ColumnGrid {
  readonly width: number;
  private readonly kept = new Points(4096);
  private readonly slots: Int32Array;

  constructor(
    private readonly x: Axis,
    private readonly low: number,
    high: number,
    private readonly count: number,
  ) {
    this.width = (high - low) / count;
    this.slots = new Int32Array(count * 4).fill(-1);
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
    const found = new Points(this.slots.length);
    for (let column = 0; column < this.count; column++) {
      const seen: number[] = [];
      for (let i = 0; i < 4; i++) {
        const at = this.slots[column * 4 + i] as number;
        if (at === -1) continue;
        const same = seen.some((other) =>
          (['steps', 'times', 'epochs', 'values'] as const).every((name) =>
            Object.is(this.kept[name][other], this.kept[name][at]),
          ),
        );
        if (same) continue;
        seen.push(at);
        found.append(this.kept, at, at + 1);
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
