import type { Database } from '../database.js';
import { decodeChunk, encodeChunk } from './codec.js';
import { orNull, restore, split, summarize, toHead, widen, type Head, type SeriesRow } from './head.js';
import { Points } from './points.js';
import {
  BUCKET_FLOATS,
  BUCKET_POINTS,
  bucketOf,
  type Bucket,
  CHUNK_POINTS,
  FANOUT,
  fromBytes,
  KEY_SPAN,
  mergeBuckets,
  ROW_BUCKETS,
  toBytes,
} from './pyramid.js';
import { Source } from './source.js';
import { Timeline } from './timeline.js';
import type { Axis } from './walk.js';

/** Inbox size at which pending points are folded into chunks, and how many series are folded with one commit. */
const INBOX_BYTES = 8 * 2 ** 20;
const FOLD_AT_ONCE = 64;
const MAX_HEADS = 50_000;
/** Float64s before a block's columns in an inbox row: series, ordinal of the first point, points. */
const BLOCK_HEAD = 3;

/**
 * Writes series. New points wait in memory and, with the same transaction, in an append-only inbox. A series is folded
 * as soon as it has a full chunk; the others are folded, a few per commit, once the inbox has grown.
 */
export class SeriesTable {
  private heads = new Map<number, Map<number, Head>>();
  private byId = new Map<number, Head>();
  private readonly touched = new Set<Head>();
  /** Series whose rows are behind: the inbox has their points. */
  private readonly unsaved = new Set<Head>();
  private inboxBytes = 0;
  private loaded = false;
  private sweep: { upTo: number; queue: Head[] } | null = null;

  constructor(private readonly db: Database) {
    db.beforeCommit(() => this.flush());
    db.onCatchUp(() => this.saveLate());
    db.holdBack();
    db.onRollback(() => this.forget());
  }

  /** All series of a run by metric; the map is live. */
  ofRun(run: number): Map<number, Head> {
    this.load();
    let heads = this.heads.get(run);
    if (!heads) {
      heads = new Map();
      for (const row of this.db.all<SeriesRow>('SELECT * FROM series WHERE run = ?', run)) {
        const head = this.byId.get(row.id) ?? toHead(row);
        heads.set(head.metric, head);
        this.byId.set(head.id, head);
      }
      this.heads.set(run, heads);
    }
    return heads;
  }

  create(run: number, metric: number, source: Source = Source.logged): Head {
    const { id } = this.db.run(
      'INSERT INTO series (run, metric, source, count, last_step, folded) VALUES (?, ?, ?, 0, 0, 0)',
      run,
      metric,
      source,
    );
    const empty = { count: 0, last: null, last_step: 0, min: null, max: null, folded: 0, launches: null };
    const head = toHead({ id, run, metric, source, ...empty });
    this.ofRun(run).set(metric, head);
    this.byId.set(id, head);
    return head;
  }

  /** Returns whether the point counts: not if a later launch has logged this step, or one before, already. */
  append(head: Head, step: number, time: number, epoch: number, value: number, launch = 1): boolean {
    if (launch > 1) head.timeline ??= Timeline.begin();
    const { timeline } = head;
    const counts = timeline === null || timeline.add(head.count, launch, step);
    (head.pending ??= new Points(4)).push(step, time, epoch, value);
    head.count++;
    if (!head.isTouched) this.touch(head);
    if (!counts) return false;
    if (timeline === null || launch >= timeline.newest) summarize(head, step, value);
    else widen(head, value);
    return true;
  }

  /** Once points were lost. The last one is the latest launch's and never among them. */
  resummarize(head: Head, { min, max }: { min: number; max: number }): void {
    Object.assign(head, { min, max });
    this.touch(head);
  }

  private touch(head: Head): void {
    head.isTouched = true;
    this.touched.add(head);
  }

  /** Series for reading, with its pending points. */
  find(run: number, metric: number): Head | null {
    this.load();
    const known = this.heads.get(run)?.get(metric);
    if (known) return known;
    const row = this.db.get<SeriesRow>('SELECT * FROM series WHERE run = ? AND metric = ?', run, metric);
    return row ? (this.byId.get(row.id) ?? toHead(row)) : null;
  }

  /** Series of one metric for reading, of the runs that have it. */
  findMany(runs: readonly number[], metric: number): Head[] {
    this.load();
    const unknown = runs.filter((run) => !this.heads.get(run)?.has(metric));
    const found = runs.flatMap((run) => this.heads.get(run)?.get(metric) ?? []);
    if (unknown.length === 0) return found;
    const rows = this.db.all<SeriesRow>(
      `SELECT series.* FROM json_each(?) wanted CROSS JOIN series ON series.run = wanted.value AND series.metric = ?`,
      ...[JSON.stringify(unknown), metric],
    );
    return [...found, ...rows.map((row) => this.byId.get(row.id) ?? toHead(row))];
  }

  chunk(head: Head, number: number, x?: Axis): Points {
    const row = this.db.get<{ data: Uint8Array }>('SELECT data FROM chunks WHERE key = ?', head.id * KEY_SPAN + number);
    if (!row) throw new Error(`chunk ${number} of series ${head.id} is missing`);
    return decodeChunk(row.data, x);
  }

  row(head: Head, level: number, number: number): Float64Array {
    const key = head.id * KEY_SPAN + number;
    const row = this.db.get<{ data: Uint8Array }>('SELECT data FROM pyramid WHERE level = ? AND key = ?', level, key);
    if (!row) throw new Error(`row ${number} of level ${level} of series ${head.id} is missing`);
    return fromBytes(row.data);
  }

  purge(run: number): void {
    for (const head of [...this.ofRun(run).values()]) this.remove(head);
    this.heads.delete(run);
  }

  /** Forgets a series with its points. */
  remove(head: Head): void {
    const drop = (sql: string, id: number): void => {
      this.db.run(sql, id * KEY_SPAN, (id + 1) * KEY_SPAN - 1);
    };
    drop('DELETE FROM chunks WHERE key BETWEEN ? AND ?', head.id);
    if (head.folded >= CHUNK_POINTS) {
      const levels = this.db.get<{ top: number | null }>('SELECT max(level) top FROM pyramid')?.top ?? -1;
      for (let level = 0; level <= levels; level++) {
        drop(`DELETE FROM pyramid WHERE level = ${level} AND key BETWEEN ? AND ?`, head.id);
      }
    }
    this.db.run('DELETE FROM overviews WHERE metric = ? AND series = ?', head.metric, head.id);
    head.pending = null;
    head.folded = head.boxed = head.count;
    this.byId.delete(head.id);
    head.isTouched = false;
    this.touched.delete(head);
    this.unsaved.delete(head);
    this.heads.get(head.run)?.delete(head.metric);
    this.db.run('DELETE FROM series WHERE id = ?', head.id);
  }

  /** Folds a part of the pending points. Returns true while there are more. Call it within a transaction. */
  foldSome(): boolean {
    this.load();
    this.flush();
    if (!this.sweep) this.startSweep();
    this.sweepOn();
    // A sweep leaves what came after it had begun to the next one.
    return this.sweep !== null || this.inboxBytes > 0;
  }

  private flush(): void {
    if (this.touched.size === 0) return;
    for (const head of this.touched) {
      const isFull = (head.folded % CHUNK_POINTS) + (head.pending?.length ?? 0) >= CHUNK_POINTS;
      if (isFull) this.foldHead(head, false);
      // Lost points can't be recognized in the inbox.
      if (isFull || head.timeline) this.save(head);
      else this.unsaved.add(head);
    }
    this.writeInbox();
    for (const head of this.touched) head.isTouched = false;
    this.touched.clear();
    if (this.unsaved.size > 0) this.db.holdBack();
    if (!this.sweep && this.inboxBytes > INBOX_BYTES) this.startSweep();
    if (this.sweep) this.sweepOn();
    if (this.byId.size > MAX_HEADS) this.evict();
  }

  /** Writes the rows of some runs. */
  saveRuns(runs: readonly number[]): void {
    this.load();
    const wanted = new Set(runs);
    for (const head of this.unsaved) if (wanted.has(head.run)) this.save(head);
  }

  /** Writes the rows that are behind. */
  private saveLate(): void {
    // Another process that opens the file has to read its inbox first, because the rows are incomplete.
    this.load();
    for (const head of this.unsaved) this.save(head);
    this.unsaved.clear();
  }

  private save(head: Head): void {
    this.unsaved.delete(head);
    this.db.run(
      'UPDATE series SET count = ?, last = ?, last_step = ?, min = ?, max = ?, folded = ? WHERE id = ?',
      head.count,
      orNull(head.last),
      head.lastStep,
      orNull(head.min),
      orNull(head.max),
      head.folded,
      head.id,
    );
    const { timeline } = head;
    if (!timeline?.unsaved) return;
    this.db.run('UPDATE series SET launches = ?, lost = ? WHERE id = ?', timeline.text(), timeline.lostCount, head.id);
    timeline.unsaved = false;
  }

  private writeInbox(): void {
    let size = 0;
    for (const head of this.touched) {
      const fresh = head.count - Math.max(head.boxed, head.folded);
      if (fresh > 0) size += BLOCK_HEAD + 4 * fresh;
    }
    if (size === 0) return;
    const block = new Float64Array(size);
    let at = 0;
    for (const head of this.touched) {
      const from = Math.max(head.boxed, head.folded);
      const n = head.count - from;
      if (n <= 0 || !head.pending) continue;
      const skip = from - head.folded;
      block[at] = head.id;
      block[at + 1] = from;
      block[at + 2] = n;
      at += BLOCK_HEAD;
      for (const column of [head.pending.steps, head.pending.times, head.pending.epochs, head.pending.values]) {
        block.set(column.subarray(skip, skip + n), at);
        at += n;
      }
      head.boxed = head.count;
    }
    this.db.run('INSERT INTO inbox (data) VALUES (?)', toBytes(block));
    this.inboxBytes += size * 8;
  }

  private startSweep(): void {
    const upTo = this.db.get<{ top: number | null }>('SELECT max(seq) top FROM inbox')?.top ?? null;
    if (upTo === null) return;
    this.sweep = { upTo, queue: [...this.byId.values()].filter((head) => head.pending) };
  }

  private sweepOn(): void {
    if (!this.sweep) return;
    for (const head of this.sweep.queue.splice(-FOLD_AT_ONCE * Math.ceil(this.inboxBytes / INBOX_BYTES || 1))) {
      if (!head.pending) continue;
      this.foldHead(head, true);
      this.save(head);
    }
    if (this.sweep.queue.length > 0) return;
    this.db.run('DELETE FROM inbox WHERE seq <= ?', this.sweep.upTo);
    this.inboxBytes = this.measureInbox();
    this.sweep = null;
  }

  /** Moves pending points into chunks: the full ones, or all, so that the last chunk is a part to be redone later. */
  private foldHead(head: Head, all: boolean): void {
    const end = all ? head.count : head.count - (head.count % CHUNK_POINTS);
    if (!head.pending || end <= head.folded) return;
    let number = Math.floor(head.folded / CHUNK_POINTS);
    const part = head.folded % CHUNK_POINTS;
    let points = head.pending;
    const taken = end - head.folded;
    if (part > 0) {
      points = this.chunk(head, number);
      points.append(head.pending, 0, taken);
    }
    const buckets: Bucket[] = [];
    for (let from = 0; from < part + taken; from += CHUNK_POINTS, number++) {
      const to = Math.min(from + CHUNK_POINTS, part + taken);
      this.db.run(
        'INSERT OR REPLACE INTO chunks (key, data) VALUES (?, ?)',
        head.id * KEY_SPAN + number,
        encodeChunk(points, from, to),
      );
      if (to - from < CHUNK_POINTS) break;
      for (let at = from; at < to; at += BUCKET_POINTS) {
        buckets.push(bucketOf(points, at, at + BUCKET_POINTS, number * CHUNK_POINTS + at - from));
      }
    }
    const before = Math.floor(head.folded / CHUNK_POINTS) * (CHUNK_POINTS / BUCKET_POINTS);
    this.addBuckets(head, 0, before, buckets);
    // A series that fills chunks goes on to do so; of the others nothing is kept.
    if (all) head.pending = null;
    else head.pending.drop(taken);
    head.folded = end;
    head.boxed = Math.max(head.boxed, end);
  }

  /** Appends buckets to a level that has `before` of them, and complete ones to the levels above. */
  private addBuckets(head: Head, level: number, before: number, buckets: readonly Bucket[]): void {
    if (buckets.length === 0) return;
    let tail = head.tails[level];
    if (!tail || tail.length !== before % ROW_BUCKETS) {
      tail = before % ROW_BUCKETS === 0 ? [] : split(this.row(head, level, Math.floor(before / ROW_BUCKETS)));
    }
    const above: Bucket[] = [];
    let at = before;
    for (const bucket of buckets) {
      tail.push(bucket);
      at++;
      if (at % FANOUT === 0) above.push(mergeBuckets(tail.slice(-FANOUT)));
      if (at % ROW_BUCKETS === 0) {
        this.saveRow(head, level, at / ROW_BUCKETS - 1, tail);
        tail = [];
      }
    }
    if (tail.length > 0) this.saveRow(head, level, Math.floor(at / ROW_BUCKETS), tail);
    head.tails[level] = tail;
    this.addBuckets(head, level + 1, Math.floor(before / FANOUT), above);
  }

  private saveRow(head: Head, level: number, number: number, buckets: readonly Bucket[]): void {
    const row = new Float64Array(buckets.length * BUCKET_FLOATS);
    buckets.forEach((bucket, i) => row.set(bucket, i * BUCKET_FLOATS));
    this.db.run(
      'INSERT OR REPLACE INTO pyramid (level, key, data) VALUES (?, ?, ?)',
      level,
      head.id * KEY_SPAN + number,
      toBytes(row),
    );
  }

  /** Takes pending points back from the inbox, after opening or a rollback. */
  private load(): void {
    if (this.loaded) return;
    this.forget();
    this.loaded = true;
    this.inboxBytes = this.measureInbox();
    for (const { data } of this.db.all<{ data: Uint8Array }>('SELECT data FROM inbox ORDER BY seq')) {
      const block = fromBytes(data);
      let at = 0;
      while (at + BLOCK_HEAD <= block.length) {
        const [id, ordinal, n] = [block[at] as number, block[at + 1] as number, block[at + 2] as number];
        at += BLOCK_HEAD;
        const head = this.headById(id);
        if (head) {
          const { count } = head;
          restore(head, ordinal, n, block.subarray(at, at + 4 * n));
          if (head.count > count) this.unsaved.add(head);
        }
        at += 4 * n;
      }
    }
  }

  private headById(id: number): Head | null {
    const known = this.byId.get(id);
    if (known) return known;
    const row = this.db.get<SeriesRow>('SELECT * FROM series WHERE id = ?', id);
    if (!row) return null;
    const head = toHead(row);
    head.boxed = head.folded;
    this.byId.set(id, head);
    return head;
  }

  private measureInbox(): number {
    return this.db.get<{ size: number | null }>('SELECT sum(length(data)) size FROM inbox')?.size ?? 0;
  }

  private evict(): void {
    for (const [run, heads] of this.heads) {
      if ([...heads.values()].some((head) => head.pending || this.unsaved.has(head))) continue;
      for (const head of heads.values()) this.byId.delete(head.id);
      this.heads.delete(run);
    }
  }

  private forget(): void {
    this.heads = new Map();
    this.byId = new Map();
    this.touched.clear();
    this.unsaved.clear();
    this.sweep = null;
    this.loaded = false;
    this.db.holdBack();
  }
}
