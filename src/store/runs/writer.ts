import { createHash } from 'node:crypto';
import type { Goal } from '../../protocol/engine/index.js';
import type { ParamChange } from '../../protocol/engine/rows.js';
import type { ParamValue, Params } from '../../protocol/values/index.js';
import { markAt, mergeFloats, valueText, type Floats } from '../../protocol/values/floats.js';
import type { RunMessage } from '../api.js';
import type { Late } from '../journal/late.js';
import type { Database } from '../database.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';
import { paramsText, readParams } from './params.js';
import { withoutRead } from './unread.js';

/** Runs whose keys are kept in memory. */
const MOST_KNOWN = 20_000;
/** Milliseconds of the longest plausible run: a century. Sums of such numbers are finite. */
const LONGEST_RUN = 100 * 365.25 * 86_400_000;

/** A run's objective as ingest follows it. */
export interface ObjectiveState {
  metric: string;
  goal: Goal;
  best: number | null;
  step: number | null;
}

/** Changes to single runs by their key: what ingest and the run table share. */
export class RunWriter {
  private readonly known = new Map<string, { key: number; folder: string }>();
  private readonly objectives = new Map<number, ObjectiveState | null>();

  constructor(
    private readonly db: Database,
    private readonly late: Late,
  ) {
    db.onRollback(() => this.forgetAll());
  }

  key(id: string): number | null {
    return this.place(id)?.key ?? null;
  }

  /** Returns the keys of many runs; unknown ones are left out. */
  keys(ids: readonly string[]): Map<string, number> {
    const unknown = ids.filter((id) => !this.known.has(id));
    if (unknown.length > 1) {
      const rows = this.db.all<{ id: string; key: number; folder: string }>(
        'SELECT runs.id, runs.key, folder FROM json_each(?) wanted CROSS JOIN runs ON runs.id = wanted.value',
        JSON.stringify(unknown),
      );
      if (this.known.size + rows.length > MOST_KNOWN) this.forgetAll();
      for (const { id, key, folder } of rows) this.known.set(id, { key, folder });
    }
    return new Map(
      ids.flatMap((id) => [[id, this.key(id)] as const]).filter((pair): pair is [string, number] => pair[1] !== null),
    );
  }

  folder(id: string): string {
    const row = this.place(id);
    if (!row) throw new Error(`no run ${id} in the store`);
    return row.folder;
  }

  /** A run is gone, or its objective is another one. */
  forget(id: string): void {
    const known = this.known.get(id);
    if (known) this.objectives.delete(known.key);
    this.known.delete(id);
  }

  private place(id: string): { key: number; folder: string } | null {
    const known = this.known.get(id);
    if (known) return known;
    const row = this.db.get<{ key: number; folder: string }>('SELECT key, folder FROM runs WHERE id = ?', id);
    if (!row) return null;
    if (this.known.size > MOST_KNOWN) this.forgetAll();
    this.known.set(id, row);
    return row;
  }

  private forgetAll(): void {
    this.known.clear();
    this.objectives.clear();
  }

  /** Returns the same object until the run is removed. Save changes of it with `saveObjective`. */
  objective(key: number): ObjectiveState | null {
    const known = this.objectives.get(key);
    if (known !== undefined) return known;
    const found = this.readObjective(key);
    this.objectives.set(key, found);
    return found;
  }

  private readObjective(key: number): ObjectiveState | null {
    const row = this.db.get<{ metric: string | null; goal: Goal; best: number | null; step: number | null }>(
      'SELECT objective_metric metric, objective_goal goal, objective best, objective_step step FROM runs WHERE key = ?',
      key,
    );
    return row && row.metric !== null ? { ...row, metric: row.metric } : null;
  }

  saveObjective(key: number, objective: ObjectiveState): void {
    this.late.holdBest(key, objective);
  }

  saveBests(keys: readonly number[]): void {
    this.late.writeBests(keys);
  }

  saveProgress(key: number, progress: { fraction: number | null; text: string } | null): void {
    this.db.run('UPDATE runs SET progress = ? WHERE key = ?', progress && JSON.stringify(progress), key);
  }

  spawned(key: number, time: number): void {
    this.db.run('UPDATE runs SET started_at = coalesce(started_at, ?) WHERE key = ?', time, key);
  }

  exited(key: number, code: number | null, signal: string | null): void {
    this.db.run('UPDATE runs SET exit_code = ?, signal = ? WHERE key = ?', code, signal, key);
  }

  /** Adds the duration of one of the run's launches, in milliseconds. */
  ran(key: number, milliseconds: number): void {
    this.db.run('UPDATE runs SET ran = coalesce(ran, 0) + ? WHERE key = ?', Math.min(milliseconds, LONGEST_RUN), key);
  }

  /** Lays params over the present ones. Returns what to tell the person when there are too many. */
  mergeParams(key: number, stated: { params: Params; floats?: Floats | undefined }, limit: number): Said | null {
    const row = this.db.get<{ params: string }>('SELECT params FROM runs WHERE key = ?', key);
    if (!row) return null;
    const before = readParams(row.params);
    const merged = { ...before.params, ...stated.params };
    const names = Object.keys(merged);
    for (const name of names.slice(limit)) delete merged[name];
    const text = paramsText({ params: merged, floats: mergeFloats(before, stated) });
    this.db.run('UPDATE runs SET params = ? WHERE key = ?', text, key);
    for (const [name, value] of Object.entries(stated.params)) {
      if (Object.hasOwn(merged, name)) this.param(key, name, value);
    }
    this.index(key);
    return names.length > limit
      ? said('This run states more than {0} parameters; the first {0} are kept.', limit)
      : null;
  }

  /** Parameters as they are now. */
  params(key: number): Params {
    const row = this.db.get<{ params: string }>('SELECT params FROM runs WHERE key = ?', key);
    return row ? readParams(row.params).params : {};
  }

  /** Adds changes of parameters to those of the run; the newest are kept. */
  addChanges(key: number, fresh: readonly ParamChange[], limit: number): void {
    const row = this.db.get<{ changes: string | null }>('SELECT changes FROM runs WHERE key = ?', key);
    const known = row?.changes ? (JSON.parse(row.changes) as ParamChange[]) : [];
    this.db.run('UPDATE runs SET changes = ? WHERE key = ?', JSON.stringify([...known, ...fresh].slice(-limit)), key);
  }

  /** The program has read these parameters. */
  received(key: number, names: ReadonlySet<string>): void {
    const row = this.db.get<{ unread: string | null }>('SELECT unread FROM runs WHERE key = ?', key);
    if (!row?.unread) return;
    this.db.run('UPDATE runs SET unread = ? WHERE key = ?', withoutRead(row.unread, names), key);
  }

  mergeInfo(key: number, info: Params, limit: number): Said | null {
    const row = this.db.get<{ info: string }>('SELECT info FROM runs WHERE key = ?', key);
    if (!row) return null;
    const merged = { ...(JSON.parse(row.info) as Params), ...info };
    const names = Object.keys(merged);
    for (const name of names.slice(limit)) delete merged[name];
    this.db.run('UPDATE runs SET info = ? WHERE key = ?', JSON.stringify(merged), key);
    return names.length > limit ? said('This run states more than {0} facts; the first {0} are kept.', limit) : null;
  }

  /** Adds messages; one that is known by its topic is counted and keeps its first text and time. */
  addMessages(key: number, messages: Iterable<[topic: string, message: RunMessage]>, limit: number): void {
    for (const [topic, { time, last, level, text, count, said: values }] of messages) {
      this.db.run(
        `INSERT INTO messages (run, topic, time, last, level, text, count, said) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (run, topic) WHERE topic IS NOT NULL DO UPDATE SET count = count + excluded.count, last = excluded.last`,
        key,
        shortTopic(topic),
        time,
        last,
        level,
        text,
        count,
        values ? JSON.stringify(values) : null,
      );
    }
    this.db.run(
      `DELETE FROM messages WHERE rowid IN (SELECT rowid FROM messages WHERE run = ? ORDER BY level = 'info', rowid DESC LIMIT -1 OFFSET ?)`,
      key,
      limit,
    );
  }

  hasMessage(key: number, topic: string): boolean {
    return this.db.get('SELECT 1 FROM messages WHERE run = ? AND topic = ?', key, shortTopic(topic)) !== undefined;
  }

  addMedia(
    key: number,
    media: { time: number; name: string; path: string; mime: string; step?: number | undefined },
  ): void {
    this.db.run(
      'INSERT INTO media (run, time, name, path, mime, step) VALUES (?, ?, ?, ?, ?, ?)',
      key,
      media.time,
      media.name,
      media.path,
      media.mime,
      media.step ?? null,
    );
  }

  param(key: number, name: string, value: ParamValue): void {
    this.db.run(
      'INSERT OR REPLACE INTO params (name, run, num, text) VALUES (?, ?, ?, ?)',
      name,
      key,
      typeof value === 'number' ? value : typeof value === 'boolean' ? Number(value) : null,
      typeof value === 'number' ? null : valueText(value, null),
    );
  }

  /** Writes what text search finds a run by. */
  index(key: number): void {
    const row = this.db.get<{ id: string; name: string; note: string; tags: string; params: string }>(
      'SELECT id, name, note, tags, params FROM runs WHERE key = ?',
      key,
    );
    if (!row) return;
    const words = [row.id, row.name, row.note, ...(JSON.parse(row.tags) as string[])];
    const { params, floats } = readParams(row.params);
    for (const [name, value] of Object.entries(params)) {
      words.push(`${name}=${valueText(value, markAt(floats, name)).slice(0, 200)}`);
    }
    this.db.run('INSERT OR REPLACE INTO run_text (run, text) VALUES (?, ?)', key, words.join('\n').toLowerCase());
  }
}

/** Stands in an index beside a text that may be long. */
const shortTopic = (topic: string): string => createHash('sha1').update(topic).digest('base64');
