import {
  LIVE_STATUSES,
  RunQuery,
  type Experiment,
  type MetricSet,
  type RowMetrics,
  type Run,
  type RunDetail,
  type RunStatus,
} from '../../protocol/engine/index.js';
import type { Params } from '../../protocol/values/index.js';
import type { ActsApi, FileMove, NewRun, RunMedia, RunMessage, RunPatch, RunsApi } from '../api.js';
import type { z } from 'zod';
import { matches, parseFilter } from '../../query/filter/index.js';
import type { RunGroups } from '../../protocol/engine/groups.js';
import type { Database, SqlValue } from '../database.js';
import { StoreError } from '../errors.js';
import type { MetricNames } from '../names.js';
import type { SeriesTable } from '../series/table.js';
import { byFormula } from './byFormula.js';
import { bestCompletedOf, bestOf } from './best.js';
import { FieldReader } from './fields.js';
import { experimentsOf } from './experiments.js';
import { filesOf, hasFile, renameFile } from './files.js';
import { groupsOf } from './groups.js';
import { countOf, LIVE_SQL, order, where, type Sql } from './query.js';
import { setPacked, unpackedRuns } from './packed.js';
import { paramsText } from './params.js';
import { AS_JSON, PLAIN } from './patched.js';
import { type RunRow, toDetail, toRuns } from './rows.js';
import { mediaOf } from './media.js';
import { messagesOf } from './messages.js';
import { metricSet } from './summaries.js';
import type { RunWriter } from './writer.js';
import { kinshipOf, type Kinship } from './lineage.js';

const BY_KEYS = 'SELECT runs.* FROM json_each(?) wanted CROSS JOIN runs ON runs.key = wanted.value ORDER BY wanted.key';

/** Number of runs up to which each is looked up for each name of a metric. */
const FEW_RUNS = 200;
/** Runs that may have journals of which nothing was read. */
const UNREAD_SQL = `coalesce(error ->> 'kind', '') NOT IN ('lost', 'not-started')
  AND NOT EXISTS (SELECT 1 FROM journals WHERE run = runs.key)`;

export class Runs implements RunsApi {
  constructor(
    private readonly db: Database,
    private readonly names: MetricNames,
    private readonly series: SeriesTable,
    private readonly writer: RunWriter,
    private readonly acts: Pick<ActsApi, 'of'>,
  ) {}

  insert(run: NewRun): void {
    if (!this.import(run)) throw new StoreError(`there is a run ${run.spec.id} already`);
  }

  import(run: NewRun): boolean {
    const { spec } = run;
    return this.db.transaction(() => {
      if (this.writer.key(spec.id) !== null) return false;
      const { id: key } = this.db.run(
        `INSERT INTO runs (id, experiment, file, search, trial, name, status, params, objective_metric, objective_goal,
           device, tags, note, created_at, host, git, command, cwd, folder, seed, unread,
           branch, rerun_of, pipeline, stage, stage_hash, stages, first_file)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        spec.id,
        spec.experiment,
        spec.file,
        spec.search,
        spec.trial,
        run.name,
        run.status,
        paramsText(spec),
        spec.objective?.metric ?? null,
        spec.objective?.goal ?? null,
        run.device ?? null,
        JSON.stringify(run.tags ?? []),
        run.note ?? '',
        spec.createdAt,
        run.host,
        run.git && JSON.stringify(run.git),
        JSON.stringify(run.command ?? spec.argv),
        spec.cwd,
        run.folder,
        spec.seed,
        spec.unpassed?.length ? JSON.stringify(spec.unpassed) : null,
        spec.branch ? JSON.stringify(spec.branch) : null,
        spec.rerunOf ?? null,
        spec.stage?.pipeline ?? null,
        spec.stage ? JSON.stringify({ name: spec.stage.name, parents: spec.stage.parents }) : null,
        spec.stage?.hash ?? null,
        spec.pipeline ? JSON.stringify(spec.pipeline.stages.map(({ name }) => name)) : null,
        run.firstFile ?? null,
      );
      for (const [name, value] of Object.entries(spec.params)) this.writer.param(key, name, value);
      this.writer.index(key);
      return true;
    });
  }

  update(id: string, patch: RunPatch): boolean {
    return this.db.transaction(() => {
      const key = this.writer.key(id);
      if (key === null) return false;
      const sets: string[] = [];
      const values: SqlValue[] = [];
      for (const [field, column] of Object.entries(PLAIN)) {
        const value = patch[field as keyof typeof PLAIN];
        if (value === undefined) continue;
        sets.push(`${column} = ?`);
        values.push(value);
      }
      for (const [field, column] of Object.entries(AS_JSON)) {
        const value = patch[field as keyof typeof AS_JSON];
        if (value === undefined) continue;
        sets.push(`${column} = ?`);
        values.push(value && JSON.stringify(value));
      }
      if (patch.objectiveMetric !== undefined || patch.objectiveGoal !== undefined) this.writer.forget(id);
      if (patch.status !== undefined && LIVE_STATUSES.includes(patch.status)) sets.push('packed = NULL');
      if (sets.length > 0) this.db.run(`UPDATE runs SET ${sets.join(', ')} WHERE key = ?`, ...values, key);
      if (patch.params) this.writer.mergeParams(key, { params: patch.params, floats: patch.floats }, Infinity);
      if (patch.info) this.writer.mergeInfo(key, patch.info, Infinity);
      if (patch.name !== undefined || patch.note !== undefined) this.writer.index(key);
      return true;
    });
  }

  get(id: string): Run | null {
    return this.getMany([id])[0] ?? null;
  }

  detail(id: string): RunDetail | null {
    this.db.settle();
    const row = this.db.get<RunRow>('SELECT * FROM runs WHERE id = ?', id);
    const [run] = row ? toRuns(this.db, this.names, [row]) : [];
    return row && run ? toDetail(run, row, messagesOf(this.db, row), this.acts.of(id)) : null;
  }

  getMany(ids: readonly string[], metrics: RowMetrics = 'all'): Run[] {
    this.db.settle();
    const keys = this.db.knowingly(() => ids.flatMap((id) => this.writer.key(id) ?? []));
    return this.withKeys(keys, metrics);
  }

  metricSet(id: string): MetricSet | null {
    this.db.settle();
    // A new series has its row at once; only what is in it may be behind.
    return this.db.knowingly(() => metricSet(this.db, this.names, id));
  }

  private withKeys(keys: readonly number[], metrics: RowMetrics): Run[] {
    // Reads only these runs' rows: while many runs log, the rows of all others are outdated as well.
    const write = (): void => {
      this.series.saveRuns(keys);
      this.writer.saveBests(keys);
    };
    return this.db.caughtUp(write, () => this.select(BY_KEYS, metrics, JSON.stringify(keys)));
  }

  list(asked: RunQuery): { total: number; runs: Run[] } {
    const query = RunQuery.parse(asked);
    const filter = this.condition(query);
    if (query.sort.startsWith('formula:')) return this.listByFormula(query, filter);
    const { join, by } = order(query, this.names, Date.now());
    const find = (): { total: number; keys: number[] } => {
      const count = countOf(query, filter);
      const total = this.db.get<{ n: number }>(count.text, ...count.values);
      // Sorting keys alone first keeps the wide rows out of the sort.
      const page = this.db.all<{ key: number }>(
        `SELECT runs.key FROM runs ${join.text} WHERE ${filter.text} ORDER BY ${by} LIMIT ? OFFSET ?`,
        ...[...join.values, ...filter.values, query.limit, query.offset],
      );
      return { total: total?.n ?? 0, keys: page.map(({ key }) => key) };
    };
    this.db.settle();
    // Values of metrics are behind while runs log; nothing else that rows are chosen or sorted by is.
    const isBehind = query.sort === 'objective' || query.sort.startsWith('metric:');
    const { total, keys } = isBehind ? find() : this.db.knowingly(find);
    return { total, runs: this.withKeys(keys, query.metrics) };
  }

  private listByFormula(query: z.output<typeof RunQuery>, filter: Sql): { total: number; runs: Run[] } {
    this.db.settle();
    const way = query.descending ? 'DESC' : 'ASC';
    const all = this.db
      .all<{ key: number }>(
        `SELECT key FROM runs WHERE ${filter.text} ORDER BY created_at ${way}, key ${way}`,
        ...filter.values,
      )
      .map(({ key }) => key);
    const sorted = byFormula(all, query.sort.slice(8), query.descending, new FieldReader(this.db, this.names));
    const page = sorted.slice(query.offset, query.offset + query.limit);
    return { total: all.length, runs: this.withKeys(page, query.metrics) };
  }

  columns(asked: RunQuery): { params: string[]; metrics: string[] } {
    this.db.settle();
    const filter = this.condition(RunQuery.parse(asked));
    const selected = `SELECT key FROM runs WHERE ${filter.text}`;
    // A name is looked for among the runs until the first that has it, so this does not read every value.
    const params = this.db.all<{ name: string }>(
      `WITH RECURSIVE wanted AS MATERIALIZED (${selected}),
         names(name) AS (
           SELECT min(name) FROM params
           UNION ALL SELECT (SELECT min(name) FROM params WHERE name > names.name) FROM names WHERE names.name IS NOT NULL)
       SELECT name FROM names WHERE name IS NOT NULL AND EXISTS (
         SELECT 1 FROM params p WHERE p.name = names.name AND p.run IN wanted) ORDER BY name`,
      ...filter.values,
    );
    const total = this.db.get<{ n: number }>(`SELECT count(*) n FROM runs WHERE ${filter.text}`, ...filter.values)!.n;
    // Few runs are looked up for each name; of many, the first that has the metric is found sooner among all that have it (`+`).
    const isIn = total <= FEW_RUNS ? 's.run IN wanted' : '+s.run IN wanted';
    const metrics = this.db.all<{ name: string }>(
      `WITH wanted AS MATERIALIZED (${selected})
       SELECT name FROM metric_names n WHERE EXISTS (
         SELECT 1 FROM series s WHERE s.metric = n.id AND ${isIn}) ORDER BY name`,
      ...filter.values,
    );
    return { params: params.map((row) => row.name), metrics: metrics.map((row) => row.name) };
  }

  groups(asked: RunQuery, by: readonly string[], columns: readonly string[]): RunGroups {
    this.db.settle();
    const filter = this.condition(RunQuery.parse(asked));
    const keys = this.db.all<{ key: number }>(`SELECT key FROM runs WHERE ${filter.text}`, ...filter.values);
    const reader = new FieldReader(this.db, this.names);
    return groupsOf(
      keys.map(({ key }) => key),
      by,
      columns,
      reader,
    );
  }

  experiments(): Experiment[] {
    return experimentsOf(this.db);
  }

  countAlone(experiment: string): number {
    const row = this.db.get<{ n: number | null }>(
      `SELECT sum(n) n FROM tallies WHERE experiment = ? AND search = ''`,
      experiment,
    );
    return row?.n ?? 0;
  }

  ofStage(hash: string): Run[] {
    return this.select(
      'SELECT * FROM runs WHERE stage_hash = ? AND deleted_at IS NULL ORDER BY created_at DESC, key DESC',
      'all',
      hash,
    );
  }

  status(id: string): RunStatus | null {
    return this.db.get<{ status: RunStatus }>('SELECT status FROM runs WHERE id = ?', id)?.status ?? null;
  }

  live(metrics: RowMetrics = []): Run[] {
    return this.select(
      `SELECT * FROM runs WHERE status IN (${LIVE_SQL}) AND deleted_at IS NULL ORDER BY created_at, key`,
      metrics,
    );
  }

  unreadJournals(): string[] {
    return this.db
      .all<{ id: string }>(
        `SELECT id FROM runs WHERE status NOT IN (${LIVE_SQL}) AND ${UNREAD_SQL} ORDER BY created_at DESC`,
      )
      .map((row) => row.id);
  }

  isUnread(id: string): boolean {
    const sql = `SELECT 1 FROM runs WHERE id = ? AND status <> 'queued' AND ${UNREAD_SQL}`;
    return this.db.get(sql, id) !== undefined;
  }

  unpacked(before: number, limit: number, offset = 0): string[] {
    return unpackedRuns(this.db, before, limit, offset);
  }

  setPacked(ids: readonly string[], packed: boolean): void {
    setPacked(this.db, ids, packed);
  }

  ids(): string[] {
    return this.db.all<{ id: string }>('SELECT id FROM runs').map((row) => row.id);
  }

  tag(ids: readonly string[], add: readonly string[], remove: readonly string[]): void {
    this.db.transaction(() => {
      for (const id of ids) {
        const row = this.db.get<{ key: number; tags: string }>('SELECT key, tags FROM runs WHERE id = ?', id);
        if (!row) continue;
        const tags = new Set([...(JSON.parse(row.tags) as string[]), ...add]);
        for (const tag of remove) tags.delete(tag);
        this.db.run('UPDATE runs SET tags = ? WHERE key = ?', JSON.stringify([...tags].sort()), row.key);
        this.writer.index(row.key);
      }
    });
  }

  delete(ids: readonly string[], at: number): string[] {
    return this.changed('UPDATE runs SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL', ids, at);
  }

  restore(ids: readonly string[]): string[] {
    return this.changed('UPDATE runs SET deleted_at = NULL WHERE id = ? AND deleted_at IS NOT NULL', ids);
  }

  purge(ids: readonly string[]): string[] {
    return this.db.transaction(() =>
      ids.filter((id) => {
        const row = this.db.get<RunRow>('SELECT key, params FROM runs WHERE id = ?', id);
        if (!row) return false;
        this.series.purge(row.key);
        this.writer.forget(id);
        for (const name of Object.keys(JSON.parse(row.params) as Params)) {
          this.db.run('DELETE FROM params WHERE name = ? AND run = ?', name, row.key);
        }
        for (const table of ['run_text', 'journals', 'messages', 'media']) {
          this.db.run(`DELETE FROM ${table} WHERE run = ?`, row.key);
        }
        this.db.run('DELETE FROM acts WHERE subject = ?', id);
        this.db.run('DELETE FROM runs WHERE key = ?', row.key);
        return true;
      }),
    );
  }

  messages(id: string): RunMessage[] {
    const row = this.db.get<RunRow>('SELECT * FROM runs WHERE id = ?', id);
    return row ? messagesOf(this.db, row) : [];
  }

  media(id: string): RunMedia[] {
    return mediaOf(this.db, id);
  }

  mediaAt(id: string, at: number): RunMedia | null {
    return mediaOf(this.db, id, at)[0] ?? null;
  }

  kinship(id: string): Kinship {
    this.db.settle();
    return kinshipOf(this.db, id);
  }

  files(): ReturnType<RunsApi['files']> {
    return filesOf(this.db);
  }

  hasFile(file: string): boolean {
    return hasFile(this.db, file);
  }

  renameFile(move: FileMove): string[] {
    return renameFile(this.db, move);
  }

  best(asked: Parameters<RunsApi['best']>[0]): ReturnType<RunsApi['best']> {
    return bestOf(this.db, asked);
  }

  bestCompleted(among: Parameters<RunsApi['bestCompleted']>[0]): string | null {
    return bestCompletedOf(this.db, among);
  }

  private condition(query: z.output<typeof RunQuery>): Sql {
    const base = where(query, (words) => this.containing(words));
    const filter = parseFilter(query.filter ?? '');
    if (!filter) return base;
    this.db.settle();
    const reader = new FieldReader(this.db, this.names);
    const texts = new Map<string, ReadonlySet<number>>();
    const withText = (text: string): ReadonlySet<number> => {
      const keys = texts.get(text) ?? new Set(this.containing([text]));
      texts.set(text, keys);
      return keys;
    };
    const keys = this.db
      .all<{ key: number }>(`SELECT key FROM runs WHERE ${base.text}`, ...base.values)
      .filter(({ key }) =>
        matches(filter, { value: (field) => reader.of(field)(key), hasText: (text) => withText(text).has(key) }),
      )
      .map(({ key }) => key);
    return { text: 'runs.key IN (SELECT value FROM json_each(?))', values: [JSON.stringify(keys)] };
  }

  private containing(words: readonly string[]): number[] {
    const all = words.map(() => 'instr(text, ?) > 0').join(' AND ');
    return this.db.all<{ run: number }>(`SELECT run FROM run_text WHERE ${all}`, ...words).map((row) => row.run);
  }

  private select(sql: string, metrics: RowMetrics, ...values: SqlValue[]): Run[] {
    this.db.settle();
    return toRuns(this.db, this.names, this.db.all<RunRow>(sql, ...values), metrics);
  }

  private changed(sql: string, ids: readonly string[], ...values: SqlValue[]): string[] {
    return this.db.transaction(() => ids.filter((id) => this.db.run(sql, ...values, id).changes > 0));
  }
}
