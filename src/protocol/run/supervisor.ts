/**
 * The lines on a run's local socket. One supervisor process per run listens there for as long as the program
 * lives, so the engine can die and come back, and clients of the training program keep their connection.
 *
 *   training program (client) ──hello, frame, ready──▶ supervisor ──frame, exited──▶ engine
 *                              ◀──────control─────────            ◀──control──────
 *
 * Every message is one JSON object on one line. The first line of a connection is a hello with the token.
 */
import { z } from 'zod';
import { Floats, Params } from '../values/index.js';

export const Hello = z.object({
  type: z.literal('hello'),
  token: z.string(),
  role: z.enum(['client', 'engine']),
  /** Requests that the client handles itself, so that no signal is needed. */
  handles: z.array(z.enum(['stop', 'set'])).optional(),
});
export type Hello = z.infer<typeof Hello>;

/**
 * Bytes just appended to a journal file, so that the engine need not read them back. They begin at `offset`
 * of `file` (name within `journal/`) and hold whole lines. The engine uses a frame only when `offset` is the
 * next it expects, else it reads the file: a frame may be lost or doubled without harm.
 * Without `data` the frame only says that the file has grown.
 */
export const Frame = z.object({
  type: z.literal('frame'),
  file: z.string().regex(/^[\w.-]+\.ndjson$/),
  offset: z.number().int().min(0),
  data: z.string().optional(),
});
export type Frame = z.infer<typeof Frame>;

/** `pause`: the run will be launched again, and should leave a checkpoint from which it can go on. */
export const StopReason = z.enum(['stop', 'prune', 'pause']);
export type StopReason = z.infer<typeof StopReason>;

/** From the engine to the supervisor, which acts on it and passes it to clients that handle it. */
export const Control = z.discriminatedUnion('type', [
  /** Ask politely (client, then SIGTERM), after the grace period by force; the whole process tree. */
  z.object({
    type: z.literal('stop'),
    reason: StopReason,
    grace: z.number().min(0).optional(),
  }),
  z.object({ type: z.literal('pause') }),
  z.object({ type: z.literal('resume') }),
  /** New values for hyperparameters that the program can change while it runs. */
  z.object({
    type: z.literal('set'),
    params: Params,
    /** Marks the whole numbers among them that are floats; clients get them as floats. */
    floats: Floats.optional(),
  }),
]);
export type Control = z.infer<typeof Control>;

/**
 * From the supervisor to the engine: the program is gone and the exit record is in the journal. `waits`: the program has only
 * ended its run and is still there; it would take another run of its search.
 */
export const Exited = z.object({ type: z.literal('exited'), waits: z.literal(true).optional() });
/** Answer to a hello. */
export const Welcome = z.object({ type: z.literal('welcome'), pid: z.number().int().nullable(), paused: z.boolean() });

/*
 * A program that takes one trial after the other:
 *
 *   client ──ready──▶ supervisor ──exited, waits──▶ engine
 *   client ◀─assigned─ supervisor ◀────assign─────── engine     answered by welcome, or by declined
 *   client ◀─dismiss── supervisor ◀────dismiss────── engine     the search has no more trials for it
 */

/** From a client: it has written the last record of its run, and takes another. */
export const Ready = z.object({ type: z.literal('ready') });
/** From the engine: the next run of a program that waits. Its `run.json` must have this SHA-256. */
export const Assign = z.object({ type: z.literal('assign'), folder: z.string(), hash: z.string() });
export type Assign = z.infer<typeof Assign>;
/** From the engine, and on to the client: no run comes any more. */
export const Dismiss = z.object({ type: z.literal('dismiss') });
/** Answer to the engine: the program can't take the run, because it is ending. */
export const Declined = z.object({ type: z.literal('declined') });
/** Next run of a client. `params` is JSON that keeps floats apart from whole numbers. */
export const Assigned = z.object({
  type: z.literal('assigned'),
  id: z.string(),
  folder: z.string(),
  params: z.string(),
  checkpoint: z.string().nullable(),
});
export type Assigned = z.infer<typeof Assigned>;

export const ToSupervisor = z.union([Hello, Frame, Control, Ready, Assign, Dismiss]);
export const FromSupervisor = z.union([Welcome, Frame, Exited, Declined, Control, Assigned, Dismiss]);
export type FromSupervisor = z.infer<typeof FromSupervisor>;
