/**
 * The jobs of one cluster that runs of this engine wait for. The scheduler is bothered little: one question for all jobs, at
 * most each half minute, rarer while nothing changes or nobody answers, and none while the runs' own files say enough.
 */
import * as path from 'node:path';
import { JobFile } from '../../protocol/run/cluster.js';
import { readReal, writeReal } from '../../files/real.js';
import type { Log } from '../disk/log.js';
import { SubmitRefused, type Executor, type JobRequest, type JobState } from './executor.js';
import { outside } from './outside.js';

const POLL_VARIABLE = 'TUNESMITH_CLUSTER_POLL_SECONDS';
const POLL_SECONDS = 30;
/** Times the interval, at most, while nothing changes. */
const SLOWEST = 8;
const TICK_MS = 1000;
/** A job that was just handed over is asked for a little later. */
const SETTLE_MS = 2000;

export const jobFile = (launch: number): string => `job-${launch}.json`;
export const jobOutput = (launch: number): string => `job-${launch}.log`;

/** The job of one launch. */
export class ClusterJob {
  /** As last heard; null: nothing yet. */
  state: JobState | null = null;
  /** Why the cluster will never take it. */
  refused: string | null = null;
  /** Why nothing is known at the moment, or nothing happens; null: all is well. */
  trouble: string | null = null;
  /** The run's own files don't say how it stands. */
  isNeeded = true;
  id: string | null = null;
  /** Handed over, or about to be; false: the cluster must be asked first whether it has it already. */
  isNew = false;
  submittedAt = -Infinity;
  submitting = false;
  changed: () => void = () => undefined;

  constructor(
    private readonly jobs: Jobs,
    readonly request: JobRequest,
    readonly launch: number,
  ) {}

  get title(): string {
    return this.jobs.executor.title;
  }

  /** True if it works in another folder, and all requests reach it through `control.ndjson`. */
  get isCarried(): boolean {
    return this.jobs.executor.attach !== undefined;
  }

  /** True as long as the cluster can't have heard of it. */
  get isUnheard(): boolean {
    return this.isNew && this.id === null && !this.submitting;
  }

  /** Hands it over unless an earlier engine may have done so. */
  begin(isNew: boolean): void {
    this.isNew = isNew;
    if (!isNew) this.id = readJobFile(this.request.folder, this.launch)?.id ?? null;
    this.jobs.add(this);
  }

  cancel(): void {
    this.jobs.cancel(this);
  }

  dispose(): void {
    this.jobs.remove(this);
  }
}

export class Jobs {
  private readonly all = new Map<string, ClusterJob>();
  private readonly cancelling = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private busy = false;
  private askedAt = -Infinity;
  private slowness = 1;
  /** How often the cluster was asked and told, for benchmarks. */
  calls = 0;

  constructor(
    readonly executor: Executor,
    private readonly log: Pick<Log, 'info' | 'warn'>,
    private readonly seconds = pollSeconds(),
  ) {}

  add(job: ClusterJob): void {
    this.all.set(job.request.name, job);
    this.executor.note?.(job.request);
    this.executor.attach?.(job);
    this.timer ??= setInterval(() => void outside(() => this.tick()), TICK_MS).unref();
    if (job.isNew) void outside(() => this.tick());
  }

  remove(job: ClusterJob): void {
    if (this.all.get(job.request.name) === job) {
      this.all.delete(job.request.name);
      this.executor.detach?.(job);
    }
    if (this.all.size > 0 || this.cancelling.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Ends it wherever it is, also when it is handed over only now. */
  cancel(job: ClusterJob): void {
    if (job.isUnheard) return this.remove(job);
    this.cancelling.add(job.request.name);
    if (job.id !== null) void this.cancelById(job.request.name, job.id);
    else if (!job.submitting) this.cancelling.delete(job.request.name);
  }

  close(): void {
    clearInterval(this.timer);
    this.all.clear();
    this.executor.close?.();
  }

  private async tick(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      for (let job = this.nextNew(); job; job = this.nextNew()) await this.submit(job);
      if (this.isDue()) await this.poll();
    } finally {
      this.busy = false;
    }
  }

  private nextNew(): ClusterJob | undefined {
    return [...this.all.values()].find(({ isNew, id, refused }) => isNew && id === null && refused === null);
  }

  private isDue(): boolean {
    const now = performance.now();
    if (now - this.askedAt < this.seconds * 1000 * this.slowness) return false;
    return [...this.all.values()].some(
      (job) => job.isNeeded && job.refused === null && now - job.submittedAt >= SETTLE_MS,
    );
  }

  private async submit(job: ClusterJob): Promise<void> {
    const { request, launch } = job;
    const write = (id: string | null): void => {
      const file: JobFile = { kind: request.need.kind, name: request.name, id };
      writeReal(path.join(request.folder, jobFile(launch)), JSON.stringify(file));
    };
    job.submitting = true;
    try {
      write(null);
      this.calls++;
      job.id = await this.executor.submit(request);
      job.submittedAt = performance.now();
      job.trouble = null;
      this.slowness = 1;
      this.log.info(`${request.name}: ${this.executor.title} job ${job.id}`);
      if (this.cancelling.has(request.name)) void this.cancelById(request.name, job.id);
      write(job.id);
    } catch (error) {
      // It may have been heard all the same: the next time the cluster is asked first.
      job.isNew = false;
      if (error instanceof SubmitRefused) job.refused = error.message;
      else job.trouble = (error as Error).message;
      this.log.warn(`${request.name}: ${(error as Error).message}`);
    } finally {
      job.submitting = false;
    }
    job.changed();
  }

  private async poll(): Promise<void> {
    const asked = [...this.all.values()].filter(({ submittedAt }) => performance.now() - submittedAt >= SETTLE_MS);
    this.askedAt = performance.now();
    let states: Map<string, JobState>;
    try {
      this.calls++;
      states = await this.executor.poll(new Set(asked.map(({ request }) => request.name)));
    } catch (error) {
      this.slowness = Math.min(SLOWEST, this.slowness * 2);
      this.log.warn(`${this.executor.title} can't be asked: ${(error as Error).message}`);
      return;
    }
    let anyChange = false;
    for (const job of asked) {
      const found = states.get(job.request.name);
      if (!found && job.id === null) {
        job.isNew = true;
        continue;
      }
      const state = found ?? ({ name: 'gone', id: job.id, how: null } as const);
      job.id ??= state.id;
      if (JSON.stringify(state) === JSON.stringify(job.state)) continue;
      job.state = state;
      anyChange = true;
      job.changed();
    }
    this.slowness = anyChange ? 1 : Math.min(SLOWEST / 2, this.slowness * 1.5);
  }

  private async cancelById(name: string, id: string): Promise<void> {
    try {
      this.calls++;
      await this.executor.cancel(id);
    } catch (error) {
      // Its launch is taken, so that the job ends by itself as soon as it begins.
      this.log.warn(`${name}: the job can't be cancelled: ${(error as Error).message}`);
    } finally {
      this.cancelling.delete(name);
    }
  }
}

function readJobFile(folder: string, launch: number): JobFile | null {
  try {
    return JobFile.parse(JSON.parse(readReal(path.join(folder, jobFile(launch)), 4096)));
  } catch {
    return null;
  }
}

function pollSeconds(): number {
  const given = Number(process.env[POLL_VARIABLE]);
  return given > 0 ? given : POLL_SECONDS;
}
