/**
 * Overviews of long series: about `OVERVIEW_POINTS` of their points, chosen as for a chart. A chart of thousands of runs reads
 * them instead of all points. They are made for the objectives of ended runs while the engine is idle, for other series
 * when such a chart first asks for them, and are ordered by metric, so that those of one metric are close together in the file.
 */
import type { Database } from '../database.js';
import { decodeChunk, encodeChunk } from './codec.js';
import type { Head } from './head.js';
import type { Points } from './points.js';
import { select } from './select.js';
import type { SeriesTable } from './table.js';
import { EVERYWHERE, type Axis } from './walk.js';

/** A request for at most so many points is answered from the overview. */
export const OVERVIEW_POINTS = 60;
/** Shorter series are read as quickly without one, which would take a noticeable share of their place on the disk. */
const LEAST_POINTS = 160;
/** Runs that are looked at together. */
const RUNS_AHEAD = 100;

interface OverviewRow {
  series: number;
  count: number;
  data: Uint8Array;
}

/** Runs that are remembered because they had not ended. */
const MOST_PASSED = 10_000;

interface ObjectiveRow {
  run: number;
  /** Number of the objective's metric; null: nothing has been logged of it. */
  metric: number | null;
  ended: number;
}
const OBJECTIVE_SQL = `runs.key AS run, runs.ended_at IS NOT NULL AS ended,
  (SELECT metric_names.id FROM metric_names WHERE name = objective_metric) AS metric`;

export class Overviews {
  /** Overviews that are not written yet. */
  private readonly made: { head: Head; data: Uint8Array }[] = [];
  /** Key of the last run that `prepare` has looked at. */
  private prepared = 0;
  /** Keys of runs before that one that had not ended. */
  private readonly passed = new Set<number>();

  constructor(
    private readonly db: Database,
    private readonly table: SeriesTable,
  ) {}

  /** Returns whether a request for a whole series can be answered from an overview. */
  static serves(head: Head, points: number, x: Axis): boolean {
    return points <= OVERVIEW_POINTS && x !== 'epoch' && head.count >= LEAST_POINTS && head.timeline === null;
  }

  /** Returns the overviews of these series of one metric that are up to date, by series. */
  read(metric: number, heads: readonly Head[]): Map<number, Uint8Array> {
    const rows = this.db.all<OverviewRow>(
      `SELECT series, count, data FROM json_each(?) wanted CROSS JOIN overviews
       ON overviews.metric = ? AND overviews.series = wanted.value`,
      JSON.stringify(heads.map(({ id }) => id)),
      metric,
    );
    const counts = new Map(heads.map(({ id, count }) => [id, count]));
    return new Map(
      rows.filter(({ series, count }) => counts.get(series) === count).map((row) => [row.series, row.data]),
    );
  }

  /** Makes the overview of a series, to be written by the next `save`. */
  make(head: Head): Points {
    const { points } = select(this.table, head, EVERYWHERE, OVERVIEW_POINTS);
    // A series that still grows would need another one soon.
    if (head.pending === null) this.made.push({ head, data: encodeChunk(points) });
    return points;
  }

  /** Makes overviews of objectives for about so many milliseconds, to be written by `save`. Returns whether there are more. */
  prepare(budgetMs: number): boolean {
    const until = performance.now() + budgetMs;
    const ended = this.db.all<ObjectiveRow>(
      `SELECT ${OBJECTIVE_SQL} FROM json_each(?) passed CROSS JOIN runs ON runs.key = passed.value WHERE ended`,
      JSON.stringify([...this.passed]),
    );
    if (!this.makeMissing(ended, until)) return true;
    for (const { run } of ended) this.passed.delete(run);
    const next = this.db.all<ObjectiveRow>(
      `SELECT ${OBJECTIVE_SQL} FROM runs WHERE key > ? ORDER BY key LIMIT ?`,
      ...[this.prepared, RUNS_AHEAD],
    );
    if (!this.makeMissing(next, until)) return true;
    for (const { run, ended } of next) if (!ended && this.passed.size < MOST_PASSED) this.passed.add(run);
    this.prepared = next.at(-1)?.run ?? this.prepared;
    return next.length === RUNS_AHEAD;
  }

  /** Makes the overviews that the ended ones of these runs lack. Returns false if the time is over before. */
  private makeMissing(rows: readonly ObjectiveRow[], until: number): boolean {
    const byMetric = new Map<number, number[]>();
    for (const { run, metric, ended } of rows)
      if (metric !== null && ended) byMetric.set(metric, [...(byMetric.get(metric) ?? []), run]);
    for (const [metric, runs] of byMetric) {
      const heads = this.table.findMany(runs, metric).filter((head) => Overviews.serves(head, OVERVIEW_POINTS, 'step'));
      const there = this.read(metric, heads);
      for (const head of heads) {
        if (there.has(head.id) || this.made.some((one) => one.head.id === head.id)) continue;
        // Its last points are about to be folded.
        if (performance.now() >= until || head.pending !== null) return false;
        this.make(head);
      }
    }
    return true;
  }

  points(data: Uint8Array, x: Axis): Points {
    return decodeChunk(data, x);
  }

  /** Writes the overviews of ended runs. */
  save(): void {
    const made = this.made.splice(0);
    if (made.length === 0) return;
    this.db.transaction(() => {
      for (const { head, data } of made)
        this.db.run(
          `INSERT OR REPLACE INTO overviews (metric, series, count, data)
           SELECT ?, ?, ?, ? FROM runs WHERE key = ? AND ended_at IS NOT NULL`,
          ...[head.metric, head.id, head.count, data, head.run],
        );
    });
  }
}
