/** Rows that the engine answers with, and the queries for them. */
import { z } from 'zod';
import { AgentAct } from './agents.js';
import { Branch } from './branch.js';
import { MOST_FIRST_CURVES, ROW_METRICS } from './limits.js';
import { record } from '../values/recordSchema.js';
import { Said } from '../said.js';
import { RUN_STATUSES } from './statuses.js';
import { Floats, Params, ParamValue, WireNumber } from '../values/index.js';

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

export const RunStatus = z.enum(RUN_STATUSES);
export type RunStatus = z.infer<typeof RunStatus>;
export { ENDED_STATUSES, LIVE_STATUSES } from './statuses.js';
export { ROW_METRICS } from './limits.js';

export const Goal = z.enum(['minimize', 'maximize']);
export type Goal = z.infer<typeof Goal>;

/** Summary of one metric of one run. NaN values are counted but never become min or max. */
export const MetricSummary = z.object({
  last: WireNumber,
  lastStep: z.number(),
  min: WireNumber,
  max: WireNumber,
  count: z.number().int(),
  /** `output`: read from what the program printed. `system`: use of the machine. Absent: recorded by the program. */
  source: z.enum(['output', 'system']).optional(),
});
export type MetricSummary = z.infer<typeof MetricSummary>;

/** Names of metrics by who records them. */
export const MetricSet = z.object({
  logged: z.array(z.string()),
  output: z.array(z.string()),
  system: z.array(z.string()),
});
export type MetricSet = z.infer<typeof MetricSet>;

export const RunError = z.object({
  kind: z.enum(['exit', 'signal', 'out-of-memory', 'not-started', 'script', 'lost', 'preempted']),
  message: z.string(),
  /** The same with its values apart, for showing it in another language; absent for a program's own words. */
  said: Said.optional(),
  /** The last lines that the program printed. */
  logTail: z.string(),
});
export type RunError = z.infer<typeof RunError>;

/** Changes of hyperparameters that are kept of one run. */
export const MOST_CHANGES = 100;

/** A hyperparameter that got another value while the program ran. */
export const ParamChange = z.object({
  name: z.string(),
  before: ParamValue,
  after: ParamValue,
  /** Greatest step logged before it. */
  step: z.number(),
  /** Milliseconds since the epoch. */
  time: z.number(),
});
export type ParamChange = z.infer<typeof ParamChange>;

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
  /** Marks the whole numbers of the params that are floats (`1.0`); absent when none is. */
  floats: Floats.optional(),
  /** Summaries of its metrics; of a row in a list or a message those that `RowMetrics` says. */
  metrics: record(MetricSummary),
  /** Number of its metrics that are not among them; absent if none is left out. `runs/metrics` has their names. */
  more: z.number().int().min(1).optional(),
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
      said: Said.optional(),
    })
    .optional(),
  tags: z.array(z.string()),
  note: z.string(),
  /** Milliseconds since the epoch. */
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  /** Milliseconds that the programs of its launches have taken so far, on monotonic clocks; absent: not known. */
  ran: z.number().optional(),
  deletedAt: z.number().nullable(),
  /** The run from whose checkpoint it began, and the step that the checkpoint was saved at; absent if it began from scratch. */
  branch: Branch.optional(),
  /** Hyperparameters that changed while it ran, oldest first; absent if none has. */
  changes: z.array(ParamChange).max(MOST_CHANGES).optional(),
  /**
   * Place of a stage in its pipeline: the pipeline's run, the stage's name, and the runs whose results it used; absent
   * for others.
   */
  stage: z.object({ pipeline: z.string(), name: z.string(), parents: z.array(z.string()) }).optional(),
  /** Names of its stages, for a pipeline; absent for others. */
  stages: z.array(z.string()).optional(),
  /** Name of the agent that started it, or its search; absent if a person did. */
  by: z.string().optional(),
  /** Where another tool's logs have it, which are only read; absent if it is one of ours. */
  foreign: z
    .object({
      /** The format's name for people. */
      title: z.string(),
      /** Absolute path of the file or folder. */
      path: z.string(),
    })
    .optional(),
});
export type Run = z.infer<typeof Run>;

/** A run's message to the person, or a note about its records. */
export const RunMessage = z.object({
  /** Times of its first and last occurrence, in milliseconds since the epoch. */
  time: z.number(),
  last: z.number(),
  level: z.enum(['info', 'warning', 'error']),
  /** The text of its first occurrence. */
  text: z.string(),
  /** The same with its values apart, for showing it in another language; absent for a program's own words. */
  said: Said.optional(),
  /** Number of occurrences. */
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
  /** Actions of agents on it: the newest 50, oldest first; absent if there are none. */
  acts: z.array(AgentAct).optional(),
});
export type RunDetail = z.infer<typeof RunDetail>;

/** A confusion matrix: a row for each true class, a column for each predicted one. */
export const Confusion = z.object({
  classes: z.array(z.string()),
  rows: z.array(z.array(z.number().int())),
  step: z.number().nullable(),
});
export type Confusion = z.infer<typeof Confusion>;

export const SearchStatus = z.enum(['running', 'paused', 'stopping', 'stopped', 'completed', 'failed']);
export type SearchStatus = z.infer<typeof SearchStatus>;
export const ENDED_SEARCHES: readonly SearchStatus[] = ['stopped', 'completed', 'failed'];

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
  /** Measure by which trials are compared; null if the sampler does not compare any. */
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

/** Adds to `Search` the actions of agents on it: the newest 50, oldest first; absent if there are none. */
export const SearchDetail = Search.extend({ acts: z.array(AgentAct).optional() });
export type SearchDetail = z.infer<typeof SearchDetail>;

export const Experiment = z.object({
  name: z.string(),
  runs: z.number().int(),
  live: z.number().int(),
  searches: z.number().int(),
  lastActivity: z.number(),
  /** Name of the format in whose logs its runs are, which are only read; absent if they are ours. */
  foreign: z.string().optional(),
});
export type Experiment = z.infer<typeof Experiment>;

/**
 * Metrics whose summaries rows have besides the objective's and the first few (`ROW_METRICS`); `all`: every one, which may be
 * megabytes for a few rows.
 */
export const RowMetrics = z.union([z.literal('all'), z.array(z.string()).max(ROW_METRICS.asked)]);
export type RowMetrics = z.infer<typeof RowMetrics>;

export const RunQuery = z
  .object({
    experiment: z.string().optional(),
    /** Absolute path of the experiment file that they came from. */
    file: z.string().optional(),
    /** null: only runs that belong to no search. */
    search: z.string().nullable().optional(),
    /** Only the stages that this pipeline's run has started; null: no stages of pipelines. */
    pipeline: z.string().nullable().optional(),
    status: z.array(RunStatus).optional(),
    /** Every word must occur in name, id, tags, note or a param's `name=value`. */
    text: z.string().optional(),
    /** A filter such as `lr < 0.001 and not tag : baseline` (query/filter). */
    filter: z.string().max(4000).optional(),
    ids: z.array(z.string()).optional(),
    /** `createdAt`, `name`, `status`, `objective`, `duration`, `param:NAME`, `metric:NAME` or `formula:TEXT`; runs without the value come last. */
    sort: z.string().default('createdAt'),
    descending: z.boolean().default(true),
    offset: z.number().int().min(0).default(0),
    limit: z.number().int().min(1).max(10_000).default(100),
    deleted: z.boolean().default(false),
    metrics: RowMetrics.default([]),
  })
  .strict();
export type RunQuery = z.input<typeof RunQuery>;

/** Asks for the curves of the objective of a list's first runs, which come with the rows: a chart of them needs no second request. */
export const FirstCurves = z
  .object({
    runs: z.number().int().min(1).max(MOST_FIRST_CURVES),
    x: z.enum(['step', 'time', 'epoch']).default('step'),
    points: z.number().int().min(1).max(10_000),
  })
  .strict();
export type FirstCurves = z.infer<typeof FirstCurves>;

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
    /** The points of an answer that replaces those before may come as `packed`. */
    packed: z.boolean().optional(),
  })
  .strict();

/** Parallel arrays ordered by x (mode `replace`) or in the order logged (mode `append`). */
export const SeriesData = z.object({
  run: z.string(),
  metric: z.string(),
  mode: z.enum(['replace', 'append']),
  /** Points logged in the whole series, those of lost timelines included: what to ask `after`. */
  total: z.number().int(),
  /** Number of points in the requested range; greater than x.length if some represent several. */
  inRange: z.number().int(),
  x: z.array(z.number()),
  y: z.array(WireNumber),
  /** The points as one text (`packedPoints.ts`); x and y are empty then. */
  packed: z.string().optional(),
});
export type SeriesData = z.infer<typeof SeriesData>;

/** Metric points of one run, without gaps: for export and the CLI. */
export const MetricPoint = z.object({
  step: z.number(),
  time: z.number(),
  value: WireNumber,
  epoch: z.number().nullable(),
  /** A later launch of the run went on from a checkpoint before this step, and has logged this step, or one before, itself. */
  lost: z.boolean().optional(),
});
export type MetricPoint = z.infer<typeof MetricPoint>;

/** A metric at one step over the ranks of a distributed job. */
export const RankPoint = z.object({
  step: z.number(),
  min: WireNumber,
  mean: WireNumber,
  max: WireNumber,
  /** Number of ranks that have logged it at this step. */
  ranks: z.number().int(),
});
export type RankPoint = z.infer<typeof RankPoint>;
