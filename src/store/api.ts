/**
 * The store's surface, as its users see it. Everything is synchronous and made for the engine's main thread: work that
 * grows with the data is done in bounded pieces, so that no call should take more than some tens of milliseconds.
 *
 *   const store = Store.open('/folder/.tunesmith/store.db');   // src/store/store.ts
 *   store.runs.insert({ spec, name, status: 'queued', folder, host, git });
 *   store.ingest.frame(run, 'rank0-17.ndjson', 0, bytes);
 *   store.series.read({ run, metric: 'loss' });
 *
 * Any call that writes may throw `StoreWriteError` (disk full, …). Nothing is stored then: the same call can be made
 * again later, and journals are read on from where the store stands.
 */
import type { RunGroups } from '../protocol/engine/groups.js';
import type { z } from 'zod';
import type {
  Experiment,
  Goal,
  MetricPoint,
  MetricSet,
  RankPoint,
  RowMetrics,
  Run,
  RunDetail,
  RunMessage,
  RunError,
  RunQuery,
  RunStatus,
  Search,
  SearchStatus,
  SeriesData,
  SeriesQuery,
} from '../protocol/engine/index.js';
import type { AgentAct } from '../protocol/engine/agents.js';
import type { Floats } from '../protocol/values/floats.js';
import type { JournalRecord } from '../protocol/run/journal.js';
import type { RunSpec } from '../protocol/run/runFolder.js';
import type { Params, WireNumber } from '../protocol/values/index.js';
import type { Kinship } from './runs/lineage.js';

export interface NewRun {
  spec: RunSpec;
  name: string;
  status: RunStatus;
  /** Absolute path of the run's folder. */
  folder: string;
  host: string;
  git: RunDetail['git'];
  /** Command as shown to the person; by default the spec's argv. */
  command?: string[];
  device?: string | null;
  tags?: string[];
  note?: string;
  /** Path of its experiment file when it began, if that was renamed since. */
  firstFile?: string | null;
}

/** Only given fields are changed. */
export interface RunPatch {
  status?: RunStatus;
  name?: string;
  note?: string;
  device?: string | null;
  error?: RunError | null;
  /** Laid over the present ones. `floats`: which whole numbers of them are floats. */
  params?: Params;
  floats?: Floats | undefined;
  /** Laid over the present ones. */
  info?: Params;
  progress?: Run['progress'];
  startedAt?: number | null;
  endedAt?: number | null;
  /** See `Run`; null: not known. */
  ran?: number | null;
  exitCode?: number | null;
  signal?: string | null;
  /** The metric by which the run is compared from here on; earlier points do not count. */
  objectiveMetric?: string;
  objectiveGoal?: Goal;
}

export type { RunMessage };

export interface RunMedia {
  time: number;
  name: string;
  /** Relative to the run's folder. */
  path: string;
  mime: string;
  step: number | null;
}

/** An experiment file has another path; runs that were made later belong to another file of the old name. */
export interface FileMove {
  from: string;
  to: string;
  /** Milliseconds since the epoch. */
  time: number;
  /** The name of the experiment changes with it. */
  experiment?: { from: string; to: string } | undefined;
}

export interface RunsApi {
  /** Throws when the id is taken. */
  insert(run: NewRun): void;
  /** Adds a run found on disk (its run.json); false if the store knows it already. */
  import(run: NewRun): boolean;
  /** False if the run does not exist. */
  update(id: string, patch: RunPatch): boolean;
  /** Deleted (hidden) runs too: see `deletedAt`. */
  get(id: string): Run | null;
  detail(id: string): RunDetail | null;
  /** In the order asked, unknown ids left out. `metrics`: those that the rows have; all by default. */
  getMany(ids: readonly string[], metrics?: RowMetrics): Run[];
  /** Names of all metrics of a run; null if the run does not exist. */
  metricSet(id: string): MetricSet | null;
  list(query: RunQuery): { total: number; runs: Run[] };
  /** Names of all params and metrics in the selected runs (the query's offset and limit don't matter), sorted. */
  columns(query: RunQuery): { params: string[]; metrics: string[] };
  /** Groups of the selected runs by some fields, with statistics of some columns. */
  groups(query: RunQuery, by: readonly string[], columns: readonly string[]): RunGroups;
  experiments(): Experiment[];
  /** Number of runs of an experiment that belong to no search, including hidden ones. */
  countAlone(experiment: string): number;
  /** Runs of a stage by the hash of its dependencies, newest first, without deleted ones. */
  ofStage(hash: string): Run[];
  /** Status of a run, cheaper than its row; null if the run does not exist. */
  status(id: string): RunStatus | null;
  /** Runs that are not at an end (queued, starting, running, paused, stopping), oldest first; not the deleted ones. Their rows have few metrics by default. */
  live(metrics?: RowMetrics): Run[];
  /** Ids of ended runs whose journals were not read yet, newest first. */
  unreadJournals(): string[];
  /** Returns whether a run was started and nothing of its journals is in the index. */
  isUnread(id: string): boolean;
  /** Ids of runs that ended before a time (ms) and whose journals may still have to be packed, the first of them first. */
  unpacked(before: number, limit: number, offset?: number): string[];
  /** Notes that the journals of runs are packed, or stay as they are. */
  setPacked(ids: readonly string[], packed: boolean): void;
  /** Experiment files that runs name, with the experiment and the id of the newest run, and the number of runs. */
  files(): { file: string; experiment: string; newest: string; runs: number }[];
  /** Returns whether a run or a search names this experiment file. */
  hasFile(file: string): boolean;
  /** Ids of all runs, including hidden ones, for comparison with `.tunesmith/runs/` on start. */
  ids(): string[];
  tag(ids: readonly string[], add: readonly string[], remove: readonly string[]): void;
  /** Hides runs (`at` in ms since the epoch). Returns the ids that were shown before. */
  delete(ids: readonly string[], at: number): string[];
  /** Undoes `delete`. Returns the ids that were hidden before. */
  restore(ids: readonly string[]): string[];
  /** Forgets runs and their series for good. Files are the caller's business. Returns the ids that existed. */
  purge(ids: readonly string[]): string[];
  /** Returns the run's messages and warnings about its journal; oldest first, at most 1,000 different ones. */
  messages(id: string): RunMessage[];
  media(id: string): RunMedia[];
  /** Returns the one at this place in `media`. */
  mediaAt(id: string, at: number): RunMedia | null;
  /** Returns the runs that a run was started from, and those that were started from it. */
  kinship(id: string): Kinship;
  /** Best run of an experiment, or of the experiment of a file's newest run; see `best.ts` for the rule. */
  best(among: { file: string } | { experiment: string }): {
    run: string;
    name: string;
    params: Params;
    floats?: Floats;
    objective: WireNumber;
    metric: string;
    goal: Goal;
    of: number;
  } | null;
  /** Best completed run of an experiment, by the objective of its newest run: of a file, or by the experiment's name. */
  bestCompleted(of: { file: string } | { experiment: string }): string | null;
}

export interface ActsApi {
  add(subject: string, act: AgentAct): void;
  /** Replaces the row of a run or a search by the data in its folder. */
  takeIn(subject: string, acts: readonly AgentAct[]): void;
  /** Returns the newest acts on a run or a search, oldest of them first. */
  of(subject: string): AgentAct[];
  /** Returns the act by which one of these was started; null if a person started it. */
  starterOf(subjects: readonly (string | null)[]): AgentAct | null;
  /** Returns the seconds that runs of a file, started by agents under a budget, have worked since a time (ms). */
  secondsUnderBudget(file: string, since: number, now: number): number;
}

export interface NewSearch {
  id: string;
  experiment: string;
  file: string | null;
  name: string;
  status: SearchStatus;
  sampler: string;
  pruner: string | null;
  reason: string | null;
  trials: number | null;
  parallel: number;
  /** Null: its trials are not compared. */
  objective: { metric: string; goal: Goal } | null;
  space: Record<string, unknown>;
  createdAt: number;
  /** Data that the engine needs after a restart (JSON); not shown to clients. */
  plan?: unknown;
}

export type SearchPatch = Partial<
  Pick<NewSearch, 'name' | 'status' | 'sampler' | 'pruner' | 'reason' | 'trials' | 'parallel' | 'plan' | 'space'> & {
    error: string | null;
    endedAt: number | null;
  }
>;

export interface SearchesApi {
  insert(search: NewSearch): void;
  update(id: string, patch: SearchPatch): boolean;
  /** Counts and best are computed from the search's runs. */
  get(id: string): Search | null;
  /** Newest first. */
  list(query?: { experiment?: string; file?: string; status?: SearchStatus[] }): Search[];
  /** Returns the plan that `insert` or `update` was last given. */
  plan(id: string): unknown;
  /** The study as JSON text, so that it can be saved without parsing. */
  saveStudy(id: string, study: string): void;
  loadStudy(id: string): unknown;
  /** Returns the text that `saveStudy` was last given; null before the first time. */
  studyText(id: string): string | null;
  /** By number of the trial, the id of its run (not deleted). */
  runIds(id: string): Map<number, string>;
  /** Its runs (not deleted) in order of their trial number. */
  trials(id: string): Run[];
  /** Removes the search; its runs stay and belong to no search. Returns false if there is none. */
  delete(id: string): boolean;
}

/** A record the engine has to act upon, with the journal file it was in. */
export interface IngestEvent {
  file: string;
  record: Extract<JournalRecord, { type: 'start' | 'spawn' | 'exit' | 'finish' | 'message' }>;
}

/** Changes made by an ingest. All of them are committed when the call returns. */
export interface IngestResult {
  run: string;
  file: string;
  /** Offset of the first byte not stored yet. */
  next: number;
  /** Number of valid records stored. */
  records: number;
  /** Number of metric points stored. */
  points: number;
  /** Number of points logged per changed metric, including lost ones (for `seriesChanged`). */
  metrics: Map<string, number>;
  /** New points of the run's objective in the order logged, for the pruner; `step` is the epoch where one was logged. */
  objective: { step: number; value: number }[];
  events: IngestEvent[];
  /** Something in the run's row (`Run`) is different now. */
  runChanged: boolean;
  /** About the journal itself, for the engine's log; also in `runs.messages`. */
  warnings: string[];
  /** Only from `poll`: there is more to read, call again. */
  more: boolean;
}

export interface IngestApi {
  /** Offset that the next frame of this journal file must have. */
  expectedOffset(run: string, file: string): number;
  /**
   * Stores a frame. Null if it is not the next one expected, or its file name is not that of a journal: then `poll` the file.
   * Where a frame overlaps stored bytes, only the rest is used.
   */
  frame(run: string, file: string, offset: number, bytes: Uint8Array): IngestResult | null;
  /**
   * Reads the new records of one journal file from disk, at most about 256 KiB per call (see `more`). With `final` (its
   * writer is gone), a last line without newline counts if it is a whole record. A missing file counts as empty.
   */
  poll(run: string, file: string, options?: { final?: boolean }): IngestResult;
  /** Notes that a journal of a run that is known as packed, so that all its records were read, has another name now. */
  wasRead(run: string, file: string, offset: number): void;
  /** Names of the journal files in the run's folder. */
  files(run: string): string[];
  /** Polls every journal file of the run until nothing is new or `budgetMs` (40) is over; see `more` of the last result. */
  pollAll(run: string, options?: { final?: boolean; budgetMs?: number }): IngestResult[];
}

/** Points of a lost timeline (see `series/timeline.ts`) are left out unless they are asked for. */
export interface SeriesApi {
  /** As `read`, for a query that its schema has checked. */
  readChecked(query: z.output<typeof SeriesQuery>): SeriesData;
  /**
   * As `read`, for the first of these queries: at least one, and as many as `budgetMs` milliseconds allow. What they have in
   * common is read at once.
   */
  readSome(queries: readonly z.output<typeof SeriesQuery>[], budgetMs?: number): SeriesData[];
  /** A chart's points, always including the extrema. An unknown run or metric is an empty series. */
  read(query: z.input<typeof SeriesQuery>): SeriesData;
  /**
   * Points of one metric in the order logged; with `points`, about that many, chosen as `read` does, ordered by step. With
   * `lost` those of lost timelines too, marked.
   */
  points(
    run: string,
    metric: string,
    options?: { points?: number; offset?: number; limit?: number; lost?: boolean },
  ): { total: number; points: MetricPoint[] };
  /**
   * Minimum, mean and maximum of a metric over the ranks that have logged it, by step; a rank's last value at a step counts.
   * `total`: number of steps.
   */
  ranks(
    run: string,
    metric: string,
    options?: { offset?: number; limit?: number },
  ): { ranks: number[]; total: number; points: RankPoint[] };
  /** How many points a metric has, lost ones included. */
  logged(run: string, metric: string): number;
  /**
   * A metric's values in logged order, for restoring a pruner's reports; `step` is the epoch where one was logged.
   * `from`: without those that were logged before this number of points, lost ones included, was there.
   */
  values(run: string, metric: string, from?: number): { step: number; value: number }[];
  /** Folds pending points into chunks. Call it when a run ends and when idle; true if there is more to do. */
  fold(budgetMs?: number): boolean;
  /** Prepares the first look at the objectives of many ended runs. Call it when idle; true if there is more to do. */
  prepare(budgetMs?: number): boolean;
}

export interface StoreApi {
  readonly runs: RunsApi;
  readonly searches: SearchesApi;
  readonly ingest: IngestApi;
  readonly series: SeriesApi;
  readonly acts: ActsApi;
  /** Moves the runs and searches of an experiment file to its new path. Returns the ids of those that moved. */
  renameFile(move: FileMove): { runs: string[]; searches: string[] };
  /** Everything done inside is one transaction: all or nothing, and faster than one by one. May be nested. */
  batch<T>(work: () => T): T;
  /** Folds nothing, loses nothing. */
  close(): void;
}
