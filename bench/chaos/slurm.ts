/** A cluster whose daemons are among the victims. */
import * as fs from 'node:fs';
import { SlurmCluster } from '../../test/unit/support/slurmCluster.js';

/** A killed node's jobs are cleaned up after `KillWait` and a timeout of the node. */
const CLEAN_MS = 90_000;
/** The controller's words for a job that is gone though nobody ended it. */
const LOSS =
  /missing from batch node|on failed node|due to down node|node failure|NODE_FAIL|Node_fail|not responding|launch failure|Requeue|Orphan/i;
const BEGIN = /slurmctld version \S+ started/;

/**
 * Returns whether the controller has written down that a job was lost with its node, or has been restarted without it: a controller
 * that is killed may not have saved its newest jobs. Pure.
 */
export function lostBySlurm(log: string, job: string): boolean {
  const lines = log.split('\n');
  const own = new RegExp(`JobId=${job}(?!\\d)`);
  const submitted = lines.findIndex((line) => own.test(line));
  if (submitted < 0) return true;
  if (lines.some((line) => own.test(line) && LOSS.test(line))) return true;
  const restarts = lines.flatMap((line, at) => (at > submitted && BEGIN.test(line) ? [at] : []));
  const ended = lines.findIndex((line) => own.test(line) && /_job_complete: .* done|job_complete.*done/i.test(line));
  return restarts
    .filter((at) => ended < 0 || at < ended)
    .some((at, i) => {
      const until = restarts[i + 1] ?? lines.length;
      return !lines.slice(at, until).some((line) => own.test(line) && /Recovered/.test(line));
    });
}

export class SlurmVictims {
  private constructor(readonly cluster: SlurmCluster) {}

  static async start(parent: string, repository: string): Promise<SlurmVictims> {
    return new SlurmVictims(await SlurmCluster.start(parent, repository));
  }

  /** Kills a node with all that runs on it, and brings it back. Returns its name. */
  async killNode(index: number): Promise<string> {
    const node = this.cluster.nodes[index % this.cluster.nodes.length]!;
    await this.cluster.killNode(node);
    this.cluster.startNode(node);
    // Slurm drains a node whose processes it could not end; an administrator brings it back.
    setTimeout(() => this.cluster.ask('scontrol', ['update', `NodeName=${node}`, 'State=RESUME']), 3000).unref();
    return node;
  }

  /** Kills the controller, which stays away for a moment. */
  async killController(ms: number): Promise<void> {
    await this.cluster.stopController();
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.cluster.startController();
  }

  /** Brings back all nodes, as an administrator does. */
  resumeNodes(): void {
    for (const node of this.cluster.nodes) this.cluster.ask('scontrol', ['update', `NodeName=${node}`, 'State=RESUME']);
  }

  /** Resolves to the jobs that Slurm still has once it has had time to clean up: name, state, reason and node of each. */
  async jobsLeft(): Promise<string[]> {
    let left: string[] = [];
    for (const until = Date.now() + CLEAN_MS; Date.now() < until;) {
      this.resumeNodes();
      const query = ['--noheader', '--states=RUNNING,PENDING,COMPLETING', '--format=%i %j %T %r %N'];
      const out = this.cluster.ask('squeue', query);
      left = out === null ? ['squeue does not answer'] : out.split('\n').filter(Boolean);
      if (left.length === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
    return left;
  }

  /** Returns whether the controller's own log says that it has lost a job, or a node with it. */
  hasLost(job: string): boolean {
    return lostBySlurm(this.cluster.controllerLog, job);
  }

  stop(): Promise<void> {
    return this.cluster.stop();
  }
}

/** Returns a run's process of this kind, by its number on this host: nodes have numbers of their own. */
export function processOf(victim: 'program' | 'supervisor', id: string, folder: string): number | null {
  for (const name of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const isSupervisor = fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(`supervisor.cjs\0${folder}\0`);
      if (victim === 'supervisor' && isSupervisor) return Number(name);
      if (victim === 'supervisor' || isSupervisor) continue;
      if (fs.readFileSync(`/proc/${name}/environ`, 'utf8').includes(`TUNESMITH_RUN_ID=${id}\0`)) return Number(name);
    } catch {
      // It has just ended.
    }
  }
  return null;
}
