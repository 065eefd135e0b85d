/**
 * The messages between the engine and a supervisor that it has started for a trial or as a spare one, on the channel between parent
 * and child. A supervisor serves one run after the other: to start a process for each costs more than many a trial.
 *
 *   engine ──next──▶ supervisor       the run that follows
 *   engine ◀─began── supervisor       it has that run
 *   engine ◀─over─── supervisor       that run has ended, and it would take another
 *
 * Everything else passes through the run's own socket, because an engine that comes later has no such channel.
 */
import { z } from 'zod';
import { record } from '../values/recordSchema.js';

export const NextRun = z.object({
  type: z.literal('next'),
  /** Absolute. */
  folder: z.string(),
  /** SHA-256 that run.json must have. */
  hash: z.string(),
  /** File with the program's environment; '': the supervisor's own. */
  environment: z.string(),
  /** Variables that assign the program its device. */
  placement: record(z.string()),
});
export type NextRun = z.infer<typeof NextRun>;

export const SupervisorTurn = z.discriminatedUnion('type', [
  z.object({ type: z.literal('began') }),
  z.object({ type: z.literal('over'), code: z.number().int() }),
]);
export type SupervisorTurn = z.infer<typeof SupervisorTurn>;
