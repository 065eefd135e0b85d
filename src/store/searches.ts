import type { Goal, Run, Search, SearchStatus } from '../protocol/engine/index.js';
import { toWire } from '../protocol/values/index.js';
import type { FileMove, NewSearch, SearchesApi, SearchPatch } from './api.js';
import type { Database, SqlValue } from './database.js';
import type { MetricNames } from './names.js';
import { bestRow } from './runs/best.js';
import { readParams } from './runs/params.js';
import { type RunRow, toRuns } from './runs/rows.js';
import { entryOf } from '../protocol/values/records.js';

interface SearchRow {
  id: string;
  experiment: string;
  file: string | null;
  name: string;
  status: string;
  sampler: string;
  pruner: string | null;
  reason: string | null;
  trials: number | null;
  parallel: number;
  metric: string;
  goal: Goal;
  space: string;
  error: string | null;
  created_at: number;
  ended_at: number | null;
}

const COLUMNS =
  'id, experiment, file, name, status, sampler, pruner, reason, trials, parallel, metric, goal, space, error, created_at, ended_at';

const PATCHED = {
  name: 'name',
  status: 'status',
  sampler: 'sampler',
  pruner: 'pruner',
  reason: 'reason',
  trials: 'trials',
  parallel: 'parallel',
  error: 'error',
  endedAt: 'ended_at',
} as const;

/** In which count of a search a run's status goes. */
const COUNTED: Record<string, keyof Search['counts']> = {
  queued: 'queued',
  starting: 'running',
  running: 'running',
  paused: 'running',
  stopping: 'running',
  completed: 'completed',
  pruned: 'pruned',
  failed: 'failed',
  stopped: 'stopped',
};

export class Searches implements SearchesApi {
  constructor(
    private readonly db: Database,
    private readonly names: MetricNames,
  ) {}

  insert(search: NewSearch): void {
    this.db.run(
      `INSERT INTO searches (id, experiment, file, name, status, sampler, pruner, reason, trials, parallel, metric, goal,
         space, created_at, plan) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      search.id,
      search.experiment,
      search.file,
      search.name,
      search.status,
      search.sampler,
      search.pruner,
      search.reason,
      search.trials,
      search.parallel,
      search.objective?.metric ?? '',
      search.objective?.goal ?? 'minimize',
      JSON.stringify(search.space),
      search.createdAt,
      toJson(search.plan),
    );
  }

  update(id: string, patch: SearchPatch): boolean {
    const sets: string[] = [];
    const values: SqlValue[] = [];
    for (const [field, column] of Object.entries(PATCHED)) {
      const value = patch[field as keyof typeof PATCHED];
      if (value === undefined) continue;
      sets.push(`${column} = ?`);
      values.push(value);
    }
    if (patch.plan !== undefined) {
      sets.push('plan = ?');
      values.push(toJson(patch.plan));
    }
    if (patch.space !== undefined) {
      sets.push('space = ?');
      values.push(toJson(patch.space));
    }
    if (sets.length === 0) return this.db.get('SELECT 1 FROM searches WHERE id = ?', id) !== undefined;
    return this.db.run(`UPDATE searches SET ${sets.join(', ')} WHERE id = ?`, ...values, id).changes > 0;
  }

  get(id: string): Search | null {
    const row = this.db.get<SearchRow>(`SELECT ${COLUMNS} FROM searches WHERE id = ?`, id);
    return row ? this.toSearch(row) : null;
  }

  list(query: { experiment?: string; file?: string; status?: SearchStatus[] } = {}): Search[] {
    const parts = ['1'];
    const values: SqlValue[] = [];
    const add = (part: string, value: SqlValue): void => {
      parts.push(part);
      values.push(value);
    };
    if (query.experiment !== undefined) add('experiment = ?', query.experiment);
    if (query.file !== undefined) add('file = ?', query.file);
    if (query.status) add('status IN (SELECT value FROM json_each(?))', JSON.stringify(query.status));
    return this.db
      .all<SearchRow>(
        `SELECT ${COLUMNS} FROM searches WHERE ${parts.join(' AND ')} ORDER BY created_at DESC, id DESC`,
        ...values,
      )
      .map((row) => this.toSearch(row));
  }

  renameFile({ from, to, time, experiment }: FileMove): string[] {
    const values = [from, time] as const;
    const which = 'WHERE file = ? AND created_at <= ?';
    const ids = this.db.all<{ id: string }>(`SELECT id FROM searches ${which}`, ...values).map(({ id }) => id);
    if (experiment)
      this.db.run(
        `UPDATE searches SET experiment = ? ${which} AND experiment = ?`,
        ...[experiment.to, ...values, experiment.from],
      );
    this.db.run(`UPDATE searches SET file = ? ${which}`, to, ...values);
    return ids;
  }

  plan(id: string): unknown {
    return fromJson(this.db.get<{ value: string | null }>('SELECT plan value FROM searches WHERE id = ?', id));
  }

  saveStudy(id: string, study: string): void {
    this.db.run('UPDATE searches SET study = ? WHERE id = ?', study, id);
  }

  loadStudy(id: string): unknown {
    return fromJson(this.db.get<{ value: string | null }>('SELECT study value FROM searches WHERE id = ?', id));
  }

  studyText(id: string): string | null {
    return this.db.get<{ value: string | null }>('SELECT study value FROM searches WHERE id = ?', id)?.value ?? null;
  }

  runIds(id: string): Map<number, string> {
    const rows = this.db.all<{ id: string; trial: number }>(
      'SELECT id, trial FROM runs WHERE search = ? AND trial IS NOT NULL AND deleted_at IS NULL ORDER BY created_at',
      id,
    );
    return new Map(rows.map((row) => [row.trial, row.id]));
  }

  trials(id: string): Run[] {
    this.db.settle();
    const rows = this.db.all<RunRow>(
      'SELECT * FROM runs WHERE search = ? AND deleted_at IS NULL ORDER BY trial, created_at',
      id,
    );
    return toRuns(this.db, this.names, rows);
  }

  delete(id: string): boolean {
    return this.db.transaction(() => {
      this.db.run('UPDATE runs SET search = NULL, trial = NULL WHERE search = ?', id);
      this.db.run('DELETE FROM acts WHERE subject = ?', id);
      return this.db.run('DELETE FROM searches WHERE id = ?', id).changes > 0;
    });
  }

  private toSearch(row: SearchRow): Search {
    const counts: Search['counts'] = {
      total: 0,
      queued: 0,
      running: 0,
      completed: 0,
      pruned: 0,
      failed: 0,
      stopped: 0,
    };
    const groups = this.db.all<{ status: string; n: number }>(
      'SELECT status, sum(n) n FROM tallies WHERE search = ? AND deleted = 0 AND n > 0 GROUP BY status',
      row.id,
    );
    for (const { status, n } of groups) {
      counts.total += n;
      const count = entryOf(COUNTED, status);
      if (count) counts[count] += n;
    }
    const best = bestRow(this.db, { search: row.id }, row);
    const by = this.db.get<{ agent: string }>('SELECT agent FROM acts WHERE subject = ? AND starts = 1', row.id)?.agent;
    return {
      id: row.id,
      experiment: row.experiment,
      file: row.file,
      name: row.name,
      status: row.status as SearchStatus,
      sampler: row.sampler,
      pruner: row.pruner,
      reason: row.reason,
      trials: row.trials,
      counts,
      parallel: row.parallel,
      // The column was made when every search had one.
      objective: row.metric === '' ? null : { metric: row.metric, goal: row.goal },
      best: best
        ? {
            run: best.id,
            trial: best.trial ?? 0,
            ...readParams(best.params),
            objective: toWire(best.objective),
          }
        : null,
      space: JSON.parse(row.space),
      error: row.error,
      ...(by !== undefined && { by }),
      createdAt: row.created_at,
      endedAt: row.ended_at,
    };
  }
}

const toJson = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
const fromJson = (row: { value: string | null } | undefined): unknown => (row?.value ? JSON.parse(row.value) : null);
