/**
 * The runs in the logs of other tools, read piece by piece into a store in memory. Writes no files, and bounds
 * everything that grows with the logs.
 */
import * as fs from 'node:fs';
import { hostname } from 'node:os';
import * as path from 'node:path';
import { findRuns, titleOf } from '../foreign/formats.js';
import { importedId, specOf, stateOf, timeOfFiles } from '../foreign/import/importRun.js';
import { JournalLines } from '../foreign/import/lines.js';
import type { FoundRun, Place } from '../foreign/types.js';
import type { FoundLog } from '../protocol/engine/foreign.js';
import type { Run } from '../protocol/engine/index.js';
import { setEntry } from '../protocol/values/records.js';
import { Store } from '../store/store.js';
import { ShelfMedia } from './shelfMedia.js';

export interface ShelfLimits {
  /** Levels of folders, and files and folders in all. */
  depth: number;
  entries: number;
  perFolder: number;
  runs: number;
  /** Points of all runs together, and pieces of one run's logs. */
  points: number;
  pieces: number;
}
export const SHELF_LIMITS: ShelfLimits = {
  ...{ depth: 8, entries: 200_000, perFolder: 20_000 },
  ...{ runs: 2000, points: 20_000_000, pieces: 256 },
};
/** Bytes of logs that are read, and characters of lines that are stored, before requests get their turn. */
const PIECE = 2 ** 20;
const SLICE = 2 ** 17;
/** Milliseconds since its last line within which a run that says nothing of its end counts as running. */
const FRESH_MS = 120_000;
/** Files of a run whose growth is looked for. */
const MOST_WATCHED = 50;
const JOURNAL = 'viewer.ndjson';

interface Shelved {
  id: string;
  found: FoundRun;
  lines: JournalLines;
  /** How far its logs were read, and how far they are in the store. */
  place: Place | null;
  offset: number;
  pieces: number;
  /** Lines that are not in the store yet. */
  pending: string[];
  /** The reader has more to read at once. */
  isMore: boolean;
  /** Size and time of its files when they were last read to their end. */
  seen: string;
  /** Time of the last line, ms since the epoch. */
  modified: number;
  isRow: boolean;
  /** Its logs can't be read, or there are too many: they are left until they change. */
  isOver: boolean;
}

export interface ShelfNews {
  rows(ids: readonly string[]): void;
  removed(ids: readonly string[]): void;
  grown(id: string, metrics: ReadonlyMap<string, number>): void;
  /** Called before and after a run's logs are read. */
  reading(path: string | null): void;
}

export class Shelf {
  readonly store = Store.inMemory();
  readonly media = new ShelfMedia();
  private readonly shelved = new Map<string, Shelved>();
  private queue: Shelved[] = [];
  private points = 0;

  constructor(
    private readonly workspace: string,
    private readonly news: ShelfNews,
    private readonly limits: ShelfLimits = SHELF_LIMITS,
    /** Paths whose logs are not read: a reader has not come back from them. */
    private readonly avoid: ReadonlySet<string> = new Set(),
  ) {}

  /** Searches the folder. Runs that are new are read from the next `step` on, the newest first. */
  look(): { logs: (FoundLog & { modified: number })[]; cut: boolean } {
    const { depth, entries, perFolder } = this.limits;
    this.news.reading(this.workspace);
    const { runs, cut } = findRuns(this.workspace, { depth, entries, perFolder });
    this.news.reading(null);
    const places = { workspace: this.workspace, runs: path.join(this.workspace, '.tunesmith', 'runs') };
    const all = runs
      .filter((run) => !this.avoid.has(run.path))
      .map((run) => ({ run, id: importedId(run, this.workspace), modified: timeOfFiles(run) }))
      .sort((a, b) => b.modified - a.modified);
    const kept = all.slice(0, this.limits.runs).map((each) => ({ ...each, state: stateOf(each.run, places) }));
    const wanted = new Map(kept.filter(({ state }) => state === 'new').map((each) => [each.id, each]));
    this.forget([...this.shelved.keys()].filter((id) => !wanted.has(id)));
    for (const [id, { run, modified }] of wanted) {
      const known = this.shelved.get(id);
      if (known) known.found = run;
      else this.add(id, run, modified);
    }
    const logs = kept.map(({ run, id, modified, state }) => {
      const { format, name, experiment } = run;
      return { id, format, title: titleOf(format), path: run.path, name, experiment, state, modified };
    });
    return { logs, cut: cut || kept.length < all.length };
  }

  get isBusy(): boolean {
    return this.queue.length > 0;
  }

  /** Reads the next piece. */
  step(): void {
    const next = this.queue[0];
    if (!next) return;
    if (!this.work(next)) this.queue = this.queue.filter((each) => each !== next);
    // Runs get their rows one after the other, and then their points.
    else this.queue.push(this.queue.shift()!);
  }

  /** Reads a run before the others, because someone is looking at it. */
  prefer(id: string): void {
    const run = this.shelved.get(id);
    if (!run || !this.queue.includes(run)) return;
    this.queue = [run, ...this.queue.filter((each) => each !== run)];
  }

  /** Looks which logs have grown since they were read. */
  poll(): void {
    const stopped: string[] = [];
    for (const run of this.shelved.values()) {
      if (this.queue.includes(run)) continue;
      const now = signature(run.found);
      if (now !== run.seen) {
        run.isOver = false;
        run.modified = timeOfFiles(run.found);
        this.queue.push(run);
      } else if (this.isStale(run)) stopped.push(run.id);
    }
    for (const id of stopped) this.store.runs.update(id, this.endOf(this.shelved.get(id)!));
    if (stopped.length > 0) this.news.rows(stopped);
  }

  has(id: string): boolean {
    return this.shelved.get(id)?.isRow ?? false;
  }

  /** Returns the rows of runs as the editor shows them. */
  rows(runs: readonly Run[]): Run[] {
    return runs.map((run) => this.row(run));
  }

  row<R extends Run>(run: R): R {
    const shelved = this.shelved.get(run.id);
    if (!shelved) return run;
    return { ...run, foreign: { title: titleOf(shelved.found.format), path: shelved.found.path } };
  }

  /** Name of the format whose logs an experiment's runs are in. */
  formatOf(experiment: string): string | undefined {
    for (const { found } of this.shelved.values()) if (experiment.endsWith(suffix(found))) return titleOf(found.format);
    return undefined;
  }

  private add(id: string, found: FoundRun, modified: number): void {
    const run: Shelved = {
      ...{
        id,
        found,
        place: null,
        offset: 0,
        pieces: 0,
        pending: [],
        isMore: false,
        seen: '',
        modified,
        isRow: false,
        isOver: false,
      },
      lines: new JournalLines(
        { write: (text) => void run.pending.push(...slices(text)), keep: (media) => this.media.keep(id, media) },
        modified,
      ),
    };
    this.shelved.set(id, run);
    this.queue.push(run);
  }

  private forget(ids: readonly string[]): void {
    if (ids.length === 0) return;
    this.queue = this.queue.filter(({ id }) => !ids.includes(id));
    for (const id of ids) {
      this.shelved.delete(id);
      this.media.forget(id);
    }
    this.store.runs.purge(ids);
    this.news.removed(ids);
  }

  /** Reads a piece, or stores a slice of it; returns false when everything is stored. */
  private work(run: Shelved): boolean {
    if (run.pending.length === 0) this.read(run);
    else this.take(run, run.pending.shift()!);
    if (run.pending.length > 0 || run.isMore) return true;
    this.store.runs.update(run.id, this.patchOf(run));
    this.news.rows([run.id]);
    return false;
  }

  private read(run: Shelved): void {
    const seen = signature(run.found);
    run.isMore = false;
    this.news.reading(run.found.path);
    try {
      const { place, more } = run.found.open().read(run.place, run.lines, PIECE);
      run.place = place;
      run.pieces++;
      run.isMore = more && run.pieces < this.limits.pieces && this.points < this.limits.points;
      if (more && !run.isMore) {
        run.isOver = true;
        run.lines.warning('These logs are too large to be shown as they are: import them to see all of them.');
      }
    } catch (error) {
      run.isOver = true;
      run.lines.warning(`They can't be read: ${(error as Error).message}`);
    }
    this.news.reading(null);
    const missing = this.media.missing(run.id);
    if (!run.isMore && missing > 0)
      run.lines.warning(`${missing} pictures and other files are not shown: import the logs to see them.`);
    run.lines.flush();
    if (!run.isMore) run.seen = seen;
    this.becomeRow(run);
  }

  /** Adds the run to the store once its first piece has given the known facts. */
  private becomeRow(run: Shelved): void {
    if (run.isRow) return;
    run.isRow = true;
    const { known } = run.lines;
    const spec = specOf(run.found, run.id, known, this.workspace, run.modified);
    this.store.runs.insert({
      spec: { ...spec, experiment: spec.experiment + suffix(run.found) },
      name: spec.name ?? run.id,
      status: 'completed',
      folder: run.found.path,
      host: known.host ?? hostname(),
      git: known.git ?? null,
      ...(known.tags && { tags: known.tags }),
      ...(known.note !== undefined && { note: known.note }),
    });
  }

  /** Takes whole lines into the store. */
  private take(run: Shelved, text: string): void {
    const bytes = Buffer.from(text);
    const result = this.store.ingest.frame(run.id, JOURNAL, run.offset, bytes);
    run.offset += bytes.length;
    this.points += result?.points ?? 0;
    if (result && result.metrics.size > 0) this.news.grown(run.id, result.metrics);
    this.news.rows([run.id]);
  }

  private patchOf(run: Shelved) {
    const { known } = run.lines;
    const { name, createdAt, error } = known;
    return {
      ...this.endOf(run),
      ...(name !== undefined && { name }),
      startedAt: createdAt ?? null,
      ...(error !== undefined && { error: { kind: 'script' as const, message: error.slice(0, 4000), logTail: '' } }),
    };
  }

  private endOf(run: Shelved) {
    const { status, endedAt } = run.lines.known;
    const isFresh = Date.now() - run.modified < FRESH_MS;
    const isOpen = status === undefined || status === 'running';
    if (isOpen && isFresh && !run.isOver) return { status: 'running' as const, endedAt: null };
    return {
      status: status === 'running' ? ('stopped' as const) : (status ?? 'completed'),
      endedAt: endedAt ?? run.modified,
    };
  }

  private isStale(run: Shelved): boolean {
    const row = run.isRow ? this.store.runs.get(run.id) : null;
    return row?.status === 'running' && Date.now() - run.modified >= FRESH_MS;
  }
}

/** Suffix of an experiment's name that distinguishes it from our experiments. */
const suffix = (found: FoundRun): string => ` (${titleOf(found.format)})`;

/** Cuts lines into groups of about 128 KiB. */
function slices(text: string): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length;) {
    const end = at + SLICE >= text.length ? text.length : text.indexOf('\n', at + SLICE) + 1;
    parts.push(text.slice(at, end));
    at = end;
  }
  return parts;
}

/** Sizes and times of the files of a run. */
function signature({ files }: FoundRun): string {
  const stats = files.slice(-MOST_WATCHED).map((file) => fs.lstatSync(file, { throwIfNoEntry: false }));
  return stats.map((each) => (each ? `${each.size}:${each.mtimeMs}` : '-')).join(' ');
}

/** Number of points by metric, for `grown`. */
export function countsOf(metrics: ReadonlyMap<string, number>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [name, count] of metrics) setEntry(counts, name, count);
  return counts;
}
