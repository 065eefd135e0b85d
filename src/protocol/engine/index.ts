/**
 * JSON-RPC between the engine and its clients (extension host, CLI) over a local socket or named pipe.
 * Every request's parameters are validated by its schema where they enter the engine; a refusal is an error
 * response with code `ErrorCode` and, where a file is at fault, `data: FileProblem[]`.
 *
 * Keeping up to date: after `initialize`, the engine sends `changed` at most four times a second with the full
 * new rows of what changed (never deltas of rows), and `seriesChanged` for runs the client `watch`es. A client that
 * missed something asks again for what it shows.
 */
import { z } from 'zod';
import { AgentRequests, Grant } from './agents.js';
import { record } from '../values/recordSchema.js';
import { DrawingsRequest } from './drawings.js';
import { GroupsRequest } from './groups.js';
import { Alert, AlertRequests } from './alerts.js';
import { Device } from './devices.js';
import { Environment } from './environment.js';
import { HostIdentity } from '../run/host.js';
import { Insight, InsightQuery } from './insight.js';
import { MediaRequests } from './media.js';
import { PipelineRequests } from '../run/pipeline.js';
import { RenameRequests } from './renames.js';
import { RecordedRequests } from './recorded.js';
import { ID_PATTERN } from '../run/runFiles.js';
import { RunPageRequests } from './runPage.js';
import { Send, StartRun, StartSearch } from './startRequests.js';
import { FloatMark, Floats, Params, WireNumber } from '../values/index.js';
import {
  Confusion,
  Experiment,
  FirstCurves,
  Goal,
  MetricPoint,
  MetricSet,
  RankPoint,
  ROW_METRICS,
  Run,
  RunDetail,
  RunQuery,
  Search,
  SearchDetail,
  SeriesData,
  SeriesQuery,
} from './rows.js';

export * from './rows.js';

export * from './devices.js';
export * from './refusals.js';

/** Raised when a message here changes shape. An engine of another protocol is replaced once it has no work. */
export const PROTOCOL_VERSION = 1;

const Empty = z.object({}).strict();
/** Id of a run or a search. It becomes part of a path. */
const Id = z.string().regex(ID_PATTERN, 'is not the id of a run or a search');
const Ids = z.object({ ids: z.array(Id).min(1) }).strict();
/** The person has seen the program, and that it came with the folder. */
const Trust = z.boolean().optional();
const Done = z.object({ done: z.array(z.string()), skipped: z.array(z.object({ id: z.string(), why: z.string() })) });

/** Each request: its parameters' schema and its result's. */
export const Requests = {
  initialize: {
    params: z
      .object({ token: z.string(), client: z.string(), version: z.string(), protocol: z.number().int() })
      .strict(),
    result: z.object({
      engine: z.string(),
      protocol: z.number().int(),
      pid: z.number().int(),
      workspace: z.string(),
      /** Why this engine only reads: which other host works in the folder, since when, and what to do. */
      notice: z.string().nullable().optional(),
      /** See `engine/status`. */
      problem: z.string().nullable().optional(),
      /** Budgets that agents have; absent if none. */
      grants: z.array(Grant).optional(),
    }),
  },
  /**
   * Sets the environment for everything that this client starts from now on: runs and searches that it starts, runs
   * again or resumes. Without it, they get the engine's. It follows `initialize`, because an unknown client must not
   * send that much.
   */
  environment: {
    params: z.object({ env: Environment }).strict(),
    result: z.object({}),
  },
  /** Sets the language of answers to this client, such as `zh-cn`. Without it, they are in English. */
  locale: { params: z.object({ locale: z.string().max(100) }).strict(), result: z.object({}) },
  'engine/status': {
    params: Empty,
    result: z.object({
      pid: z.number().int(),
      version: z.string(),
      protocol: z.number().int(),
      workspace: z.string(),
      clients: z.number().int(),
      /** Live runs (queued ones included). */
      runs: z.number().int(),
      searches: z.number().int(),
      startedAt: z.number(),
      log: z.string(),
      /** Runs that an index which is being built has so far, and will have; null when it is whole. */
      progress: z.object({ done: z.number().int(), of: z.number().int() }).nullable().optional(),
      /** The reason why the engine cannot work as it should (a full disk), in one sentence; null when all is well. */
      problem: z.string().nullable().optional(),
    }),
  },
  /** Without force, refused while there is work. With force, live runs continue, and the next engine adopts them. */
  'engine/stop': { params: z.object({ force: z.boolean().default(false) }).strict(), result: Empty },
  'experiments/list': { params: Empty, result: z.object({ experiments: z.array(Experiment) }) },
  'runs/list': {
    params: RunQuery.extend({ curves: FirstCurves.optional() }),
    /** `series`: the curves that were asked for. */
    result: z.object({ total: z.number().int(), runs: z.array(Run), series: z.array(SeriesData).optional() }),
  },
  'runs/get': { params: z.object({ id: Id }).strict(), result: RunDetail },
  /** Names of all metrics of some runs. Runs that log the same have the same `set`; unknown runs are left out. */
  'runs/metrics': {
    params: z.object({ ids: z.array(Id).max(10_000) }).strict(),
    result: z.object({ sets: z.array(MetricSet), runs: z.array(z.object({ id: z.string(), set: z.number().int() })) }),
  },
  ...RecordedRequests,
  ...RunPageRequests,
  /** Names of all params and metrics in the runs that the query selects, for column pickers. */
  'runs/columns': {
    params: RunQuery,
    result: z.object({ params: z.array(z.string()), metrics: z.array(z.string()) }),
  },
  'runs/start': { params: StartRun, result: z.object({ run: Run }) },
  /** Same program, params and seed as an earlier run, with `params` laid over. */
  'runs/rerun': {
    params: z
      .object({
        id: Id,
        params: Params.optional(),
        floats: Floats.optional(),
        trust: Trust,
        /** Arguments that put the program under a debugger: `-m debugpy …` after `python`, `--inspect-brk=…` after `node`. */
        debug: z
          .object({ args: z.array(z.string().max(4096)).min(1).max(16) })
          .strict()
          .optional(),
        send: Send,
      })
      .strict(),
    result: z.object({ run: Run }),
  },
  /**
   * Creates a run with the program, params (with `params` replacing some) and seed of an earlier one that continues
   * from a copy of its newest checkpoint; `step`: from the newest at or before this step.
   */
  'runs/branch': {
    params: z
      .object({
        id: Id,
        step: z.number().min(0).optional(),
        params: Params.optional(),
        floats: Floats.optional(),
        trust: Trust,
        send: Send,
      })
      .strict(),
    result: z.object({ run: Run }),
  },
  'runs/stop': { params: Ids, result: Done },
  'runs/pause': { params: Ids, result: Done },
  'runs/resume': { params: Ids.extend({ trust: Trust }), result: Done },
  /** Live edit of hyperparameters of a running run whose program can take them. */
  'runs/set': { params: z.object({ id: Id, params: Params, floats: Floats.optional() }).strict(), result: Empty },
  'runs/rename': { params: z.object({ id: Id, name: z.string().min(1) }).strict(), result: Empty },
  'runs/tag': {
    params: z
      .object({
        ids: z.array(Id),
        add: z.array(z.string()).default([]),
        remove: z.array(z.string()).default([]),
      })
      .strict(),
    result: Empty,
  },
  'runs/note': { params: z.object({ id: Id, note: z.string() }).strict(), result: Empty },
  /** Hides the runs; `runs/restore` undoes it until `runs/purge` removes their files. Live runs are skipped. */
  'runs/delete': { params: Ids, result: Done },
  'runs/restore': { params: Ids, result: Done },
  /** `left`: folders that stay on SSH hosts, which could not be asked or refused. */
  'runs/purge': {
    params: Ids,
    result: Done.extend({ left: z.array(z.object({ id: z.string(), host: z.string(), why: z.string() })) }),
  },
  /** Packs the journals of ended runs now, whenever they ended; `undo`: writes the plain ones again. Sizes in bytes. */
  'runs/pack': {
    params: z.object({ ids: z.array(Id).min(1).max(1000), undo: z.boolean().default(false) }).strict(),
    result: z.object({
      runs: z.number().int(),
      before: z.number().int(),
      after: z.number().int(),
      skipped: Done.shape.skipped,
    }),
  },
  /** Null when the run has left none. */
  'runs/confusion': {
    params: z.object({ id: Id }).strict(),
    result: z.object({ confusion: Confusion.nullable() }),
  },
  /** Opens the run's page in the editors that have this folder open. `editors`: how many were told. */
  'runs/show': { params: z.object({ id: Id }).strict(), result: z.object({ editors: z.number().int() }) },
  'runs/drawings': DrawingsRequest,
  ...GroupsRequest,
  ...MediaRequests,
  'series/read': {
    params: z.object({ queries: z.array(SeriesQuery).max(1000) }).strict(),
    result: z.object({ series: z.array(SeriesData) }),
  },
  /** All points of one metric in the order logged, or about `points` of them. `lost`: with those of lost timelines. */
  'metrics/read': {
    params: z
      .object({
        run: Id,
        metric: z.string(),
        points: z.number().int().min(1).max(1_000_000).optional(),
        offset: z.number().int().min(0).default(0),
        limit: z.number().int().min(1).max(1_000_000).default(100_000),
        lost: z.boolean().optional(),
      })
      .strict(),
    result: z.object({ total: z.number().int(), points: z.array(MetricPoint) }),
  },
  /** Minimum, mean and maximum of a metric over the ranks of a distributed job, by step; `total`: number of steps. */
  'metrics/ranks': {
    params: z
      .object({
        run: Id,
        /** As rank 0 calls it. */
        metric: z.string(),
        offset: z.number().int().min(0).default(0),
        limit: z.number().int().min(1).max(1_000_000).default(100_000),
      })
      .strict(),
    result: z.object({ ranks: z.array(z.number().int()), total: z.number().int(), points: z.array(RankPoint) }),
  },
  /** Bytes of the run's output from `offset` (negative: from the end), as UTF-8 text cut at a character's edge. */
  'log/read': {
    params: z
      .object({
        run: Id,
        /** Rank of a training on several nodes; absent: rank 0, and all output of any other run. */
        rank: z.number().int().min(0).max(1_000_000).optional(),
        offset: z.number().int().default(0),
        limit: z.number().int().min(1).max(4_194_304).default(262_144),
      })
      .strict(),
    result: z.object({
      text: z.string(),
      offset: z.number().int(),
      next: z.number().int(),
      size: z.number().int(),
      ended: z.boolean(),
    }),
  },
  'searches/list': {
    params: z.object({ experiment: z.string().optional(), file: z.string().optional() }).strict(),
    result: z.object({ searches: z.array(Search) }),
  },
  'searches/get': { params: z.object({ id: Id }).strict(), result: SearchDetail },
  'searches/start': { params: StartSearch, result: z.object({ search: Search }) },
  'searches/stop': { params: z.object({ id: Id }).strict(), result: Empty },
  /** Starts no new trial and pauses the running ones. */
  'searches/pause': { params: z.object({ id: Id }).strict(), result: Empty },
  /** Resumes a paused search, or a stopped or failed one that has trials left. */
  'searches/resume': { params: z.object({ id: Id, trust: Trust }).strict(), result: Empty },
  /**
   * Repeats failed and stopped trials of a search, each in its own run and under its own number: all of them, or the
   * named ones. Reopens an ended search. `retried`: their numbers.
   */
  'searches/retry': {
    params: z.object({ id: Id, trials: z.array(z.number().int().min(0)).optional(), trust: Trust }).strict(),
    result: z.object({ search: Search, retried: z.array(z.number().int()) }),
  },
  /**
   * Tries these values next, before the sampler's suggestions; missing values are drawn. Adds to the planned trials.
   */
  'searches/enqueue': {
    params: z.object({ id: Id, params: Params }).strict(),
    result: z.object({ search: Search }),
  },
  /**
   * Continues in another space (replaces `search.space`, as written in a file; with `reread`, space and constraints as
   * the file has them now), or with another number of trials. Reopens an ended search.
   */
  'searches/change': {
    params: z
      .object({
        id: Id,
        /** Planned trials in total, without those that were added by hand. */
        trials: z.number().int().min(1).optional(),
        /** Seconds from now on, for an ended search; else from its start. */
        time: z.number().positive().optional(),
        space: record(z.unknown()).optional(),
        spaceFloats: FloatMark.optional(),
        reread: z.boolean().optional(),
        trust: Trust,
      })
      .strict(),
    result: z.object({ search: Search }),
  },
  'searches/delete': { params: z.object({ id: Id }).strict(), result: Empty },
  /** Computes insights from its trials so far. */
  'searches/insight': { params: InsightQuery, result: Insight },
  /** Best run of an experiment, or of the experiment that a file belongs to: plain runs and trials, unless failed, by the objective of the newest. */
  'best/of': {
    params: z.union([z.object({ experiment: z.string() }).strict(), z.object({ file: z.string() }).strict()]),
    result: z.object({
      best: z
        .object({
          run: z.string(),
          name: z.string(),
          params: Params,
          floats: Floats.optional(),
          objective: WireNumber,
          metric: z.string(),
          goal: Goal,
          of: z.number().int(),
        })
        .nullable(),
    }),
  },
  'devices/list': { params: Empty, result: z.object({ devices: z.array(Device) }) },
  ...AgentRequests,
  ...AlertRequests,
  ...PipelineRequests,
  ...RenameRequests,
  /** Asks for `seriesChanged` about these runs, and for rows in `changed` with these metrics (replaces the former lists). */
  watch: {
    params: z
      .object({
        runs: z.array(Id),
        logs: z.array(Id).default([]),
        metrics: z.array(z.string()).max(ROW_METRICS.asked).default([]),
      })
      .strict(),
    result: Empty,
  },
} as const;
export type RequestName = keyof typeof Requests;
export type RequestParams<N extends RequestName> = z.input<(typeof Requests)[N]['params']>;
export type RequestResult<N extends RequestName> = z.output<(typeof Requests)[N]['result']>;

/** Notifications from the engine. */
export const Notifications = {
  changed: z.object({
    runs: z.array(Run),
    searches: z.array(Search),
    removedRuns: z.array(z.string()),
    removedSearches: z.array(z.string()),
  }),
  seriesChanged: z.object({ runs: record(record(z.number().int())) }),
  logChanged: z.object({ runs: record(z.number().int()) }),
  /** The state of the engine itself has changed: see `problem` of `engine/status` and `notice` of `initialize`. */
  condition: z.object({
    problem: z.string().nullable(),
    notice: z.string().nullable(),
    /** Budgets that agents have; absent if none. */
    grants: z.array(Grant).optional(),
  }),
  /** A rule that the person has set is true of a run. */
  alert: Alert,
  /** The person asked in a terminal to see a run's page; only editors are told. */
  show: z.object({ run: z.string() }),
  /** The engine is leaving; clients reconnect when they next need it. */
  leaving: z.object({ why: z.string() }),
} as const;
export type NotificationName = keyof typeof Notifications;
export type NotificationParams<N extends NotificationName> = z.output<(typeof Notifications)[N]>;

/** `engine.json`, in this user's own folder for the workspace: how a client finds the engine (file mode 0600). */
export const EngineAddress = z.object({
  pid: z.number().int(),
  socket: z.string(),
  token: z.string(),
  version: z.string(),
  protocol: z.number().int(),
  /** Host on which `pid` and `socket` are valid. */
  host: HostIdentity.optional(),
});
export type EngineAddress = z.infer<typeof EngineAddress>;
