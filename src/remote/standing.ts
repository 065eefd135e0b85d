/** Says from the files of a run's folder how a launch stands on this host. */
import { readSupervisorRecords, readTaken } from '../engine/runs/ends/endingRecords.js';
import { isHere } from '../engine/machine/host.js';
import { isAlive } from '../engine/supervisor/processes.js';

export type Standing =
  /** No supervisor has begun. */
  | 'not begun'
  | 'working'
  /** The supervisor is gone, its program is not. */
  | 'orphan'
  /** Its end is written down. */
  | 'ended'
  /** Nothing of it is alive, and its end was not written down. */
  | 'lost';

export function standingOf(folder: string, launch: number): Standing {
  const { spawn, exit } = readSupervisorRecords(folder, { number: launch, at: -Infinity });
  if (exit) return 'ended';
  const taken = readTaken(folder, launch);
  if (taken === null) return 'not begun';
  if (taken !== 'unreadable' && isHere(taken.host) && isAlive(taken.pid, taken.started)) return 'working';
  if (spawn && isHere(spawn.host) && isAlive(spawn.pid, spawn.started ?? null)) return 'orphan';
  return 'lost';
}
