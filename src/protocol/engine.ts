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
import { AgentAct, AgentRequests, Grant } from './agents.js';
import { record } from './recordSchema.js';
import { DrawingsRequest } from './drawings.js';
import { Device } from './devices.js';
import { Environment } from './environment.js';
import { HostIdentity } from './host.js';
import { Insight, InsightQuery } from './insight.js';
import { ID_PATTERN } from './runFiles.js';
import { StartRun, StartSearch } from './startRequests.js';
import { FloatMark, Floats, Params, ParamValue, WireNumber } from './values.js';

export * from './devices.js';

/** Raised when a message here changes shape. An engine of another protocol is replaced once it has no work. */
export const PROTOCOL_VERSION = 1;

export const ErrorCode = {
  /** A file has mistakes; data is FileProblem[]. */
  invalidFile: -32050,
  notFound: -32051,
  /** The request cannot be carried out in the present state, such as resuming a finished run. */
  conflict: -32052,
  unauthorized: -32053,
  incompatible: -32054,
  /** The person has not asked for this on this machine: it came with its folder. With `trust` it is run all the same. */
  foreign: -32055,
} as const;

/** Data of the error `foreign`: what would be run, and where. Empty where that is not known. */
export const ForeignRefusal = z.object({
  kind: z.enum(['run', 'search']),
  name: z.string(),
  command: z.string(),
  folder: z.string(),
});
export type ForeignRefusal = z.infer<typeof ForeignRefusal>;

/** A mistake in a file. `line` and `column` count from 1; the range is half-open. */
export const FileProblem = z.object({
  file: z.string(),
  line: z.number().int().min(1),
  column: z.number().int().min(1),
  endLine: z.number().int().min(1),
  endColumn: z.number().int().min(1),
  severity: z.enum(['error', 'warning']),
  message: z.string(),
  /** The remedy, such as `did you mean "search"?`. */
  hint: z.string().optional(),
});
export type FileProblem = z.infer<typeof FileProblem>;

export const RunStatus = z.enum([
  'queued',
  'starting',
  'running',
  'paused',
  'stopping',
  /** At work on another host: only its files tell of it here. */
  'elsewhere',
  'completed',
  'failed',
  'stopped',
  'pruned',
]);
export type RunStatus = z.infer<typeof RunStatus>;
export const LIVE_STATUSES: readonly RunStatus[] = ['queued', 'starting', 'running', 'paused', 'stopping', 'elsewhere'];

export const Goal = z.enum(['minimize', 'maximize']);
export type Goal = z.infer<typeof Goal>;

/** Summary of one metric of one run. NaN values are counted but never become min or max. */
export const MetricSummary = z.object({
  last: WireNumber,
  lastStep: z.number(),
  min: WireNumber,
  max: WireNumber,
  count: z.number().int(),
});
export type MetricSummary = z.infer<typeof MetricSummary>;

export const RunError = z.object({
  kind: z.enum(['exit', 'signal', 'out-of-memory', 'not-started', 'script', 'lost']),
  message: z.string(),
  /** The last lines that the program printed. */
  logTail: z.string(),
});
export type RunError = z.infer<typeof RunError>;

export const Run = z.object({
  id: z.string(),
  experiment: z.string(),
  file: z.string().nullable(),
  search: z.string().nullable(),
  /** Number of the trial within its search, from 0. */
  trial: z.number().int().nullable(),
  name: z.string(),
  status: RunStatus,
  params: Params,
  /** Which whole numbers of the params are floats (`1.0`); absent when none is. */
  floats: Floats.optional(),
  metrics: record(MetricSummary),
  objective: z
    .object({
      metric: z.string(),
      goal: Goal,
      /** Best value so far by the goal; null before the first. */
      value: WireNumber.nullable(),
      step: z.number().nullable(),
    })
    .nullable(),
  progress: z.object({ fraction: z.number().nullable(), text: z.string() }).nullable(),
  info: record(ParamValue),
  device: z.string().nullable(),
  error: RunError.nullable(),
  /** The newest warning of the run, or about records that were left out; absent if there is none. `RunDetail.messages` has all of them. */
  warnings: z
    .object({
      /** How many different ones. */
      count: z.number().int().min(1),
      /** The newest, at most 300 characters of it. */
      text: z.string(),
    })
    .optional(),
  tags: z.array(z.string()),
  note: z.string(),
  /** Milliseconds since the epoch. */
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  /** Milliseconds that the programs of its launches have taken so far, by clocks that nobody sets; absent: not known. */
  ran: z.number().optional(),
  deletedAt: z.number().nullable(),
  /** Name of the agent that started it, or its search; absent if a person did. */
  by: z.string().optional(),
});
export type Run = z.infer<typeof Run>;

/** A run's message to the person, or a note about its records. */
export const RunMessage = z.object({
  /** When it came first and last, in milliseconds since the epoch. */
  time: z.number(),
  last: z.number(),
  level: z.enum(['info', 'warning', 'error']),
  /** As it came first. */
  text: z.string(),
  /** How often it came. */
  count: z.number().int().min(1),
});
export type RunMessage = z.infer<typeof RunMessage>;

/** Adds to `Run` where and how it was run. */
export const RunDetail = Run.extend({
  host: z.string(),
  git: z.object({ commit: z.string(), branch: z.string().nullable(), dirty: z.boolean() }).nullable(),
  command: z.array(z.string()),
  cwd: z.string(),
  folder: z.string(),
  seed: z.number().int(),
  exitCode: z.number().int().nullable(),
  signal: z.string().nullable(),
  /** Oldest first, at most 1,000. */
  messages: z.array(RunMessage),
  /** Acts of agents on it: the newest 50, oldest first; absent if there is none. */
  acts: z.array(AgentAct).optional(),
});
export type RunDetail = z.infer<typeof RunDetail>;

/** Which classes were taken for which: a row for each true class, a column for each predicted one. */
export const Confusion = z.object({
  classes: z.array(z.string()),
  rows: z.array(z.array(z.number().int())),
  step: z.number().nullable(),
});
export type Confusion = z.infer<typeof Confusion>;

export const SearchStatus = z.enum(['running', 'paused', 'stopping', 'stopped', 'completed', 'failed']);
export type SearchStatus = z.infer<typeof SearchStatus>;

export const Search = z.object({
  id: z.string(),
  experiment: z.string(),
  file: z.string().nullable(),
  name: z.string(),
  status: SearchStatus,
  sampler: z.string(),
  pruner: z.string().nullable(),
  /** Why this sampler, in one line, when it was chosen by `auto`. */
  reason: z.string().nullable(),
  /** Trials asked for; null when the sampler alone knows the end (a grid). */
  trials: z.number().int().nullable(),
  counts: z.object({
    total: z.number().int(),
    queued: z.number().int(),
    running: z.number().int(),
    completed: z.number().int(),
    pruned: z.number().int(),
    failed: z.number().int(),
    stopped: z.number().int(),
  }),
  parallel: z.number().int(),
  /** By what its trials are compared; null where the sampler needs nothing to compare. */
  objective: z.object({ metric: z.string(), goal: Goal }).nullable(),
  best: z
    .object({
      run: z.string(),
      trial: z.number().int(),
      params: Params,
      floats: Floats.optional(),
      objective: WireNumber,
    })
    .nullable(),
  /** The search's space as written in the file, for showing. */
  space: record(z.unknown()),
  error: z.string().nullable(),
  createdAt: z.number(),
  endedAt: z.number().nullable(),
  /** Name of the agent that started it; absent if a person did. */
  by: z.string().optional(),
});
export type Search = z.infer<typeof Search>;

export const Experiment = z.object({
  name: z.string(),
  runs: z.number().int(),
  live: z.number().int(),
  searches: z.number().int(),
  lastActivity: z.number(),
});
export type Experiment = z.infer<typeof Experiment>;

const Empty = z.object({}).strict();
/** Id of a run or a search. It becomes part of a path. */
const Id = z.string().regex(ID_PATTERN, 'is no id of a run or a search');
const Ids = z.object({ ids: z.array(Id).min(1) }).strict();
/** The person has seen what is going to be run, and that it came with the folder. */
const Trust = z.boolean().optional();
const Done = z.object({ done: z.array(z.string()), skipped: z.array(z.object({ id: z.string(), why: z.string() })) });

export const RunQuery = z
  .object({
    experiment: z.string().optional(),
    /** null: only runs that belong to no search. */
    search: z.string().nullable().optional(),
    status: z.array(RunStatus).optional(),
    /** Every word must occur in name, id, tags, note or a param's `name=value`. */
    text: z.string().optional(),
    ids: z.array(z.string()).optional(),
    /** `createdAt`, `name`, `status`, `objective`, `duration`, `param:NAME` or `metric:NAME`; runs without the value come last. */
    sort: z.string().default('createdAt'),
    descending: z.boolean().default(true),
    offset: z.number().int().min(0).default(0),
    limit: z.number().int().min(1).max(10_000).default(100),
    deleted: z.boolean().default(false),
  })
  .strict();
export type RunQuery = z.input<typeof RunQuery>;

export const SeriesQuery = z
  .object({
    run: z.string(),
    metric: z.string(),
    x: z.enum(['step', 'time', 'epoch']).default('step'),
    /** Only points with from ≤ x ≤ to. */
    from: z.number().optional(),
    to: z.number().optional(),
    /** At most about this many points come back; the extrema of every bucket are among them. */
    points: z.number().int().min(1).max(2_000_000).default(2000),
    /** How many points of the series (in the order logged) the asker has; if all fit, only newer ones come. */
    after: z.number().int().min(0).optional(),
  })
  .strict();

/** Parallel arrays ordered by x (mode `replace`) or in the order logged (mode `append`). */
export const SeriesData = z.object({
  run: z.string(),
  metric: z.string(),
  mode: z.enum(['replace', 'append']),
  /** Points logged in the whole series, those of lost timelines included: what to ask `after`. */
  total: z.number().int(),
  /** Points in the asked range; greater than x.length when some stand for several. */
  inRange: z.number().int(),
  x: z.array(z.number()),
  y: z.array(WireNumber),
});
export type SeriesData = z.infer<typeof SeriesData>;

/** Metric points of one run, whole: for export and the CLI. */
export const MetricPoint = z.object({
  step: z.number(),
  time: z.number(),
  value: WireNumber,
  epoch: z.number().nullable(),
  /** A later launch of the run went on from a checkpoint before this step, and has logged this step, or one before, itself. */
  lost: z.boolean().optional(),
});
export type MetricPoint = z.infer<typeof MetricPoint>;

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
      /** Why this engine only looks on: which other host works in the folder, since when, and what to do. */
      notice: z.string().nullable().optional(),
      /** See `engine/status`. */
      problem: z.string().nullable().optional(),
      /** Budgets that agents have; absent if none. */
      grants: z.array(Grant).optional(),
    }),
  },
  /**
   * The environment of what this client starts from now on: runs and searches that it starts, runs again or resumes.
   * Without it, they get the engine's. It comes after `initialize`, as nobody unknown may say so much.
   */
  environment: {
    params: z.object({ env: Environment }).strict(),
    result: z.object({}),
  },
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
      /** The reason why the engine cannot work as it should (a full disk), in one sentence; null when all is well. */
      problem: z.string().nullable().optional(),
    }),
  },
  /** Without force refused while there is work. With force: live runs go on and are adopted by the next engine. */
  'engine/stop': { params: z.object({ force: z.boolean().default(false) }).strict(), result: Empty },
  'experiments/list': { params: Empty, result: z.object({ experiments: z.array(Experiment) }) },
  'runs/list': {
    params: RunQuery,
    result: z.object({ total: z.number().int(), runs: z.array(Run) }),
  },
  'runs/get': { params: z.object({ id: Id }).strict(), result: RunDetail },
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
  'runs/purge': { params: Ids, result: Done },
  /** Null when the run has left none. */
  'runs/confusion': {
    params: z.object({ id: Id }).strict(),
    result: z.object({ confusion: Confusion.nullable() }),
  },
  'runs/drawings': DrawingsRequest,
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
  /** Bytes of the run's output from `offset` (negative: from the end), as UTF-8 text cut at a character's edge. */
  'log/read': {
    params: z
      .object({
        run: Id,
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
  'searches/get': { params: z.object({ id: Id }).strict(), result: Search },
  'searches/start': { params: StartSearch, result: z.object({ search: Search }) },
  'searches/stop': { params: z.object({ id: Id }).strict(), result: Empty },
  /** Starts no new trial and pauses the running ones. */
  'searches/pause': { params: z.object({ id: Id }).strict(), result: Empty },
  /** Goes on with a paused search, or with a stopped or failed one that has trials left. */
  'searches/resume': { params: z.object({ id: Id, trust: Trust }).strict(), result: Empty },
  /**
   * Does failed and stopped trials of a search again, each in its own run and under its own number: all of them, or the
   * ones named. Takes up a search that was over. `retried`: their numbers.
   */
  'searches/retry': {
    params: z.object({ id: Id, trials: z.array(z.number().int().min(0)).optional(), trust: Trust }).strict(),
    result: z.object({ search: Search, retried: z.array(z.number().int()) }),
  },
  /** These values are tried next, before what the sampler suggests; what they leave out is drawn. Adds to the planned trials. */
  'searches/enqueue': {
    params: z.object({ id: Id, params: Params }).strict(),
    result: z.object({ search: Search }),
  },
  /**
   * Goes on in another space (replaces `search.space`, as written in a file; with `reread`, space and constraints as the
   * file has them now), or to another number of trials. Takes up a search that was over.
   */
  'searches/change': {
    params: z
      .object({
        id: Id,
        /** Planned in all, those that were put in by hand not counted. */
        trials: z.number().int().min(1).optional(),
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
  /** Best value so far of each parameter of an experiment file, over all its finished and running runs. */
  'best/forFile': {
    params: z.object({ file: z.string() }).strict(),
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
  /** Asks for `seriesChanged` about these runs (replaces the former list). */
  watch: {
    params: z.object({ runs: z.array(Id), logs: z.array(Id).default([]) }).strict(),
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
  /** Where `pid` and `socket` are to be found. */
  host: HostIdentity.optional(),
});
export type EngineAddress = z.infer<typeof EngineAddress>;
