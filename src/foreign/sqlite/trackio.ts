/** Trackio keeps a SQLite file for each project. */
import * as path from 'node:path';
import { parseJson } from '../../protocol/values/floats.js';
import { flatten, metricOf, parsePython, timeOf } from '../plain.js';
import type { Format, FoundRun, Place, Reader, Sink } from '../types.js';
import { runsInDatabases, withDatabase, type ForeignDatabase } from './database.js';

const TABLES = { metrics: ['id', 'timestamp', 'run_name', 'step', 'metrics'], configs: ['run_name', 'config'] };
const MOST_RUNS = 100_000;
const PAGE = 50_000;

export const trackio: Format = {
  id: 'trackio',
  title: 'Trackio',
  find: (listings) => runsInDatabases(listings, TABLES, list),
};

function list(file: string, database: ForeignDatabase): FoundRun[] {
  // Older versions tell runs by their names alone.
  const key = database.columns('metrics')!.has('run_id') ? 'run_id' : 'run_name';
  const rows = database.all(
    `SELECT ${key} AS id, min(run_name) AS name FROM metrics WHERE still_in_time() GROUP BY ${key} LIMIT ${MOST_RUNS}`,
  );
  return rows.map(({ id, name }) => ({
    format: 'trackio' as const,
    path: file,
    inner: String(id),
    files: [file, `${file}-wal`],
    name: String(name),
    experiment: path.parse(file).name,
    open: () => new TrackioReader(file, key, String(id)),
  }));
}

class TrackioReader implements Reader {
  constructor(
    private readonly file: string,
    private readonly key: 'run_id' | 'run_name',
    private readonly id: string,
  ) {}

  read(place: Place | null, sink: Sink): { place: Place; more: boolean } {
    const { row = 0, config = '' } = (place ?? {}) as { row?: number; config?: string };
    return withDatabase(this.file, (database) => {
      const text = this.config(database, config, sink);
      let last = row;
      let count = 0;
      let oldest = NaN;
      const rows = database.each(
        `SELECT id, timestamp, step, metrics FROM metrics WHERE still_in_time() AND ${this.key} = ? AND id > ? ORDER BY id LIMIT ${PAGE}`,
        this.id,
        row,
      );
      for (const each of rows) {
        last = Number(each.id);
        count++;
        const time = timeOf(each.timestamp);
        if (Number.isNaN(oldest)) oldest = time;
        if (!Number.isNaN(time)) sink.facts({ endedAt: time });
        handMetrics(each.metrics, Number(each.step), time, sink);
      }
      if (place === null && !Number.isNaN(oldest)) sink.facts({ createdAt: oldest });
      return { place: { row: last, config: text }, more: count === PAGE && last > row };
    });
  }

  private config(database: ForeignDatabase, known: string, sink: Sink): string {
    const key = database.columns('configs')?.has(this.key) ? this.key : 'run_name';
    const [row] = database.all(`SELECT config FROM configs WHERE still_in_time() AND ${key} = ? LIMIT 1`, this.id);
    const text = textOf(row?.config);
    if (text === '' || text === known) return known;
    try {
      const { value, mark } = parseJson(text);
      const { params, floats } = flatten(value, mark);
      // Trackio's own facts begin with an underscore.
      const own = Object.fromEntries(Object.entries(params).filter(([name]) => !name.startsWith('_')));
      if (Object.keys(own).length > 0) sink.params(own, floats);
    } catch {
      sink.warning('The configuration of this run is damaged.');
    }
    return text;
  }
}

function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return typeof value === 'string' ? value : '';
}

function handMetrics(json: unknown, step: number, time: number, sink: Sink): void {
  let values: unknown;
  try {
    values = parsePython(textOf(json));
  } catch {
    return;
  }
  if (typeof values !== 'object' || values === null) return;
  for (const [name, value] of Object.entries(values as Record<string, unknown>)) {
    const number = metricOf(value);
    if (number !== null) sink.scalar(name, number, step, time);
  }
}
