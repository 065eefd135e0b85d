import type { z } from 'zod';
import { SeriesQuery, type MetricPoint, type SeriesData } from '../../protocol/engine.js';
import { toWire } from '../../protocol/values.js';
import type { SeriesApi } from '../api.js';
import type { Database } from '../database.js';
import type { MetricNames } from '../names.js';
import { Points, progressOf } from './points.js';
import { CHUNK_POINTS } from './pyramid.js';
import { select } from './select.js';
import type { Head, SeriesTable } from './table.js';

const EVERYWHERE = { from: -Infinity, to: Infinity };

/** Reads series by run id and metric name. */
export class Series implements SeriesApi {
  constructor(
    private readonly db: Database,
    private readonly names: MetricNames,
    private readonly table: SeriesTable,
  ) {}

  read(asked: z.input<typeof SeriesQuery>): SeriesData {
    const query = SeriesQuery.parse(asked);
    const { run, metric, x } = query;
    const head = this.head(run, metric);
    if (!head) return { run, metric, mode: 'replace', total: 0, inRange: 0, x: [], y: [] };
    const range = { x, from: query.from ?? -Infinity, to: query.to ?? Infinity };
    const total = head.count;
    if (query.after !== undefined && query.after <= total && total <= query.points) {
      const fresh = this.logged(head, query.after, total);
      const data: SeriesData = { run, metric, mode: 'append', total, inRange: 0, x: [], y: [] };
      for (let i = 0; i < fresh.length; i++) {
        const at = fresh.column(x)[i] as number;
        if (!(at >= range.from && at <= range.to)) continue;
        data.x.push(at);
        data.y.push(toWire(fresh.values[i] as number));
      }
      const whole = range.from === -Infinity && range.to === Infinity && x !== 'epoch';
      data.inRange = whole ? total : select(this.table, head, range, total).inRange;
      return data;
    }
    const { points, inRange } = select(this.table, head, range, query.points);
    const ys = new Array<SeriesData['y'][number]>(points.length);
    for (let i = 0; i < points.length; i++) ys[i] = toWire(points.values[i] as number);
    return {
      run,
      metric,
      mode: 'replace',
      total,
      inRange,
      x: Array.from(points.column(x).subarray(0, points.length)),
      y: ys,
    };
  }

  points(
    run: string,
    metric: string,
    options: { points?: number; offset?: number; limit?: number } = {},
  ): { total: number; points: MetricPoint[] } {
    const head = this.head(run, metric);
    if (!head) return { total: 0, points: [] };
    const { offset = 0, limit = 100_000 } = options;
    const found =
      options.points === undefined
        ? this.logged(head, offset, offset + limit)
        : select(this.table, head, { x: 'step', ...EVERYWHERE }, options.points).points;
    const points = new Array<MetricPoint>(found.length);
    for (let i = 0; i < found.length; i++) {
      const epoch = found.epochs[i] as number;
      points[i] = {
        step: found.steps[i] as number,
        time: found.times[i] as number,
        value: toWire(found.values[i] as number),
        epoch: Number.isNaN(epoch) ? null : epoch,
      };
    }
    return { total: head.count, points };
  }

  values(run: string, metric: string): { step: number; value: number }[] {
    const head = this.head(run, metric);
    if (!head) return [];
    const found = this.logged(head, 0, head.count);
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

  private head(run: string, metric: string): Head | null {
    this.db.settle();
    const id = this.names.find(metric);
    if (id === undefined) return null;
    const row = this.db.get<{ key: number }>('SELECT key FROM runs WHERE id = ?', run);
    return row ? this.table.find(row.key, id) : null;
  }

  /** Points number `from` to `to` in the order logged. */
  private logged(head: Head, from: number, to: number): Points {
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
