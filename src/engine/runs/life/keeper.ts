import type { Run } from '../../../protocol/engine/index.js';
import type { Turns } from '../intake/turns.js';
import type { StoreApi } from '../../../store/api.js';
import type { Changes } from '../../server/changes.js';
import type { Clusters } from '../../executors/clusters.js';
import type { Devices } from '../../machine/devices.js';
import type { Environments } from '../../disk/environments.js';
import type { Log } from '../../disk/log.js';
import type { Trouble } from '../../disk/trouble.js';
import type { Scheduler } from '../../executors/scheduler.js';
import type { RunFolders } from '../making/folders.js';
import type { Workers } from '../workers.js';
import type { Looks } from './looks.js';
import type { Supervisors } from './supervisors.js';

/** A search's listener for events of its trials. */
export interface RunListener {
  /** Called for new values of the objective, after they were stored. */
  objective(run: Pick<Run, 'id' | 'trial'>, search: string, points: { step: number; value: number }[]): void;
  /**
   * Called when the run has ended (for `paused`: when its program has) and the store knows it; the run still holds its
   * device.
   */
  ended(run: Run): void;
  /** Called when its device is free again. */
  released(search: string): void;
}

export interface ActiveRunsOptions {
  store: StoreApi;
  folders: RunFolders;
  environments: Environments;
  scheduler: Scheduler;
  devices: Devices;
  clusters: Clusters;
  changes: Changes;
  log: Log;
  trouble: Trouble;
  supervisorProgram: string;
  /** False if nothing can be started in this folder. */
  canStart: boolean;
}

/** The services that a run uses. */
export interface Keeper {
  readonly options: ActiveRunsOptions;
  readonly listener: RunListener | null;
  /** The turns in which all runs store their records. */
  readonly turns: Turns;
  /** The turns in which runs look at their files. */
  readonly looks: Looks;
  /** Programs that wait for their search's next trial. */
  readonly workers: Workers;
  readonly supervisors: Supervisors;
  /** Nothing is started or stored any more. */
  readonly closed: boolean;
  /** Does nothing if another run has taken its place. */
  forget(id: string, run: unknown): void;
}
