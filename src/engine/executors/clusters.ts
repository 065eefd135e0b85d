/** The clusters that this engine can hand runs to, and the request for a run's job. */
import * as path from 'node:path';
import type { ClusterNeed } from '../../protocol/run/cluster.js';
import { RUN_ENV, type RunSpec } from '../../protocol/run/runFolder.js';
import { ownNode } from '../clients/nodePath.js';
import type { Environment } from '../disk/environments.js';
import type { Log } from '../disk/log.js';
import { personsUmask } from '../disk/umask.js';
import type { Executor } from './executor.js';
import { forgetAll, type Left } from './forgetting.js';
import { ClusterJob, jobOutput, Jobs } from './jobs.js';
import { Kubernetes } from './kubernetes/index.js';
import { Ray } from './ray/index.js';
import type { Sending } from './sending.js';
import { Slurm } from './slurm/index.js';
import { SshHost } from './ssh/index.js';

export interface JobOf {
  spec: RunSpec & { cluster: ClusterNeed };
  /** Absolute path of the run's folder. */
  folder: string;
  /** Absolute path of supervisor.cjs, which the nodes must see as well. */
  supervisorProgram: string;
  askedHash: string | null;
  environment: Environment | null;
}

interface ClustersOptions {
  log: Log;
  /** Folder of the bundles. */
  dist: string;
  sending: Sending;
}

export class Clusters {
  /** By `keyOf`. */
  private readonly jobs = new Map<string, Jobs>();

  constructor(private readonly options: ClustersOptions) {}

  /** Requests to the clusters so far. */
  get calls(): number {
    return [...this.jobs.values()].reduce((sum, { calls }) => sum + calls, 0);
  }

  /** Returns the job of a run's present launch; `begin` hands it over. */
  job({ spec, folder, supervisorProgram, askedHash, environment }: JobOf): ClusterJob {
    const launch = spec.launch?.number ?? 1;
    const node = ownNode();
    const umask = (personsUmask() ?? process.umask()).toString(8);
    const request = {
      name: nameOf(spec.id, launch),
      folder,
      output: path.join(folder, jobOutput(launch)),
      argv: [node.execPath, supervisorProgram, folder, umask, askedHash ?? 'nobody asked for it', ''],
      env: { ...(environment ?? process.env), ...node.env, [RUN_ENV.job]: spec.cluster.kind },
      need: spec.cluster,
      grace: spec.stopGrace,
      spec,
      launch,
    };
    return new ClusterJob(this.jobsOf(spec.cluster, environment ?? process.env), request, launch);
  }

  /** Removes what runs have left on their SSH hosts; nothing for other runs. Returns the folders that stay there. */
  forget(runs: readonly { spec: RunSpec; folder: string }[]): Promise<Left[]> {
    return forgetAll(
      runs.flatMap(({ spec, folder }) => {
        if (!spec.cluster?.ssh) return [];
        const { executor } = this.jobsOf(spec.cluster, process.env);
        if (!(executor instanceof SshHost)) return [];
        const name = nameOf(spec.id, spec.launch?.number ?? 1);
        const forget = (): Promise<void> => executor.forget({ folder, spec, name });
        return [{ id: spec.id, host: spec.cluster.ssh.host, place: executor, forget }];
      }),
    );
  }

  close(): void {
    for (const jobs of this.jobs.values()) jobs.close();
  }

  /** Each host and each Ray cluster is asked for its own jobs, so that one that does not answer holds up no other. */
  private jobsOf(need: ClusterNeed, env: NodeJS.ProcessEnv): Jobs {
    const key = keyOf(need, env);
    const known = this.jobs.get(key);
    if (known) return known;
    const jobs = new Jobs(this.executor(need, env), this.options.log);
    this.jobs.set(key, jobs);
    return jobs;
  }

  private executor(need: ClusterNeed, env: NodeJS.ProcessEnv): Executor {
    const { kind, ssh, ray } = need;
    const { log, dist, sending } = this.options;
    if (kind === 'ssh' && ssh)
      return new SshHost({ place: ssh, dist, log, consented: (place) => sending.consented(place) });
    if (kind === 'ray' && ray) return new Ray(ray);
    return kind === 'kubernetes' ? Kubernetes.of(need, env) : new Slurm(env);
  }
}

const nameOf = (id: string, launch: number): string => `tunesmith-${id}-${launch}`;

/** The lines of `setup` belong to each job. */
function keyOf({ kind, ssh, ray, kubernetes }: ClusterNeed, env: NodeJS.ProcessEnv): string {
  const pods = kubernetes && [env.KUBECONFIG, kubernetes.context, kubernetes.namespace];
  // The engine's own environment says nothing about the cluster: any client may have started it.
  const slurm = kind === 'slurm' && [env.SLURM_CONF, env.PATH];
  return JSON.stringify([kind, slurm, ssh && [ssh.host, ssh.port, ssh.folder], ray?.address, pods]);
}
