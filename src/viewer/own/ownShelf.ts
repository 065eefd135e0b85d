/**
 * Our own runs and searches of a folder in which nothing may be started, read into a store in memory from their folders and
 * journals. It writes nothing, follows no link, and its costs are bounded.
 */
import * as path from 'node:path';
import { sizeReal, statReal } from '../../files/real.js';
import { journalSize, journalStamps } from '../../store/journal/file.js';
import { Asked } from '../../engine/disk/asked.js';
import type { LogLines } from '../../engine/disk/log.js';
import type { WorkspacePaths } from '../../engine/disk/paths.js';
import { RunFolders } from '../../engine/runs/making/folders.js';
import { importRun, takingIn, type TakenIn } from '../../engine/runs/making/takeInFolders.js';
import { SearchFolders } from '../../engine/searches/folders.js';
import { isOpen, KeptSearches, NOT_ASKED } from '../../engine/searches/keptSearches.js';
import { LIVE_STATUSES, type RunMessage } from '../../protocol/engine/index.js';
import { RUN_FILES } from '../../protocol/run/runFolder.js';
import { l10n } from '../../format/l10n.js';
import { Store } from '../../store/store.js';
import { Standing } from './standing.js';

export interface OwnLimits {
  runs: number;
  /** Points of all runs together. */
  points: number;
}
export const OWN_LIMITS: OwnLimits = { runs: 20_000, points: 20_000_000 };

/** Milliseconds for which journals are read before requests get their turn. */
const BUDGET_MS = 20;
/** Ended runs whose journals are looked at in one poll: the newest, and as many others in turn. */
const ENDED_AT_ONCE = 20;
/** Milliseconds after which the folders are read again although nothing says that they have changed. */
const RESCAN_MS = 30_000;

export interface OwnNews {
  rows(ids: readonly string[]): void;
  removed(ids: readonly string[]): void;
  searches(ids: readonly string[]): void;
  grown(id: string, metrics: ReadonlyMap<string, number>): void;
  logGrown(id: string, size: number): void;
  progress(done: number, of: number, cut: boolean): void;
  /** Called before and after files of a run are read. */
  reading(path: string | null): void;
}

export class OwnShelf {
  readonly store = Store.inMemory();
  readonly folders: BoundedFolders;
  readonly searchFolders: SearchFolders;
  private readonly searches: KeptSearches;
  private readonly live = new Map<string, Standing>();
  /** Ids of runs whose journals are to be read, the next one first. */
  private queue: string[] = [];
  private readonly leftOut = new Set<string>();
  private taking: Generator<TakenIn, unknown> | null = null;
  private seenAt = { runs: -1, searches: -1, time: -Infinity };
  private points = 0;
  private turn = 0;
  private logs = new Map<string, number>();
  /** By run, how its journals and the index stood when nothing new was in them. */
  private readonly settled = new Map<string, string>();

  constructor(
    paths: Pick<WorkspacePaths, 'runs' | 'searches' | 'asked'>,
    private readonly news: OwnNews,
    private readonly limits: OwnLimits = OWN_LIMITS,
    private readonly avoid: ReadonlySet<string> = new Set(),
  ) {
    const known = Asked.readOnly(paths.asked);
    this.folders = new BoundedFolders(paths.runs, known, limits.runs, avoid);
    this.searchFolders = new SearchFolders(paths.searches, known);
    this.searches = new KeptSearches(this.store.searches, this.store.acts, this.searchFolders, SILENT);
  }

  get isBusy(): boolean {
    return this.taking !== null || this.queue.length > 0;
  }

  /** Looks for new and deleted runs and searches; they are read from the next `step` on, the newest first. */
  look(): void {
    if (this.taking) return;
    const changed = (folder: string): number => statReal(folder)?.mtimeMs ?? 0;
    const now = {
      runs: changed(this.folders.runs),
      searches: changed(path.resolve(this.folders.runs, '../searches')),
      time: performance.now(),
    };
    const isDue = now.time - this.seenAt.time >= RESCAN_MS;
    if (!isDue && now.runs === this.seenAt.runs && now.searches === this.seenAt.searches) return;
    this.seenAt = now;
    const before = new Set(this.store.searches.list().map(({ id }) => id));
    this.news.searches([...this.searches.takeIn(this.store, true), ...before]);
    this.taking = takingIn(this.folders, this.store, SILENT);
  }

  /** Reads the next piece. */
  step(): void {
    if (this.taking) this.takeMore(this.taking);
    else this.readNext();
  }

  /** Reads a run before the others: somebody is looking at it. */
  prefer(id: string): void {
    if (this.queue.includes(id)) this.queue = [id, ...this.queue.filter((each) => each !== id)];
  }

  /** Follows the output of these runs. */
  watch(logs: readonly string[]): void {
    this.logs = new Map(logs.filter((id) => this.has(id)).map((id) => [id, this.logs.get(id) ?? -1]));
  }

  /** Looks how live runs stand, and whether journals have grown. */
  poll(): void {
    this.look();
    for (const id of [...this.live.keys()]) this.place(id);
    const ended = this.store.runs.list({ limit: ENDED_AT_ONCE });
    this.turn = this.turn + ENDED_AT_ONCE < ended.total ? this.turn + ENDED_AT_ONCE : 0;
    const others = this.turn > 0 ? this.store.runs.list({ limit: ENDED_AT_ONCE, offset: this.turn }).runs : [];
    const looked = [...ended.runs, ...others]
      .map(({ id }) => id)
      .filter((id) => !this.live.has(id) && this.hasGrown(id));
    this.enqueue([...this.live.keys(), ...looked]);
    const changed = this.searches.takeIn(this.store, true);
    if (changed.length > 0) this.settleSearches();
    this.news.searches(changed);
    for (const [id, before] of this.logs) {
      const size = sizeReal(path.join(this.folders.path(id), RUN_FILES.output)) ?? 0;
      if (size === before) continue;
      this.logs.set(id, size);
      this.news.logGrown(id, size);
    }
  }

  has(id: string): boolean {
    return this.store.runs.status(id) !== null;
  }

  /** Returns what is to be said of a run beyond its records. */
  notesOn(id: string): RunMessage[] {
    if (!this.leftOut.has(id)) return [];
    const text = l10n.t(
      'Not all values of this run are shown: the runs of this folder have more than {0} points. Trust the workspace to see everything.',
      this.limits.points,
    );
    const time = Date.now();
    return [{ time, last: time, level: 'warning', text, count: 1 }];
  }

  private takeMore(taking: Generator<TakenIn, unknown>): void {
    const known = new Set(this.store.runs.ids());
    this.news.reading(this.folders.runs);
    const next = taking.next();
    this.news.reading(null);
    const now = this.store.runs.ids();
    const fresh = now.filter((id) => !known.has(id));
    for (const id of fresh) this.place(id);
    const present = new Set(now);
    const gone = [...known].filter((id) => !present.has(id));
    for (const id of gone) this.live.delete(id);
    this.queue = this.queue.filter((id) => present.has(id));
    if (gone.length > 0) this.news.removed(gone);
    this.enqueue(fresh);
    if (fresh.length > 0) this.news.rows(fresh);
    if (!next.done) return this.news.progress(next.value.done, next.value.of, this.folders.cut);
    this.taking = null;
    this.takeByHand();
    this.settleSearches();
    this.news.progress(present.size, present.size, this.folders.cut);
  }

  /** Takes in the runs that people started by hand, which `takingIn` leaves to others. */
  private takeByHand(): void {
    const known = new Set(this.store.runs.ids());
    const fresh: string[] = [];
    for (const id of this.folders.lastIds) {
      const spec = known.has(id) ? null : this.folders.spec(id);
      if (spec?.id !== id || spec.origin?.by === undefined) continue;
      importRun(this.folders, this.store, spec, 'running');
      const deletedAt = this.folders.meta(id)?.deletedAt ?? null;
      if (deletedAt !== null) this.store.runs.delete([id], deletedAt);
      this.place(id);
      fresh.push(id);
    }
    this.enqueue(fresh);
    if (fresh.length > 0) this.news.rows(fresh);
  }

  /** Shows an open search as stopped if nobody has started it here and none of its trials is at work. */
  private settleSearches(): void {
    for (const { id, status, counts } of this.store.searches.list()) {
      const works =
        counts.running + counts.queued > 0 && this.store.searches.trials(id).some((run) => this.live.has(run.id));
      if (!isOpen(status) || works || this.searchFolders.isAsked(id) === 'yes') continue;
      this.store.searches.update(id, { status: 'stopped', error: NOT_ASKED, endedAt: Date.now() });
      this.news.searches([id]);
    }
  }

  /** Sets how a run stands; one that has ended needs no further look. */
  private place(id: string): void {
    const run = this.store.runs.get(id);
    if (!run) return void this.live.delete(id);
    const isLive = LIVE_STATUSES.includes(run.status);
    const spec = isLive ? this.folders.spec(id) : null;
    // A run that only waits in its folder is shown as the folder has it.
    if (!spec || (run.status === 'queued' && !this.folders.wasStarted(id, spec))) return void this.live.delete(id);
    let standing = this.live.get(id);
    if (!standing) this.live.set(id, (standing = new Standing(this.folders.path(id), spec)));
    const { patch, ended } = standing.look();
    this.store.runs.update(id, patch);
    if (ended) this.live.delete(id);
    if (patch.status !== run.status) this.news.rows([id]);
  }

  private enqueue(ids: readonly string[]): void {
    const waiting = new Set(this.queue);
    this.queue.push(...ids.filter((id) => !waiting.has(id)));
  }

  private hasGrown(id: string): boolean {
    const folder = path.join(this.folders.path(id), RUN_FILES.journal);
    const { ingest } = this.store;
    const files = ingest.files(id);
    const offsets = files.map((file) => ingest.expectedOffset(id, file));
    // The size of a packed journal is inside of it, and not to be looked up at every poll.
    const seen = `${journalStamps(folder, files)} ${offsets.join()}`;
    if (this.settled.get(id) === seen) return false;
    const grown = files.some((file, i) => (journalSize(path.join(folder, file)) ?? 0) > offsets[i]!);
    if (!grown) this.settled.set(id, seen);
    return grown;
  }

  private readNext(): void {
    const id = this.queue.shift();
    if (id === undefined || !this.has(id)) return;
    if (this.points >= this.limits.points) return void this.leftOut.add(id);
    const folder = this.folders.path(id);
    this.news.reading(folder);
    const results = this.store.ingest.pollAll(id, { final: !this.live.has(id), budgetMs: BUDGET_MS });
    this.news.reading(null);
    for (const { metrics, points } of results) {
      this.points += points;
      if (metrics.size > 0) this.news.grown(id, metrics);
    }
    if (results.some(({ runChanged, points, records }) => runChanged || points > 0 || records > 0))
      this.news.rows([id]);
    // Large journals take turns with the others.
    if (results.at(-1)?.more) this.queue.push(id);
  }
}

/** Folders of at most so many runs, the newest. */
export class BoundedFolders extends RunFolders {
  cut = false;
  lastIds: readonly string[] = [];

  constructor(
    runs: string,
    asked: ConstructorParameters<typeof RunFolders>[1],
    private readonly most: number,
    private readonly avoid: ReadonlySet<string>,
  ) {
    super(runs, asked);
  }

  override ids(): string[] {
    const all = super
      .ids()
      .filter((id) => !this.avoid.has(path.join(this.runs, id)))
      .sort((a, b) => (a < b ? 1 : -1));
    this.cut = all.length > this.most;
    const ids = all.slice(0, this.most);
    this.lastIds = ids;
    return ids;
  }
}

const SILENT: LogLines = { info: () => undefined, warn: () => undefined, error: () => undefined };
