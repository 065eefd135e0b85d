import type { Points } from './points.js';
import { BUCKET_FLOATS, BUCKET_POINTS, CHUNK_POINTS, F, FANOUT, ROW_BUCKETS } from './pyramid.js';
import type { Head } from './head.js';

export type Axis = 'step' | 'time' | 'epoch';

export interface Range {
  x: Axis;
  from: number;
  to: number;
}

export const EVERYWHERE: Range = { x: 'step', from: -Infinity, to: Infinity };

/** Chunks that one selection may decode (0.5M points, about 10 ms); beyond that, buckets represent their points. */
export const CHUNK_BUDGET = 512;

export const RANGE_FIELDS = { step: F.stepMin, time: F.timeMin, epoch: F.epochMin } as const;

/** Reads what is stored of a series. `x`: only this column and the values are needed. */
export interface ChunkSource {
  chunk(head: Head, number: number, x?: Axis): Points;
  row(head: Head, level: number, number: number): Float64Array;
}

export interface Visitor {
  /**
   * Called for a bucket with points in the range, given as its index in `row`. True: use it as it is; false: visit the
   * buckets below it.
   */
  bucket(row: Float64Array, at: number, inside: boolean): boolean;
  /** Points `from` to `to`, not yet filtered by the range; the first of them is number `ordinal` of the series. */
  raw(points: Points, from: number, to: number, ordinal: number): void;
}

/** Walks over the points of a series that count, from the top of its pyramid down to where it is asked for detail. */
export class Walk {
  private readonly rows = new Map<number, Float64Array>();
  private readonly chunks = new Map<number, Points>();
  budget = CHUNK_BUDGET;

  constructor(
    private readonly table: ChunkSource,
    private readonly head: Head,
    private readonly range: Range,
    /** True: of the points only x on the range's axis and the values matter. */
    private readonly isNarrow = false,
  ) {}

  visit(visitor: Visitor): void {
    const chunks = Math.floor(this.head.folded / CHUNK_POINTS);
    const counts = [(chunks * CHUNK_POINTS) / BUCKET_POINTS];
    for (let n = counts[0] as number; n >= FANOUT;) counts.push((n = Math.floor(n / FANOUT)));
    // Points that the top level does not cover yet are below the lower levels.
    let from = 0;
    for (let level = counts.length - 1; level >= 0; level--) {
      for (let i = from; i < (counts[level] as number); i++) this.bucket(visitor, level, i);
      from = (counts[level] as number) * FANOUT;
    }
    if (this.head.folded % CHUNK_POINTS > 0) {
      const points = this.chunk(chunks);
      this.raw(visitor, points, 0, points.length, chunks * CHUNK_POINTS);
    }
    const { pending, folded } = this.head;
    if (pending) this.raw(visitor, pending, 0, pending.length, folded);
  }

  private raw(visitor: Visitor, points: Points, from: number, to: number, ordinal: number): void {
    const { timeline } = this.head;
    if (!timeline) return visitor.raw(points, from, to, ordinal);
    const shift = ordinal - from;
    for (const [begin, end] of timeline.counting(ordinal, ordinal + to - from)) {
      visitor.raw(points, begin - shift, end - shift, begin);
    }
  }

  private bucket(visitor: Visitor, level: number, index: number): void {
    const row = this.row(level, Math.floor(index / ROW_BUCKETS));
    const at = (index % ROW_BUCKETS) * BUCKET_FLOATS;
    const low = row[at + RANGE_FIELDS[this.range.x]] as number;
    const high = row[at + RANGE_FIELDS[this.range.x] + 1] as number;
    const { from, to } = this.range;
    if (!(low <= to && high >= from)) return;
    const size = BUCKET_POINTS * FANOUT ** level;
    const lost = this.head.timeline?.overlap(index * size, (index + 1) * size) ?? 'none';
    if (lost === 'all') return;
    const inside = low >= from && high <= to && (this.range.x !== 'epoch' || row[at + F.epochs] === row[at]);
    // A bucket can't represent its points if some of them are lost.
    if (lost === 'none' && visitor.bucket(row, at, inside)) return;
    if (level > 0) {
      for (let child = index * FANOUT; child < (index + 1) * FANOUT; child++) this.bucket(visitor, level - 1, child);
      return;
    }
    const first = index * BUCKET_POINTS;
    const points = this.chunk(Math.floor(first / CHUNK_POINTS));
    this.raw(visitor, points, first % CHUNK_POINTS, (first % CHUNK_POINTS) + BUCKET_POINTS, first);
  }

  /** True if the points below a bucket can still be read. */
  get canDescend(): boolean {
    return this.budget > 0;
  }

  private row(level: number, number: number): Float64Array {
    const key = level * 2 ** 32 + number;
    let row = this.rows.get(key);
    if (!row) this.rows.set(key, (row = this.table.row(this.head, level, number)));
    return row;
  }

  private chunk(number: number): Points {
    let points = this.chunks.get(number);
    if (!points) {
      if (this.chunks.size > CHUNK_BUDGET) this.chunks.clear();
      this.chunks.set(number, (points = this.table.chunk(this.head, number, this.isNarrow ? this.range.x : undefined)));
      this.budget--;
    }
    return points;
  }
}
