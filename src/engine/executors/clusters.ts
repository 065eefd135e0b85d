/** The clusters that this engine can hand runs to, and the request for a run's job. */
import * as path from 'node:path';
import type { ClusterNeed } from '../../protocol/cluster.js';
import { RUN_ENV, type RunSpec } from '../../protocol/runFolder.js';
import { ownNode } from '../clients/nodePath.js';
import type { Environment } from '../disk/environments.js';
import type { Log } from '../disk/log.js';
import { personsUmask } from '../disk/umask.js';
import type { Executor } from './executor.js';
import { ClusterJob, jobOutput, Jobs } from './jobs.js';
import { Slurm } from './slurm/index.js';

export interface JobOf {
  spec: RunSpec & { cluster: ClusterNeed };
  /** Absolute path of the run's folder. */
  folder: string;
  /** Absolute path of supervisor.cjs, which the nodes must see as well. */
  supervisorProgram: string;
  askedHash: string | null;
  environment: Environment | null;
}

export class Clusters {
  private readonly jobs: Record<ClusterNeed['kind'], Jobs>;

  constructor(log: Log, executors: Record<ClusterNeed['kind'], Executor> = { slurm: new Slurm() }) {
    this.jobs = { slurm: new Jobs(executors.slurm, log) };
  }

  /** Returns the job of a run's present launch; `begin` hands it over. */
  job({ spec, folder, supervisorProgram, askedHash, environment }: JobOf): ClusterJob {
    const launch = spec.launch?.number ?? 1;
    const node = ownNode();
    const umask = (personsUmask() ?? process.umask()).toString(8);
    const request = {
      name: `tunesmith-${spec.id}-${launch}`,
      folder,
      output: path.join(folder, jobOutput(launch)),
      argv: [node.execPath, supervisorProgram, folder, umask, askedHash ?? 'nobody asked for it', ''],
      env: { ...(environment ?? process.env), ...node.env, [RUN_ENV.job]: spec.cluster.kind },
      need: spec.cluster,
      grace: spec.stopGrace,
    };
    return new ClusterJob(this.jobs[spec.cluster.kind], request, launch);
  }

  close(): void {
    for (const jobs of Object.values(this.jobs)) jobs.close();
  }
}
