/** The clusters that this engine can hand runs to, and the request for a run's job. */
import * as path from 'node:path';
import type { ClusterNeed, SshPlace } from '../../protocol/run/cluster.js';
import { launchNumber } from '../../protocol/run/runFiles.js';
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
import { sshCapacity } from './ssh/offer.js';
import type { Need } from './scheduler.js';
import type { RemoteFacts } from '../../protocol/engine/remote.js';
import { within } from '../within.js';

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
  /** Called when an SSH host has said how many runs it takes. */
  hostKnown: () => void;
}

/** Time that a start waits for an SSH host to say what it has: the first connection brings programs along. */
const HOST_PATIENCE_MS = 8000;

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
    const launch = launchNumber(spec);
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

  /** Returns how many runs like this an SSH host works on at once; null: it has not said. */
  hostCapacity(host: SshPlace, need: Need): number | null {
    const { facts } = this.host({ kind: 'ssh', ssh: host }, process.env);
    return facts && sshCapacity(facts, need);
  }

  /** Resolves to what an SSH host has; null if it does not say so soon: a host that can't be reached now may be there later. */
  hostFacts(need: ClusterNeed, env: NodeJS.ProcessEnv): Promise<RemoteFacts | null> {
    const answer = this.host(need, env).look(env);
    return within<RemoteFacts | null>(
      answer.catch(() => null),
      HOST_PATIENCE_MS,
      () => null,
    );
  }

  private host(need: ClusterNeed, env: NodeJS.ProcessEnv): SshHost {
    return this.jobsOf(need, env).executor as SshHost;
  }

  /** Removes what runs have left on their SSH hosts; nothing for other runs. Returns the folders that stay there. */
  forget(runs: readonly { spec: RunSpec; folder: string }[]): Promise<Left[]> {
    return forgetAll(
      runs.flatMap(({ spec, folder }) => {
        if (!spec.cluster?.ssh) return [];
        const { executor } = this.jobsOf(spec.cluster, process.env);
        if (!(executor instanceof SshHost)) return [];
        const name = nameOf(spec.id, launchNumber(spec));
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
    const { log, dist, sending, hostKnown } = this.options;
    if (kind === 'ssh' && ssh)
      return new SshHost({
        ...{ place: ssh, dist, log, known: hostKnown },
        consented: (place) => sending.consented(place),
      });
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
