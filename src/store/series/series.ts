import type { z } from 'zod';
import { SeriesQuery, type MetricPoint, type RankPoint, type SeriesData } from '../../protocol/engine/index.js';
import { nameAt, ranksWith } from '../../protocol/engine/ranks.js';
import { toWire } from '../../protocol/values/index.js';
import { packPoints } from '../../protocol/values/packedPoints.js';
import type { SeriesApi } from '../api.js';
import type { Database } from '../database.js';
import type { MetricNames } from '../names.js';
import type { RunWriter } from '../runs/writer.js';
import { StoreWriteError } from '../errors.js';
import { Bulk } from './bulk.js';
import { overRanks } from './overRanks.js';
import { Overviews } from './overviews.js';
import { Points, progressOf } from './points.js';
import { CHUNK_POINTS } from './pyramid.js';
import { select } from './select.js';
import type { Head } from './head.js';
import type { SeriesTable } from './table.js';
import { EVERYWHERE } from './walk.js';

/** Reads series by run id and metric name. */
export class Series implements SeriesApi {
  private readonly overviews: Overviews;

  constructor(
    private readonly db: Database,
    private readonly names: MetricNames,
    private readonly table: SeriesTable,
    private readonly runs: Pick<RunWriter, 'key' | 'keys'>,
  ) {
    this.overviews = new Overviews(db, table);
  }

  read(asked: z.input<typeof SeriesQuery>): SeriesData {
    return this.readChecked(SeriesQuery.parse(asked));
  }

  readChecked(query: z.output<typeof SeriesQuery>): SeriesData {
    return this.readSome([query])[0]!;
  }

  readSome(queries: readonly z.output<typeof SeriesQuery>[], budgetMs = Infinity): SeriesData[] {
    const until = performance.now() + budgetMs;
    this.db.settle();
    const answers: SeriesData[] = [];
    // Heads in memory are never behind.
    this.db.knowingly(() => {
      const bulk = new Bulk(this.db, this.names, this.table, this.runs, this.overviews, queries);
      for (const query of queries) {
        answers.push(this.answer(query, bulk));
        if (performance.now() >= until) break;
      }
    });
    this.saveOverviews();
    return answers;
  }

  prepare(budgetMs = 10): boolean {
    this.db.settle();
    const more = this.db.knowingly(() => this.overviews.prepare(budgetMs));
    this.saveOverviews();
    return more;
  }

  private saveOverviews(): void {
    try {
      this.overviews.save();
    } catch (error) {
      // Reading works on a full disk, too.
      if (!(error instanceof StoreWriteError)) throw error;
    }
  }

  private answer(query: z.output<typeof SeriesQuery>, bulk: Bulk): SeriesData {
    const { run, metric, x } = query;
    const head = bulk.find(run, metric);
    if (!head) return { run, metric, mode: 'replace', total: 0, inRange: 0, x: [], y: [] };
    const range = { x, from: query.from ?? -Infinity, to: query.to ?? Infinity };
    const total = head.count;
    // The points that the client has may have been lost since.
    const after = query.after === undefined || query.after < (head.timeline?.markedAt ?? 0) ? null : query.after;
    if (after !== null && after <= total && total <= query.points) {
      const fresh = this.counting(head, after);
      const data: SeriesData = { run, metric, mode: 'append', total, inRange: 0, x: [], y: [] };
      for (let i = 0; i < fresh.length; i++) {
        const at = fresh.column(x)[i] as number;
        if (!(at >= range.from && at <= range.to)) continue;
        data.x.push(at);
        data.y.push(toWire(fresh.values[i] as number));
      }
      const whole = range.from === -Infinity && range.to === Infinity && x !== 'epoch';
      data.inRange = whole ? total - lostOf(head) : select(this.table, head, range, total).inRange;
      return data;
    }
    const overview = bulk.overview(head, query);
    const { points, inRange } = overview
      ? { points: overview, inRange: total }
      : select(bulk, head, range, query.points, true);
    if (query.packed) {
      const bytes = packPoints(points.column(x), points.values, points.length);
      const packed = Buffer.from(bytes.buffer).toString('base64');
      return { run, metric, mode: 'replace', total, inRange, x: [], y: [], packed };
    }
    const xs = new Array<number>(points.length);
    const ys = new Array<SeriesData['y'][number]>(points.length);
    const column = points.column(x);
    for (let i = 0; i < points.length; i++) {
      xs[i] = column[i] as number;
      ys[i] = toWire(points.values[i] as number);
    }
    return { run, metric, mode: 'replace', total, inRange, x: xs, y: ys };
  }

  points(
    run: string,
    metric: string,
    options: { points?: number; offset?: number; limit?: number; lost?: boolean } = {},
  ): { total: number; points: MetricPoint[] } {
    const head = this.head(run, metric);
    if (!head) return { total: 0, points: [] };
    const { offset = 0, limit = 100_000, lost = false } = options;
    const total = lost ? head.count : head.count - lostOf(head);
    const found =
      options.points !== undefined
        ? select(this.table, head, EVERYWHERE, options.points).points
        : lost
          ? this.stretch(head, offset, offset + limit)
          : this.counting(head, 0, offset, limit);
    const points = new Array<MetricPoint>(found.length);
    for (let i = 0; i < found.length; i++) {
      const epoch = found.epochs[i] as number;
      points[i] = {
        step: found.steps[i] as number,
        time: found.times[i] as number,
        value: toWire(found.values[i] as number),
        epoch: Number.isNaN(epoch) ? null : epoch,
      };
      if (lost && options.points === undefined && head.timeline?.isLost(offset + i)) points[i]!.lost = true;
    }
    return { total, points };
  }

  ranks(
    run: string,
    metric: string,
    { offset = 0, limit = 100_000 }: { offset?: number; limit?: number } = {},
  ): { ranks: number[]; total: number; points: RankPoint[] } {
    const ranks = ranksWith(this.metricsOf(run), metric);
    const heads = ranks.flatMap((rank) => this.head(run, nameAt(metric, rank)) ?? []);
    const merged = overRanks(heads.map((head) => this.counting(head, 0)));
    return { ranks, total: merged.length, points: merged.slice(offset, offset + limit) };
  }

  logged(run: string, metric: string): number {
    return this.head(run, metric)?.count ?? 0;
  }

  values(run: string, metric: string, from = 0): { step: number; value: number }[] {
    const head = this.head(run, metric);
    if (!head) return [];
    const found = this.counting(head, from);
    return Array.from({ length: found.length }, (_, i) => ({
      step: progressOf(found.steps[i] as number, found.epochs[i] as number),
      value: found.values[i] as number,
    }));
  }

  fold(budgetMs = 20): boolean {
    const until = performance.now() + budgetMs;
    for (;;) {
      const more = this.db.transaction(() => this.table.foldSome());
      if (!more || performance.now() >= until) return more;
    }
  }

  /** Names of all metrics of a run. */
  private metricsOf(run: string): string[] {
    this.db.settle();
    return this.db.knowingly(() => {
      const key = this.runs.key(run);
      return key === null ? [] : [...this.table.ofRun(key).keys()].map((id) => this.names.name(id));
    });
  }

  private head(run: string, metric: string): Head | null {
    this.db.settle();
    // Heads in memory are never behind.
    return this.db.knowingly(() => {
      const id = this.names.find(metric);
      if (id === undefined) return null;
      const key = this.runs.key(run);
      return key === null ? null : this.table.find(key, id);
    });
  }

  /** Points that count, of those number `from` on in the order logged: without the first `skip` of them, at most `limit`. */
  private counting(head: Head, from: number, skip = 0, limit = Infinity): Points {
    if (!head.timeline) return this.stretch(head, from + skip, from + skip + limit);
    const found = new Points();
    for (const [begin, end] of head.timeline.counting(from, head.count)) {
      const start = begin + skip;
      skip = Math.max(0, start - end);
      if (start < end) found.append(this.stretch(head, start, Math.min(end, start + limit - found.length)));
      if (found.length >= limit) break;
    }
    return found;
  }

  /** Points number `from` to `to` in the order logged. */
  private stretch(head: Head, from: number, to: number): Points {
    const end = Math.min(to, head.count);
    const found = new Points(Math.max(end - from, 1));
    let at = from;
    while (at < Math.min(end, head.folded)) {
      const first = at - (at % CHUNK_POINTS);
      const chunk = this.table.chunk(head, first / CHUNK_POINTS);
      const upTo = Math.min(end - first, chunk.length);
      found.append(chunk, at - first, upTo);
      at = first + upTo;
    }
    if (at < end && head.pending) found.append(head.pending, at - head.folded, end - head.folded);
    return found;
  }
}

const lostOf = (head: Head): number => head.timeline?.lostCount ?? 0;
