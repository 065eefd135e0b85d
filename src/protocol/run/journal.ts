/**
 * The run journal: what a training process writes, one JSON object per line (NDJSON, UTF-8), into an
 * append-only file of its own under the run's `journal/` folder. The journal is the truth; everything the
 * engine knows of a run's metrics was read from it.
 *
 * Several processes of one run (ranks, workers) each write their own file; none ever locks. A writer may
 * preallocate its file (a memory map): bytes from the first NUL at a record's start on are not written yet. A
 * last line without its newline is not written yet either. A line that is no valid record is kept in the
 * file, counted, reported once, and skipped.
 */
import { z } from 'zod';
import { record } from '../values/recordSchema.js';
import { Said } from '../said.js';
import { Time } from '../values/time.js';
import { HostIdentity } from './host.js';
import { Floats, Params, ParamValue, WireNumber } from '../values/index.js';

/** First record of a client's journal. The supervisor writes one into `external.ndjson` before each launch but the first. */
export const StartRecord = z.object({
  type: z.literal('start'),
  time: Time,
  pid: z.number().int(),
  /**
   * Index of this process among those of a distributed job; 0 when alone. The file's name says it, too (`rank1-<pid>.ndjson`):
   * metrics of other ranks than 0 are kept apart, as `rank1/<name>`.
   */
  rank: z.number().int().default(0),
  /** Name and version of the writing client, such as `python/0.1.0`. */
  client: z.string(),
  /** Number of the run's launch that writes; absent: the first. */
  launch: z.number().int().min(1).optional(),
  /** This launch has no checkpoint to continue from: implicit steps count from 0 again. */
  anew: z.boolean().optional(),
  /** Together with the host, identifies the writing process; written by programs that were started by hand. */
  started: z.string().nullish(),
  host: HostIdentity.optional(),
});

/** Hyperparameters that the script states itself, `1.0` where one is a float; merged over those the run was started with. */
export const ParamsRecord = z.object({
  type: z.literal('params'),
  time: Time,
  params: Params,
  /** Marks the whole numbers among them that are floats, as the line writes them. */
  floats: Floats.optional(),
});

/** Hyperparameters of the run's `unpassed` that the program has read through its client. */
export const ReceivedRecord = z.object({
  type: z.literal('received'),
  time: Time,
  names: z.array(z.string()),
});

/**
 * Scalar values at one step. Steps may come in any order and more than once. Without a step, the record takes
 * the number of earlier step-less metrics records of the same file (since the launch began, if that began `anew`).
 */
export const MetricsRecord = z.object({
  type: z.literal('metrics').default('metrics'),
  time: Time.optional(),
  step: z.number().optional(),
  epoch: z.number().optional(),
  values: record(WireNumber),
});

/** Progress of the work. `fraction` is in [0, 1]; `text` is for the person, such as `epoch 2/3 · batch 140/600`. */
export const ProgressRecord = z.object({
  type: z.literal('progress'),
  time: Time,
  fraction: z.number().min(0).max(1).nullable(),
  text: z.string().optional(),
});

/** A fact about the run other than a metric: chosen backend, number of weights, data set size. Shown in the run's details. */
export const InfoRecord = z.object({
  type: z.literal('info'),
  time: Time,
  values: record(ParamValue),
});

/** A message for the person that belongs to the run; `level: error` becomes the run's error when it fails. */
export const MessageRecord = z.object({
  type: z.literal('message'),
  time: Time,
  level: z.enum(['info', 'warning', 'error']),
  text: z.string(),
  /** The text of an engine with its values apart. */
  said: Said.optional().catch(undefined),
});

/** A file the run wrote, relative to the run's folder: checkpoint, picture, table. */
export const MediaRecord = z.object({
  type: z.literal('media'),
  time: Time,
  name: z.string(),
  path: z.string(),
  mime: z.string(),
  step: z.number().optional(),
});

/** Last record of a client's journal: how the script itself says it ended. */
export const FinishRecord = z.object({
  type: z.literal('finish'),
  time: Time,
  /** `paused`: it may be launched again, to resume from its checkpoint. */
  status: z.enum(['completed', 'failed', 'stopped', 'pruned', 'paused']),
  error: z.string().optional(),
  /** The error with its values apart, if it is a text of Tunesmith. */
  said: Said.optional().catch(undefined),
  /**
   * Milliseconds since the run began, on a monotonic clock. Written only by programs without a supervisor, which
   * records it itself.
   */
  ran: z.number().min(0).optional(),
  /** Only of an end that the engine assumed, because no supervisor recorded one: why it did. */
  assumed: z.enum(['lost', 'not-started']).optional(),
});

/** Number of the launch that it belongs to; absent: the first. */
const Launch = z.number().int().min(1).optional();

/** Written by the supervisor once the program runs. `started` identifies the process beyond its pid (see `processStartTime`). */
export const SpawnRecord = z.object({
  type: z.literal('spawn'),
  time: Time,
  pid: z.number().int(),
  started: z.string().nullable(),
  supervisor: z.number().int(),
  launch: Launch,
  /** Host on which `pid` and `supervisor` are valid. */
  host: HostIdentity.optional(),
});

/** Written by the supervisor when the program is gone. `requested` says that the engine had asked for a stop. */
export const ExitRecord = z.object({
  type: z.literal('exit'),
  time: Time,
  code: z.number().int().nullable(),
  signal: z.string().nullable(),
  requested: z.enum(['stop', 'prune', 'pause']).nullable(),
  launch: Launch,
  /** A cluster asked for it: by its warning before the end of the job's time, or by ending the job. */
  interrupted: z.enum(['warning', 'end']).optional(),
  /** Set when the program could not be started at all. */
  error: z.string().optional(),
  /** Milliseconds between the program's start and its end, on a monotonic clock. */
  ran: z.number().min(0).optional(),
  /** Milliseconds for which it was suspended. */
  stood: z.number().min(0).optional(),
});

export const JournalRecord = z.discriminatedUnion('type', [
  StartRecord,
  ParamsRecord,
  ReceivedRecord,
  MetricsRecord.extend({ type: z.literal('metrics') }),
  ProgressRecord,
  InfoRecord,
  MessageRecord,
  MediaRecord,
  FinishRecord,
  SpawnRecord,
  ExitRecord,
]);
export type JournalRecord = z.infer<typeof JournalRecord>;
export type MetricsRecord = z.infer<typeof MetricsRecord>;
export type ExitRecord = z.infer<typeof ExitRecord>;
