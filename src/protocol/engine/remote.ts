/**
 * Messages between the engine and the program that it starts on an SSH host (`src/remote`), over the standard streams of one
 * SSH connection. A message is one line of JSON; one with `bytes` is followed by as many raw bytes.
 *
 *   engine ──place, keep, submit, states, follow, tell──▶ host ──ready, answer, bytes, whole, checkpoints, state──▶ engine
 */
import { z } from 'zod';
import { ID_PATTERN } from '../run/runFiles.js';
import { record } from '../values/recordSchema.js';

export const REMOTE_VERSION = 1;
/** Bytes of content that one message carries at most. */
export const LARGEST_CONTENT = 16 << 20;
/** Bytes of a message's line at most. */
export const LARGEST_LINE = 8 << 20;

const Id = z.string().regex(ID_PATTERN);
/** Name of a folder that belongs to one workspace, and of a copy of its code. */
const Place = z
  .string()
  .min(1)
  .max(200)
  .refine((name) => !name.startsWith('.') && !/[/\u0000-\u001f]/.test(name), 'is not a name');
const Copy = z.string().regex(/^[0-9a-f]{12,64}$/);

/** A job's place in the folder of its host. */
export const RemoteRun = z.object({ place: Place, run: Id, launch: z.number().int().min(1) });
export type RemoteRun = z.infer<typeof RemoteRun>;

export const RemoteJob = RemoteRun.extend({
  name: z.string().max(200),
  copy: Copy,
  /** The supervisor's command up to the folder of the run. */
  argv: z.array(z.string()).min(1),
  env: record(z.string()),
  setup: z.array(z.string()),
  /** Null: one GPU if the host has any. */
  gpus: z.number().int().min(0).nullable(),
  perGpu: z.number().int().min(1),
  search: z.string().nullable(),
  /** The run whose newest checkpoint, saved at or before a step if one is named, it continues from. */
  from: z.object({ run: Id, atMost: z.number().nullable() }).optional(),
  /** Text of its `run.json`, and of further files by their paths in the run's folder. */
  spec: z.string(),
  files: record(z.string()),
});
export type RemoteJob = z.infer<typeof RemoteJob>;

export const ToRemote = z.discriminatedUnion('type', [
  /**
   * Asks for a folder for a copy of the code. `incoming`: the folder of this engine's last transfer, which failed; it is used again
   * for the same copy, and removed for another.
   */
  z.object({
    type: z.literal('place'),
    id: z.number(),
    place: Place,
    copy: Copy,
    incoming: z.string().optional(),
  }),
  /** The copy in `incoming` is complete. */
  z.object({ type: z.literal('keep'), id: z.number(), place: Place, copy: Copy, incoming: z.string() }),
  z.object({ type: z.literal('submit'), id: z.number(), job: RemoteJob }),
  z.object({ type: z.literal('states'), id: z.number(), jobs: z.array(RemoteRun.extend({ name: z.string() })) }),
  /**
   * Removes a run that has ended, and the copies of its workspace if no other run is there and none was used lately. `last`:
   * nothing of the workspace will be sent again, so that a copy that was just used goes, too.
   */
  z.object({
    type: z.literal('forget'),
    id: z.number(),
    place: Place,
    run: Id,
    name: z.string(),
    last: z.literal(true).optional(),
  }),
  /** Sends all that the run records; `sizes`: bytes of each file that the engine has. */
  z.object({ type: z.literal('follow'), ...RemoteRun.shape, name: z.string(), sizes: record(z.number()) }),
  z.object({ type: z.literal('unfollow'), run: Id }),
  /** Requests for the run, as they stand in its `control.ndjson` from `offset` on. */
  z.object({ type: z.literal('tell'), run: Id, offset: z.number().int().min(0), bytes: z.number().int() }),
]);
export type ToRemote = z.infer<typeof ToRemote>;

export const RemoteFacts = z.object({
  hostname: z.string().max(300),
  gpus: z.number().int(),
  gpuNames: z.array(z.string().max(200)).max(64),
  cores: z.number().int(),
  cpuSlots: z.number().int(),
  /** MiB. */
  memory: z.number().int(),
});
export type RemoteFacts = z.infer<typeof RemoteFacts>;

export const RemoteState = z.discriminatedUnion('name', [
  z.object({ name: z.literal('queued'), position: z.number().int(), reason: z.string().max(200) }),
  z.object({ name: z.literal('running'), device: z.string().max(100) }),
  z.object({ name: z.literal('gone'), ended: z.boolean() }),
  /** The host has nothing of it. */
  z.object({ name: z.literal('unknown') }),
]);
export type RemoteState = z.infer<typeof RemoteState>;

export const FromRemote = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), version: z.number(), facts: RemoteFacts }),
  z.object({ type: z.literal('answer'), id: z.number(), result: z.unknown().optional(), error: z.string().optional() }),
  z.object({ type: z.literal('state'), run: Id, state: RemoteState }),
  /** A part of a file that only grows. */
  z.object({ type: z.literal('bytes'), run: Id, file: z.string(), offset: z.number().int().min(0), bytes: z.number() }),
  /** A whole file. */
  z.object({ type: z.literal('whole'), run: Id, file: z.string(), bytes: z.number() }),
  /** Names of the checkpoints that are there, the newest first, and their folder. */
  z.object({ type: z.literal('checkpoints'), run: Id, folder: z.string(), names: z.array(z.string().max(300)) }),
  /** Bytes of its `control.ndjson` that the host has. */
  z.object({ type: z.literal('told'), run: Id, size: z.number().int().min(0) }),
  /** Everything that the run had recorded a moment ago has been sent. */
  z.object({ type: z.literal('caught-up'), run: Id }),
]);
export type FromRemote = z.infer<typeof FromRemote>;

export const PlaceAnswer = z.object({
  /** Absolute path of the copy if it is there. */
  there: z.string().nullable(),
  /** Folder for a new copy, and the name of an earlier copy beside it. */
  incoming: z.string(),
  earlier: z.string().nullable(),
});
export type PlaceAnswer = z.infer<typeof PlaceAnswer>;
export const StatesAnswer = record(RemoteState);
