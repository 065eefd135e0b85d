/** Summaries of the metrics of runs, as their rows have them. */
import { ROW_METRICS, type MetricSet, type MetricSummary, type RowMetrics } from '../../protocol/engine/index.js';
import { setEntry } from '../../protocol/values/records.js';
import { toWire } from '../../protocol/values/index.js';
import type { Database } from '../database.js';
import type { MetricNames } from '../names.js';
import type { SeriesRow } from '../series/head.js';
import { Source, sourceWord } from '../series/source.js';

/** A run whose summaries are read, with the metric of its objective. */
export interface SummarizedRun {
  key: number;
  objective_metric: string | null;
}

export interface Summaries {
  metrics: Record<string, MetricSummary>;
  /** Number of metrics that are left out. */
  more: number;
}

type SummaryRow = Pick<SeriesRow, 'run' | 'metric' | 'source' | 'count' | 'last' | 'last_step' | 'min' | 'max'>;

const COLUMNS = 'run, metric, source, count - lost count, last, last_step, min, max';
/** Number of series of one run among which the first few are looked for. */
const LOOKED_AT = 160;

/** Returns the summaries of each run by its key. */
export function summaries(
  db: Database,
  names: MetricNames,
  runs: readonly SummarizedRun[],
  wanted: RowMetrics,
): Map<number, Summaries> {
  const found = new Map<number, Summaries>(runs.map(({ key }) => [key, { metrics: {}, more: 0 }]));
  const keys = JSON.stringify(runs.map(({ key }) => key));
  const add = (row: SummaryRow): void => {
    const source = sourceWord(row.source);
    setEntry(found.get(row.run)!.metrics, names.name(row.metric), {
      last: toWire(row.last ?? NaN),
      lastStep: row.last_step,
      min: toWire(row.min ?? NaN),
      max: toWire(row.max ?? NaN),
      count: row.count,
      ...(source && { source }),
    });
  };
  const all = `SELECT ${COLUMNS} FROM json_each(?) wanted CROSS JOIN series ON series.run = wanted.value`;
  if (wanted === 'all') {
    for (const row of db.all<SummaryRow>(`${all} WHERE count > 0`, keys)) add(row);
    return found;
  }
  const asked = new Set(wanted.flatMap((name) => names.find(name) ?? []));
  const objectives = new Map(
    runs.map(({ key, objective_metric }) => [
      key,
      objective_metric === null ? undefined : names.find(objective_metric),
    ]),
  );
  const first = db.all<SummaryRow>(
    `${all} AND series.metric <= coalesce(
       (SELECT metric FROM series WHERE run = wanted.value ORDER BY metric LIMIT 1 OFFSET ${LOOKED_AT - 1}), 1 << 60)
     WHERE count > 0`,
    keys,
  );
  const looked = new Map<number, { all: number; own: number; others: number; has: Set<number> }>();
  for (const row of first) {
    let seen = looked.get(row.run);
    if (!seen) looked.set(row.run, (seen = { all: 0, own: 0, others: 0, has: new Set() }));
    seen.all++;
    seen.has.add(row.metric);
    const isFew = row.source === Source.logged ? ++seen.own <= ROW_METRICS.own : ++seen.others <= ROW_METRICS.others;
    if (isFew || asked.has(row.metric) || objectives.get(row.run) === row.metric) add(row);
    else found.get(row.run)!.more++;
  }
  const large = [...looked].filter(([, seen]) => seen.all >= LOOKED_AT);
  if (large.length === 0) return found;
  const counts = db.all<{ run: number; n: number }>(
    'SELECT run, count(*) n FROM json_each(?) wanted CROSS JOIN series ON series.run = wanted.value GROUP BY run',
    JSON.stringify(large.map(([run]) => run)),
  );
  for (const { run, n } of counts) found.get(run)!.more += n - looked.get(run)!.all;
  const pairs = large.flatMap(([run, { has }]) => {
    const objective = objectives.get(run);
    const ids = new Set([...asked, ...(objective === undefined ? [] : [objective])]);
    return [...ids].filter((id) => !has.has(id)).map((id) => [run, id]);
  });
  const rows = db.all<SummaryRow>(
    `SELECT ${COLUMNS} FROM json_each(?) wanted
     CROSS JOIN series ON series.run = wanted.value ->> 0 AND series.metric = wanted.value ->> 1 WHERE count > 0`,
    JSON.stringify(pairs),
  );
  for (const row of rows) {
    add(row);
    found.get(row.run)!.more--;
  }
  return found;
}

/** Returns the names of all metrics of one run; null if there is no such run. */
export function metricSet(db: Database, names: MetricNames, id: string): MetricSet | null {
  const rows = db.all<{ metric: number | null; source: number | null }>(
    'SELECT metric, source FROM runs LEFT JOIN series ON series.run = runs.key WHERE runs.id = ? ORDER BY metric',
    id,
  );
  if (rows.length === 0) return null;
  const set: MetricSet = { logged: [], output: [], system: [] };
  for (const { metric, source } of rows)
    if (metric !== null) set[sourceWord(source ?? 0) ?? 'logged'].push(names.name(metric));
  return set;
}
