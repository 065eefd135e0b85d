/** A cluster whose daemons are among the victims. */
import * as fs from 'node:fs';
import { SlurmCluster } from '../../test/unit/support/slurmCluster.js';

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

  jobsLeft(): number {
    const out = this.cluster.ask('squeue', ['--noheader', '--states=RUNNING,PENDING,COMPLETING']);
    return out === null ? -1 : out.split('\n').filter(Boolean).length;
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
