/** Values of single fields of many runs, read from narrow rows: a filter or a grouping of 100,000 runs reads no run whole. */
import type { FACTS } from '../../query/filter/syntax.js';
import type { Field, FieldValue } from '../../query/filter/index.js';
import { entryOf } from '../../protocol/values/records.js';
import type { Params } from '../../protocol/values/index.js';
import type { Database } from '../database.js';
import type { MetricNames } from '../names.js';

type Fact = (typeof FACTS)[number];
/** Expressions for facts over `runs`. Durations in seconds, dates in milliseconds. */
const FACT_SQL: Record<Fact, string> = {
  ...{ id: 'id', name: 'name', experiment: 'experiment', search: 'search', trial: 'trial', status: 'status' },
  ...{ tag: 'tags', note: "nullif(note, '')", device: 'device', file: 'file', objective: 'objective' },
  by: '(SELECT agent FROM acts WHERE subject IN (runs.id, runs.search) AND starts = 1 LIMIT 1)',
  duration:
    'CASE WHEN started_at IS NULL THEN NULL WHEN ended_at IS NOT NULL AND ran IS NOT NULL THEN ran / 1000.0 ' +
    'ELSE (coalesce(ended_at, unixepoch() * 1000.0) - started_at) / 1000.0 END',
  ...{ created: 'created_at', ended: 'ended_at', error: "error ->> 'message'" },
};
const METRIC_SQL = { any: 'last', metric: 'last', min: 'min', max: 'max' } as const;

export type ValueOf = (key: number) => FieldValue;

export class FieldReader {
  private readonly known = new Map<string, ValueOf>();

  constructor(
    private readonly db: Database,
    private readonly names: MetricNames,
  ) {}

  /** Reads a field of all runs at its first use. */
  of({ kind, name }: Pick<Field, 'kind' | 'name'>): ValueOf {
    const id = `${kind} ${name}`;
    let known = this.known.get(id);
    if (!known) this.known.set(id, (known = this.read(kind, name)));
    return known;
  }

  private read(kind: Field['kind'], name: string): ValueOf {
    switch (kind) {
      case 'fact':
        return this.fact(name as Fact);
      case 'param':
        return this.param(name);
      case 'info':
        return this.info(name);
      case 'any': {
        const all = [this.param(name), this.metric(name, 'any'), this.info(name)];
        return (key) => {
          for (const value of all) if (value(key) !== null) return value(key);
          return null;
        };
      }
      default:
        return this.metric(name, kind);
    }
  }

  private fact(name: Fact): ValueOf {
    const rows = this.db.all<{ key: number; value: FieldValue }>(`SELECT key, ${FACT_SQL[name]} value FROM runs`);
    const values = new Map(
      rows.map(({ key, value }) => [key, name === 'tag' ? (JSON.parse(value as string) as string[]) : value]),
    );
    return (key) => values.get(key) ?? null;
  }

  private param(name: string): ValueOf {
    const rows = this.db.all<{ run: number; num: number | null; text: string | null }>(
      'SELECT run, num, text FROM params WHERE name = ?',
      name,
    );
    // A switch has both; people write its word.
    const values = new Map(rows.map(({ run, num, text }) => [run, text ?? num]));
    return (key) => values.get(key) ?? null;
  }

  private metric(name: string, kind: keyof typeof METRIC_SQL): ValueOf {
    const id = this.names.find(name);
    if (id === undefined) return () => null;
    const rows = this.db.all<{ run: number; value: number | null }>(
      `SELECT run, ${METRIC_SQL[kind]} value FROM series WHERE metric = ?`,
      id,
    );
    // SQLite has no NaN: NULL is the value of a series whose last point is none.
    const values = new Map(rows.map(({ run, value }) => [run, value ?? NaN]));
    return (key) => values.get(key) ?? null;
  }

  private info(name: string): ValueOf {
    const rows = this.db.all<{ key: number; info: string }>(
      "SELECT key, info FROM runs WHERE info <> '{}' AND instr(info, ?) > 0",
      JSON.stringify(name).slice(1, -1),
    );
    const values = new Map(
      rows.flatMap(({ key, info }) => {
        const value = entryOf(JSON.parse(info) as Params, name);
        return value === undefined ? [] : [[key, typeof value === 'object' ? JSON.stringify(value) : value] as const];
      }),
    );
    return (key) => values.get(key) ?? null;
  }
}
