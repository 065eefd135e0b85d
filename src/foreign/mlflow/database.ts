/** MLflow's SQLite store. */
import * as path from 'node:path';
import { runsInDatabases, withDatabase, type ForeignDatabase } from '../sqlite/database.js';
import { MediaBudget } from '../mediaBudget.js';
import type { FoundRun, Listing, Place, Reader, Sink } from '../types.js';
import { artifactFolder, handArtifacts } from './artifacts.js';
import { handTags, handTexts, statusOf, valueOf } from './values.js';

const TABLES = {
  experiments: ['experiment_id', 'name'],
  runs: ['run_uuid', 'name', 'status', 'start_time', 'end_time', 'experiment_id', 'lifecycle_stage'],
  metrics: ['key', 'value', 'timestamp', 'run_uuid', 'step', 'is_nan'],
  params: ['key', 'value', 'run_uuid'],
  tags: ['key', 'value', 'run_uuid'],
};
const MOST_RUNS = 100_000;
/** Number of rows between two checks of the budget. */
const PAGE = 200_000;

export const findDatabases = (listings: readonly Listing[]): FoundRun[] => runsInDatabases(listings, TABLES, list);

function list(file: string, database: ForeignDatabase): FoundRun[] {
  const rows = database.all(
    `SELECT runs.run_uuid AS id, runs.name AS name, experiments.name AS experiment FROM runs
     LEFT JOIN experiments ON experiments.experiment_id = runs.experiment_id
     WHERE still_in_time() AND runs.lifecycle_stage IS NOT 'deleted' LIMIT ${MOST_RUNS}`,
  );
  return rows.map(({ id, name, experiment }) => ({
    format: 'mlflow' as const,
    path: file,
    inner: String(id),
    files: [file],
    name: String(name ?? id),
    experiment: String(experiment ?? 'mlflow'),
    open: () => new DatabaseReader(file, String(id)),
  }));
}

class DatabaseReader implements Reader {
  private readonly media = new MediaBudget();

  constructor(
    private readonly file: string,
    private readonly id: string,
  ) {}

  read(place: Place | null, sink: Sink): { place: Place; more: boolean } {
    const known = (place ?? {}) as { row?: number; params?: string[]; tags?: string; artifacts?: string[] };
    return withDatabase(this.file, (database) => {
      const [run] = database.all('SELECT * FROM runs WHERE still_in_time() AND run_uuid = ? LIMIT 1', this.id);
      const time = (value: unknown): number | undefined => (typeof value === 'number' && value > 0 ? value : undefined);
      const [createdAt, endedAt] = [time(run?.start_time), time(run?.end_time)];
      sink.facts({
        status: statusOf(run?.status),
        ...(createdAt !== undefined && { createdAt }),
        ...(endedAt !== undefined && { endedAt }),
      });
      const pairs = (table: 'params' | 'tags'): [string, string][] =>
        database
          .all(
            `SELECT key, value FROM ${table} WHERE still_in_time() AND run_uuid = ? ORDER BY key LIMIT 10000`,
            this.id,
          )
          .map(({ key, value }) => [String(key), String(value ?? '')]);
      const params = pairs('params');
      const seen = new Set(known.params ?? []);
      handTexts(
        params.filter(([name]) => !seen.has(name)),
        sink,
      );
      const tags = pairs('tags');
      const told = JSON.stringify(tags);
      if (told !== known.tags) handTags(tags, sink);
      const { row, more } = this.metrics(database, known.row ?? 0, sink);
      const folder = artifactFolder(path.dirname(this.file), run?.artifact_uri);
      const artifacts = folder === null ? null : handArtifacts(folder, known.artifacts ?? [], this.media, sink);
      return {
        place: { row, params: params.map(([name]) => name), tags: told, artifacts: artifacts?.names ?? [] },
        more: more || (artifacts?.more ?? false),
      };
    });
  }

  private metrics(database: ForeignDatabase, from: number, sink: Sink): { row: number; more: boolean } {
    let row = from;
    let count = 0;
    const rows = database.each(
      `SELECT rowid AS row, key, value, timestamp, step, is_nan FROM metrics
       WHERE still_in_time() AND run_uuid = ? AND rowid > ? ORDER BY rowid LIMIT ${PAGE}`,
      this.id,
      from,
    );
    for (const each of rows) {
      row = Number(each.row);
      count++;
      sink.scalar(String(each.key), valueOf(each.value, each.is_nan), Number(each.step), Number(each.timestamp));
    }
    return { row, more: count === PAGE && row > from };
  }
}
