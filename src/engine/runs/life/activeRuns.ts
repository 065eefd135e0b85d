/**
 * All queued and running runs, from the queue through the device to their end in the store. Nothing else changes a
 * run's status. Each run has its own state machine (`runMachine.ts`).
 */
import type { Run } from '../../../protocol/engine/index.js';
import type { RunPlan } from '../../../experiment/index.js';
import type { Floats } from '../../../protocol/values/floats.js';
import { launchNumber } from '../../../protocol/run/runFiles.js';
import type { RunSpec } from '../../../protocol/run/runFolder.js';
import type { StopReason } from '../../../protocol/run/supervisor.js';
import type { Params } from '../../../protocol/values/index.js';
import type { Job } from '../../executors/scheduler.js';
import { ActiveRun } from './activeRun.js';
import { secondsAtWork } from '../ends/endingRecords.js';
import type { ActiveRunsOptions, Keeper, RunListener } from './keeper.js';
import type { Environment } from '../../disk/environments.js';
import { Looks } from './looks.js';
import { nextLaunch } from './nextLaunch.js';
import { refuse, type Refusal } from './refusal.js';
import { Turns } from '../intake/turns.js';
import { leftState, notActive } from './runMachine.js';
import { l10n } from '../../../format/l10n.js';
import { Workers } from '../workers.js';
import { Supervisors } from './supervisors.js';

const POLL_MS = 500;

export type { RunListener } from './keeper.js';

/** Changes that are applied when a run is resumed. */
export interface RelaunchChanges {
  params: Params;
  plan: Pick<RunPlan, 'argv' | 'variables' | 'unpassed' | 'env' | 'cwd' | 'network' | 'pipeline' | 'floats'>;
}

interface Relaunch {
  changes?: RelaunchChanges | undefined;
  /** Step after which its search wants it to pause. */
  until?: number | undefined;
}

export class ActiveRuns implements Keeper {
  listener: RunListener | null = null;
  private readonly active = new Map<string, ActiveRun>();
  private readonly timer: NodeJS.Timeout;
  /** Set when nothing may be started or stored any more. */
  closed = false;
  readonly turns: Turns;
  readonly looks = new Looks();
  readonly workers = new Workers();
  readonly supervisors: Supervisors;

  constructor(readonly options: ActiveRunsOptions) {
    this.turns = new Turns((work) => options.store.batch(work));
    this.supervisors = new Supervisors(options.supervisorProgram, options.log);
    this.timer = setInterval(() => this.poll(), POLL_MS);
  }

  /** Includes queued runs, but not suspended ones or those of other hosts. */
  get count(): number {
    let count = 0;
    for (const { state } of this.active.values()) if (state.name !== 'suspended' && state.name !== 'elsewhere') count++;
    return count;
  }

  /** Paused, and its program has ended. */
  isSuspended(id: string): boolean {
    return this.active.get(id)?.state.name === 'suspended';
  }

  /** Excludes pauses and the time between launches; null: not known. */
  secondsAtWork(id: string): number | null {
    return secondsAtWork(this.options.folders.path(id));
  }

  /** Number of its current or last launch; the first is 1. */
  launchOf(id: string): number {
    return launchNumber(this.active.get(id)?.spec ?? this.options.folders.spec(id) ?? {});
  }

  /** Returns the spec of a queued or running run; null for others. */
  spec(id: string): RunSpec | null {
    return this.active.get(id)?.spec ?? null;
  }

  has(id: string): boolean {
    return this.active.has(id);
  }

  /** Runs that wait for their start, and the numbers of their launches. */
  waiting(): { id: string; launch: number }[] {
    const found = [];
    for (const [id, { state, spec }] of this.active)
      if (state.name === 'queued' || state.name === 'held' || state.name === 'preparing')
        found.push({ id, launch: launchNumber(spec) });
    return found;
  }

  /** Called when there is a run to place: the scheduler starts it as soon as there is room. */
  job(spec: RunSpec): Job {
    return this.add(new ActiveRun(this, spec, { name: 'queued' })).job;
  }

  /** A person may start a run soon. */
  expectRun(): void {
    if (this.options.canStart) this.supervisors.expectRun();
  }

  enqueue(spec: RunSpec): void {
    this.options.scheduler.enqueue(this.job(spec));
  }

  /** Adopts the runs of an earlier engine: running, queued, or ended since. */
  adopt(run: Run): void {
    const { folders, store, changes, trouble } = this.options;
    const spec = folders.spec(run.id);
    if (!spec) return this.lose(run.id);
    // Queued when the earlier engine ended, or suspended and about to be queued.
    if ((run.status === 'queued' || (run.status === 'paused' && spec.launch)) && !folders.wasStarted(run.id, spec)) {
      if (run.status === 'paused') {
        trouble.attempt(() => void store.runs.update(run.id, { status: 'queued', device: null }));
        changes.runChanged(run.id);
      }
      return this.enqueue(spec);
    }
    const device = run.device ?? 'cpu';
    const state = leftState(run.status, device, spec.origin?.host ?? '');
    this.add(new ActiveRun(this, spec, state, device)).takeUp();
  }

  /** Ends a run whose folder is gone. */
  lose(id: string): void {
    const { folders, environments, log, store, trouble } = this.options;
    const message = `Its folder ${folders.path(id)} is gone, so nothing more is known about it.`;
    log.warn(`run ${id}: ${message}`);
    const active = this.active.get(id);
    if (active) return active.lose(message);
    trouble.attempt(() => environments.forget(id));
    const error = { kind: 'lost', message, logTail: '' } as const;
    const write = (): void => void store.runs.update(id, { status: 'failed', error, endedAt: Date.now() });
    void trouble.insist(write, () => this.closed).then(() => !this.closed && this.tellOver(id));
  }

  forget(id: string, run: unknown): void {
    if (this.active.get(id) === run) this.active.delete(id);
  }

  stop(id: string, reason: Exclude<StopReason, 'pause'>): Refusal | null {
    return this.askFamily(id, (one) => this.ask(one, { type: 'stop', reason }));
  }

  /** Ends the program of a run that may be launched again; `listener.ended` reports it as paused. */
  suspend(id: string): Refusal | null {
    return this.ask(id, { type: 'suspend' });
  }

  /**
   * Queues a run that continues in a new process from its newest checkpoint, or from the beginning if it has none.
   * `from`: another run whose newest checkpoint is copied first. Returns null when the run's folder is gone; throws
   * when the disk is full.
   */
  relaunch(id: string, from: string | null, { changes, until }: Relaunch = {}): Job | null {
    const { folders, store, trouble } = this.options;
    const spec = this.active.get(id)?.spec ?? folders.spec(id);
    if (!spec) return null;
    const replanned = changes && { ...pick(changes.plan), params: changes.params };
    const next = nextLaunch({ ...spec, ...replanned }, { from, until }, this.options);
    folders.rewrite(next);
    const cleared = { device: null, error: null, endedAt: null, exitCode: null, signal: null };
    const changed = changes && { params: changes.params, floats: changes.plan.floats };
    const patch = { status: 'queued', ...cleared, ...changed } as const;
    trouble.attempt(() => void store.runs.update(id, patch));
    this.options.changes.runChanged(id);
    return this.job(next);
  }

  pause(id: string): Refusal | null {
    return this.askFamily(id, (one) => this.ask(one, { type: 'pause' }));
  }

  /** Resumes a paused run, or relaunches one that is suspended or ended early, with this environment. */
  resume(id: string, environment: Environment | null): Refusal | null {
    const { store, folders, environments, scheduler } = this.options;
    const active = this.active.get(id);
    const run = store.runs.get(id);
    const endedEarly = !active && run && ['stopped', 'failed', 'pruned'].includes(run.status);
    if (!this.isSuspended(id) && !endedEarly) return this.askFamily(id, (one) => this.ask(one, { type: 'resume' }));
    if (run?.search && store.searches.get(run.search)) {
      return refuse('trial', l10n.t('is a trial: its search decides when it resumes'));
    }
    if (run?.deletedAt !== null) return refuse('deleted', l10n.t('is deleted: restore it first'));
    // A pipeline needs no checkpoint: the results of its stages still exist.
    if (!active && !folders.spec(id)?.pipeline && !folders.isResumable(id)) {
      return refuse('no-checkpoint', l10n.t('has no checkpoint to resume from; rerun it instead'));
    }
    if (environment) environments.keep(id, environment);
    let job: Job | null = null;
    try {
      job = this.relaunch(id, null);
    } finally {
      if (!job && !active) environments.forget(id);
    }
    if (!job) return refuse('no-folder', l10n.t('has lost its folder'));
    scheduler.enqueue(job);
    return null;
  }

  /** For a paused search: queued trials are not started, running ones are paused. */
  hold(id: string): void {
    this.askFamily(id, (one) => this.active.get(one)?.ask({ type: 'hold' }) ?? null);
  }

  /** Undoes `hold`. */
  goOn(id: string): void {
    this.askFamily(id, (one) => this.active.get(one)?.ask({ type: 'go on' }) ?? null);
  }

  set(id: string, params: Params, floats?: Floats): Refusal | null {
    const run = this.active.get(id);
    return run ? run.set(params, floats) : this.notActive(id);
  }

  /** Detaches from everything: programs continue, and the next engine adopts them. */
  close(): void {
    this.closed = true;
    clearInterval(this.timer);
    for (const run of this.active.values()) run.detach();
    this.workers.close();
    this.supervisors.close();
    this.turns.close();
    this.looks.close();
  }

  /** Sends a request to a run and, if it is a pipeline and accepts, to the stages that it has started. */
  private askFamily(id: string, ask: (id: string) => Refusal | null): Refusal | null {
    const refused = ask(id);
    if (refused || !this.active.get(id)?.spec.pipeline) return refused;
    const stages = [...this.active.values()].filter(({ spec }) => spec.stage?.pipeline === id);
    // A stage that has ended or is paused already refuses.
    for (const { spec } of stages) ask(spec.id);
    return null;
  }

  private ask(id: string, request: Parameters<ActiveRun['ask']>[0]): Refusal | null {
    const run = this.active.get(id);
    return run ? run.ask(request) : this.notActive(id);
  }

  private add(run: ActiveRun): ActiveRun {
    this.active.set(run.spec.id, run);
    return run;
  }

  private poll(): void {
    for (const run of this.active.values()) run.poll();
    if (this.active.size > 0) this.options.changes.checkLogs();
  }

  private tellOver(id: string): void {
    const run = this.options.store.runs.get(id);
    this.options.changes.runChanged(id);
    if (!run) return;
    this.listener?.ended(run);
    if (run.search) this.listener?.released(run.search);
  }

  private notActive(id: string): Refusal {
    return notActive(this.options.store.runs.get(id)?.status ?? null);
  }
}

function pick({ network, pipeline, ...plan }: RelaunchChanges['plan']): Partial<RunSpec> {
  const { argv, variables, unpassed, env, cwd, floats } = plan;
  const own = { ...(network !== undefined && { network }), ...(pipeline && { pipeline }) };
  return { argv, variables, unpassed, env, cwd, floats, ...own };
}
