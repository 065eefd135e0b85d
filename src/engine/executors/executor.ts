/** The interface to a kind of cluster. One folder per kind of cluster; the cluster's own engine does the placing. */
import type { ClusterNeed } from '../../protocol/run/cluster.js';
import type { RunSpec } from '../../protocol/run/runFolder.js';

export interface JobRequest {
  /** Tells the job from all others of this person; submitting it twice is harmless, since a launch is taken once. */
  name: string;
  /** Absolute path of the run's folder. */
  folder: string;
  /** Absolute path of the file that gets what the job's script prints. */
  output: string;
  /** The supervisor's command. */
  argv: string[];
  env: NodeJS.ProcessEnv;
  need: ClusterNeed;
  /** Seconds that the program has to end when it is asked to. */
  grace: number;
  spec: RunSpec;
  /** Number of the run's launch. */
  launch: number;
}

export type JobState =
  /** `position`: how many jobs of its partition come first, plus one; null: not known. */
  | { name: 'queued'; id: string; reason: string; position: number | null }
  | { name: 'running'; id: string; node: string }
  /** `how`: null if the cluster does not know any more. */
  | { name: 'gone'; id: string | null; how: JobEnd | null };

/**
 * `ended`: the job's script ended by itself. `cancelled`: a person or an administrator ended it. `vanished`: the cluster has
 * noticed that the job is gone, and does not know why. `restarted`: it is known that no person ended it.
 */
export type JobEnd =
  | 'ended'
  | 'failed'
  | 'cancelled'
  | 'vanished'
  | 'restarted'
  | 'preempted'
  | 'timeout'
  | 'node failed'
  | 'out of memory';

/** A run's job as its executor sees it. */
export interface HeldJob {
  readonly request: JobRequest;
  state: JobState | null;
  id: string | null;
  /** Why nothing is known at the moment, or nothing happens; null: all is well. */
  trouble: string | null;
  /** True as long as the cluster can't have heard of it. */
  readonly isUnheard: boolean;
  /** Call it after a change. */
  changed: () => void;
}

export interface Executor {
  /** For people: `Slurm`. */
  readonly title: string;
  /** Resolves to the job's id. Throws SubmitRefused when the cluster will never take it; other errors may pass. */
  submit(request: JobRequest): Promise<string>;
  /**
   * Resolves to the states of all jobs of these names: one question for all. A name that is not among them is one that
   * the cluster has never heard of, or has forgotten. Rejects when the cluster can't be asked now.
   */
  poll(names: ReadonlySet<string>): Promise<Map<string, JobState>>;
  cancel(id: string): Promise<void>;
  /** Notes a job whose state will be asked for; an earlier engine may have submitted it. */
  note?(request: JobRequest): void;
  /**
   * For a place that does not share the run's folder: keeps the folder here as the one there, until `detach`. Requests for the
   * run then go through its `control.ndjson`, also before its supervisor has begun.
   */
  attach?(job: HeldJob): void;
  detach?(job: HeldJob): void;
  close?(): void;
}

/** The cluster has looked at the job and refused it; the message is its own words. */
export class SubmitRefused extends Error {}
