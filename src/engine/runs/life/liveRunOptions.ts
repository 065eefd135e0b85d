/** Options of a live run. */
import type { HostIdentity } from '../../../protocol/run/host.js';
import type { RunSpec } from '../../../protocol/run/runFolder.js';
import type { Frame } from '../../../protocol/run/supervisor.js';
import type { Log } from '../../disk/log.js';
import type { ClusterJob } from '../../executors/jobs.js';
import type { Ending } from '../ends/outcome.js';
import type { Workers } from '../workers.js';
import type { Looks } from './looks.js';
import type { Supervisors } from './supervisors.js';

/** Stores the run's journals, in turns with those of other runs. */
export interface JournalIntake {
  /**
   * Has `read` called in the next turn, which passes frames on and returns whether there are more. `skim`: their data is of no
   * use, as the journal is read from the disk.
   */
  arrived(read: (skim: boolean) => boolean): void;
  /** Call it only from within `read`. */
  frame(frame: Frame): void;
  /**
   * Reads the new records of all files. Resolves, once they are stored, to whether there were any. `final`: nobody
   * writes any more. Rejects if they can't be stored; then none of them is.
   */
  read(final: boolean): Promise<boolean>;
  /** Stops storing. */
  dispose(): void;
}

export interface LiveRunOptions {
  id: string;
  folder: string;
  spec: RunSpec;
  intake: JournalIntake;
  /** Its job on a cluster; null: a supervisor on this host starts it, or another host manages it. */
  job: ClusterJob | null;
  /** Called when the cluster has reported where the job is. */
  onPlace(device: string): void;
  /** Returns the SHA-256 of run.json if this person has requested it, else null; the supervisor then starts nothing. */
  askedHash(): string | null;
  log: Log;
  /** Calls the run's looks at its files in one of the next turns. */
  looks: Pick<Looks, 'soon'>;
  /** Programs that wait for a run. */
  workers: Pick<Workers, 'take' | 'keep'>;
  supervisors: Pick<Supervisors, 'start'>;
  /** The program runs (or stands still). */
  onRunning(paused: boolean): void;
  /** Called when it runs on another host and is known only by its files. */
  onElsewhere(host: HostIdentity): void;
  /**
   * Called once, when the program has ended and all its records are stored; null if it never started and may be started
   * again.
   */
  onEnded(ending: Ending | null): void;
  /** Called when storing failed; it is retried. */
  onTrouble(error: unknown): void;
}
