/**
 * The folder of one run, `.tunesmith/runs/<id>/`, and the environment its program is started with.
 *
 *   run.json            RunSpec: what is to be run; written by the engine before anything is started
 *   experiment.json     the experiment as parsed when the run was made, so that it can be run again with other values
 *   meta.json           RunMeta: what the person has said of it since (name, tags, note, deletion)
 *   journal/*.ndjson    one file per writing process (`supervisor.ndjson`, `rank0-<pid>.ndjson`, `external.ndjson`)
 *   launch-<n>.json     LaunchTaken: who has taken the run's n-th launch; made once and never changed
 *   checkpoints.json    for a run on an SSH host: where its checkpoints are, and their names
 *   job-<n>.json        JobFile: the cluster's job of the n-th launch; job-<n>.log is what its script printed
 *   lease.json          LeaseHolder: touched every ten seconds by whoever looks after the program
 *   control.ndjson      what other hosts ask of the supervisor, `{launch, control}` per line
 *   output.log          what the program printed (stdout and stderr, as bytes, in the order written)
 *   supervisor.json     SupervisorAddress, while the run's supervisor lives
 *   checkpoints/<name>/  what the program saves to go on from; whole once it has its name
 *   media/
 */
import { z } from 'zod';
import { Capture } from './capture.js';
import { record } from '../values/recordSchema.js';
import { ClusterNeed } from './cluster.js';
import { HostIdentity } from './host.js';
import { ID_PATTERN } from './runFiles.js';
import { AlertCondition } from '../engine/alerts.js';
import { Branch } from '../engine/branch.js';
import { PipelinePlan, StageOf } from './pipeline.js';
import { RangeTest } from '../trainer/rangeTest.js';
import { LaunchedAgain, Retries } from './retries.js';
import { Time } from '../values/time.js';
import { Floats, Params } from '../values/index.js';

export { ID_PATTERN, RUN_ENV, RUN_FILES, LAUNCH_TAKEN, launchFile } from './runFiles.js';

export const RunSpec = z.object({
  version: z.literal(1),
  id: z.string().regex(ID_PATTERN),
  experiment: z.string(),
  /**
   * Path of the experiment file, if the run came from one. Relative to the workspace in the folder (if it is inside),
   * absolute in memory; the same holds for `cwd` and `launch.checkpoint`.
   */
  file: z.string().nullable(),
  search: z.string().regex(ID_PATTERN).nullable(),
  trial: z.number().int().nullable(),
  params: Params,
  /** Marks the whole numbers of the params that are floats. */
  floats: Floats.optional(),
  /** Names of the params that neither the command, the environment nor a file passes on: the program must read them itself. */
  unpassed: z.array(z.string()).optional(),
  /** Argument vector; never passed to a shell. `argv[0]` `node` means the engine's own Node. */
  argv: z.array(z.string()).min(1),
  /**
   * Environment variables that are inserted at the program's start in place of `${envvar:NAME}` at character `at` of an
   * argument.
   */
  variables: z
    .array(z.object({ argument: z.number().int().min(0), at: z.number().int().min(0), name: z.string() }))
    .optional(),
  /** Starts under a debugger: these arguments go before `argv[at]`, on the first launch only. */
  debug: z.object({ at: z.number().int().min(1), args: z.array(z.string()) }).optional(),
  cwd: z.string(),
  /** Added to the environment of the requesting client, which is not recorded. */
  env: record(z.string()),
  /** Absent: the requesting client's TUNESMITH_CAPTURE decides, else everything is captured. */
  capture: Capture.optional(),
  /** Alerts that its experiment file sets. */
  alerts: z.array(AlertCondition).max(20).optional(),
  /** For the built-in trainer: the validated `network:` section with this run's parameters filled in. */
  network: z.unknown().optional(),
  /** For a pipeline: the work of its stages. */
  pipeline: PipelinePlan.optional(),
  /** For a stage of a pipeline: its place there. */
  stage: StageOf.optional(),
  /** Instead of training, tries out learning rates. */
  rangeTest: RangeTest.optional(),
  /** Seed of this run, in [0, 2^31). */
  seed: z.number().int().min(0).max(2147483647),
  objective: z.object({ metric: z.string(), goal: z.enum(['minimize', 'maximize']) }).nullable(),
  createdAt: Time,
  /** Name shown to the person; the folder's id when absent. */
  name: z.string().optional(),
  /** GPUs it takes (0: none, null: one if there are any) and how many such runs share a GPU. */
  resources: z.object({ gpus: z.number().int().min(0).nullable(), perGpu: z.number().int().min(1) }).optional(),
  /** Its need on the cluster that it runs on; absent: it runs on this host. */
  cluster: ClusterNeed.optional(),
  /** How often it is launched again by itself; absent: never. */
  retries: Retries.optional(),
  /** Folder from which it was started. */
  origin: z
    .object({
      host: z.string(),
      /**
       * `program`: the program made the folder itself, as it was started by hand (see `handStarted.ts`). `import`: it was made
       * from another program's logs.
       */
      by: z.enum(['program', 'import']).optional(),
      /** An imported run's logs: their format, where they are (relative to the workspace if inside), and which run in there. */
      source: z.object({ format: z.string(), path: z.string(), inner: z.string() }).optional(),
      git: z.object({ commit: z.string(), branch: z.string().nullable(), dirty: z.boolean() }).nullable(),
      /** A few variables of the program's environment that are not secret. */
      env: record(z.string()).optional(),
      /** Real path of the workspace at that time: after a move, its programs are planned again. */
      workspace: z.string().optional(),
    })
    .optional(),
  /**
   * Launch of a resumed run: its number, its time, and the checkpoint that it resumes from (an absolute path).
   * `from`: the run whose newest checkpoint is copied first.
   */
  launch: z
    .object({
      number: z.number().int().min(2),
      at: z.number(),
      checkpoint: z.string().nullable(),
      from: z.string().regex(ID_PATTERN).optional(),
      /** Only a checkpoint of `from` that was saved at or before this step. */
      atMost: z.number().optional(),
      until: z.number().optional(),
      /** Set when no person and no search asked for it. */
      again: LaunchedAgain.optional(),
    })
    .optional(),
  /**
   * Step (or epoch, if one is logged) after which its search wants it to pause; the first launch's is here, another's in `launch`.
   * The program then pauses at that very step, however long the search's own request takes to reach it.
   */
  until: z.number().optional(),
  /** It began from another run's checkpoint, whose copy `launch.checkpoint` was at first. */
  branch: Branch.optional(),
  /** The run that was started again as this one. */
  rerunOf: z.string().regex(ID_PATTERN).optional(),
  tags: z.array(z.string()).optional(),
  note: z.string().optional(),
  /** Seconds between the polite request to stop and force. */
  stopGrace: z.number().min(0).default(10),
});
export type RunSpec = z.infer<typeof RunSpec>;

/** A person's edits of a run, stored in its folder so that they survive the loss of the index. */
export const RunMeta = z.object({
  version: z.literal(1),
  name: z.string(),
  tags: z.array(z.string()),
  note: z.string(),
  /** Milliseconds since the epoch; null: it is shown. */
  deletedAt: Time.nullable(),
});
export type RunMeta = z.infer<typeof RunMeta>;

/** `checkpoints.json`: the checkpoints of a run on an SSH host. */
export const RemoteCheckpoints = z.object({
  /** Absolute path there. */
  folder: z.string(),
  /** The newest first. */
  names: z.array(
    z
      .string()
      .max(300)
      .regex(/^[^./\\][^/\\]*$/),
  ),
});

export const SupervisorAddress = z.object({
  pid: z.number().int(),
  socket: z.string(),
  token: z.string(),
  /** Number of the launch that it serves. */
  launch: z.number().int().default(1),
  /** Host on which `pid` and `socket` are valid. */
  host: HostIdentity.optional(),
});
export type SupervisorAddress = z.infer<typeof SupervisorAddress>;

/** The process that currently supervises a program. The file's age, not its content, shows that it still does. */
export const LeaseHolder = z.object({
  /** Process that touches the lease: the supervisor, or the engine when the supervisor was killed. */
  pid: z.number().int(),
  launch: z.number().int(),
  host: HostIdentity,
});
export type LeaseHolder = z.infer<typeof LeaseHolder>;

/** The supervisor that has taken a launch. No other one starts a program for it. */
export const LaunchTaken = z.object({
  pid: z.number().int(),
  /** See `processStartTime`. */
  started: z.string().nullable(),
  /** Milliseconds since the epoch. */
  time: z.number(),
  host: HostIdentity,
});
export type LaunchTaken = z.infer<typeof LaunchTaken>;
