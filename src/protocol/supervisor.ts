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
import { Floats, Params } from './values.js';

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

/** From the supervisor to the engine: the program is gone and the exit record is in the journal. */
export const Exited = z.object({ type: z.literal('exited') });
/** Answer to a hello. */
export const Welcome = z.object({ type: z.literal('welcome'), pid: z.number().int().nullable(), paused: z.boolean() });

export const ToSupervisor = z.union([Hello, Frame, Control]);
export const FromSupervisor = z.union([Welcome, Frame, Exited, Control]);
export type FromSupervisor = z.infer<typeof FromSupervisor>;
