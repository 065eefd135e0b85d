/**
 * Runs of programs that a person started by hand: in a terminal, a debugger, a notebook, by torchrun, sbatch or CI. The
 * program's client makes the run's folder itself, whole and in one step, and says so in `run.json` (`origin.by`). There is no
 * supervisor. Instead the folder has:
 *
 *   lease.json       HandLease: the process that records, for as long as it does; written again every ten seconds
 *   control.ndjson   what the engine asks of the program: lines of Control (`stop`, `set`), see `supervisor.ts`
 *   read.json        how much of the output the engine has read metrics from
 *
 * Without a lease the run is over; how it ended is the last word of its journal. A lease whose process is gone is that of a
 * program that crashed or was killed.
 */
import { z } from 'zod';
import { HostIdentity } from './host.js';

export const HAND_FILES = { lease: 'lease.json', control: 'control.ndjson', read: 'read.json' } as const;

/**
 * A client that continues a run of an earlier process creates and removes `runs/.wake-<id>`, because a watcher of the
 * folder of all runs does not see changes inside a run's folder.
 */
export const WAKE_PREFIX = '.wake-';

export const HandLease = z.object({
  pid: z.number().int(),
  /** Tells the process from a later one with the same pid; null where the system does not say. */
  started: z.string().nullable(),
  launch: z.number().int().min(1),
  host: HostIdentity,
});
export type HandLease = z.infer<typeof HandLease>;
