/** Reads many series with few queries. */
import type { Database } from '../database.js';
import type { MetricNames } from '../names.js';
import type { RunWriter } from '../runs/writer.js';
import { decodeChunk } from './codec.js';
import type { Head } from './head.js';
import { Overviews } from './overviews.js';
import type { Points } from './points.js';
import { CHUNK_POINTS, KEY_SPAN } from './pyramid.js';
import type { SeriesTable } from './table.js';
import type { Axis, ChunkSource } from './walk.js';

/** A series to be read as a whole unless it has a range. */
export interface Asked {
  run: string;
  metric: string;
  x: Axis;
  points: number;
  from?: number | undefined;
  to?: number | undefined;
}

/**
 * The heads of some series and what is stored of the short ones, read at once. It is valid until the store changes: use it up
 * in one turn.
 */
export class Bulk implements ChunkSource {
  private readonly heads = new Map<string, Map<number, Head>>();
  private readonly chunks = new Map<number, Uint8Array>();
  private readonly short = new Map<number, Uint8Array>();

  constructor(
    db: Database,
    private readonly names: MetricNames,
    private readonly table: SeriesTable,
    runs: Pick<RunWriter, 'keys'>,
    private readonly overviews: Overviews,
    asked: readonly Asked[],
  ) {
    const keys = runs.keys(asked.map(({ run }) => run));
    for (const [metric, queries] of byMetric(asked, names)) {
      const ofRun = new Map(queries.flatMap(({ run }) => (keys.has(run) ? [[keys.get(run)!, run] as const] : [])));
      const heads = table.findMany([...ofRun.keys()], metric);
      for (const head of heads) {
        const run = ofRun.get(head.run)!;
        const some = this.heads.get(run) ?? new Map<number, Head>();
        this.heads.set(run, some.set(metric, head));
      }
      const covered = queries.flatMap((query) => {
        const head = this.heads.get(query.run)?.get(metric);
        return head && isWhole(query) && Overviews.serves(head, query.points, query.x) ? [head] : [];
      });
      if (covered.length > 0) for (const [id, data] of overviews.read(metric, covered)) this.short.set(id, data);
    }
    const chunks = [...this.heads.values()].flatMap((heads) =>
      [...heads.values()]
        .filter(({ id, folded }) => folded > 0 && folded <= CHUNK_POINTS && !this.short.has(id))
        .map(({ id }) => id * KEY_SPAN),
    );
    if (chunks.length < 2) return;
    const rows = db.all<{ key: number; data: Uint8Array }>(
      'SELECT chunks.key, data FROM json_each(?) wanted CROSS JOIN chunks ON chunks.key = wanted.value',
      JSON.stringify(chunks.sort((a, b) => a - b)),
    );
    for (const { key, data } of rows) this.chunks.set(key, data);
  }

  find(run: string, metric: string): Head | null {
    const id = this.names.find(metric);
    return (id !== undefined && this.heads.get(run)?.get(id)) || null;
  }

  /** Returns the points of the series' overview if that is enough; it is made if there is none. */
  overview(head: Head, asked: Asked): Points | null {
    if (!isWhole(asked) || !Overviews.serves(head, asked.points, asked.x)) return null;
    const data = this.short.get(head.id);
    const points = data ? this.overviews.points(data, asked.x) : this.overviews.make(head);
    // They were chosen along the steps, and a chart over the time needs them in its order.
    return asked.x === 'time' && !isAscending(points.column('time')) ? null : points;
  }

  chunk(head: Head, number: number, x?: Axis): Points {
    const data = number === 0 ? this.chunks.get(head.id * KEY_SPAN) : undefined;
    return data ? decodeChunk(data, x) : this.table.chunk(head, number, x);
  }

  row(head: Head, level: number, number: number): Float64Array {
    return this.table.row(head, level, number);
  }
}

const isAscending = (values: ArrayLike<number>): boolean => {
  for (let i = 1; i < values.length; i++) if (values[i]! < values[i - 1]!) return false;
  return true;
};

const isWhole = ({ from, to }: Asked): boolean => from === undefined && to === undefined;

function byMetric(asked: readonly Asked[], names: MetricNames): Map<number, Asked[]> {
  const found = new Map<number, Asked[]>();
  for (const query of asked) {
    const id = names.find(query.metric);
    if (id === undefined) continue;
    const some = found.get(id);
    if (some) some.push(query);
    else found.set(id, [query]);
  }
  return found;
}
