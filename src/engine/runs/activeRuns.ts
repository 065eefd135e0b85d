/**
 * All runs that wait or are at work: from the queue through the device to their end in the store. The only place
 * that changes a run's status.
 */
import { LIVE_STATUSES, type Run, type RunStatus } from '../../protocol/engine.js';
import type { RunSpec } from '../../protocol/runFolder.js';
import type { Frame, StopReason } from '../../protocol/supervisor.js';
import type { Params } from '../../protocol/values.js';
import type { IngestResult, RunPatch, StoreApi } from '../../store/api.js';
import type { Changes } from '../server/changes.js';
import type { Devices } from '../machine/devices.js';
import { FIRST_LAUNCH, readSupervisorRecords, secondsAtWork } from './endingRecords.js';
import { LiveRun } from './liveRun.js';
import type { Log } from '../disk/log.js';
import { outcomeOf, type Ending, type Outcome } from './outcome.js';
import type { RunFolders } from './folders.js';
import { placementEnv, type Job, type Need, type Placement, type Scheduler } from '../executors/scheduler.js';
import type { Trouble } from '../disk/trouble.js';

/** What a search wants to know of its trials. */
export interface RunListener {
  /** New values of the objective, stored already. */
  objective(run: Run, search: string, points: { step: number; value: number }[]): void;
  /** The run is over (or `paused`: its program is) and stored so; the device is still its own. */
  ended(run: Run): void;
  /** Its device is free again. */
  released(search: string): void;
}

export interface ActiveRunsOptions {
  store: StoreApi;
  folders: RunFolders;
  scheduler: Scheduler;
  devices: Devices;
  changes: Changes;
  log: Log;
  trouble: Trouble;
  supervisorProgram: string;
}

const POLL_MS = 500;

interface Active {
  spec: RunSpec;
  live: LiveRun | null;
  device: string | null;
  wantsPause: boolean;
  /** Paused with its program gone: it takes nothing but disk, and is launched again when it is to go on. */
  suspended: boolean;
  /** It has its device, and another run's checkpoint is being copied for it. */
  preparing: boolean;
  /** What its program was asked to do last. A person's stop outweighs a pause that was asked for before. */
  asked: StopReason | null;
}

function waiting(spec: RunSpec): Active {
  return { spec, live: null, device: null, wantsPause: false, suspended: false, preparing: false, asked: null };
}

/** What a run goes on with instead of what it had. */
export interface RelaunchChanges {
  params: Params;
  plan: { argv: string[]; env: Record<string, string>; cwd: string; network?: unknown };
}

export class ActiveRuns {
  listener: RunListener | null = null;
  private readonly active = new Map<string, Active>();
  private readonly timer: NodeJS.Timeout;
  private closed = false;

  constructor(private readonly options: ActiveRunsOptions) {
    this.timer = setInterval(() => this.poll(), POLL_MS);
  }

  /** Waiting runs included, suspended ones not. */
  get count(): number {
    let count = 0;
    for (const { suspended } of this.active.values()) if (!suspended) count++;
    return count;
  }

  /** Paused with its program gone. */
  isSuspended(id: string): boolean {
    return this.active.get(id)?.suspended ?? false;
  }

  /** Without the time between launches, or when it stood still; null: not known. */
  secondsAtWork(id: string): number | null {
    return secondsAtWork(this.options.folders.path(id));
  }

  has(id: string): boolean {
    return this.active.has(id);
  }

  /** Something to place: the scheduler starts it when there is room. */
  job(spec: RunSpec): Job {
    this.active.set(spec.id, waiting(spec));
    return {
      id: spec.id,
      search: spec.search,
      need: needOf(spec),
      start: (placement) => this.start(spec, placement),
    };
  }

  enqueue(spec: RunSpec): void {
    this.options.scheduler.enqueue(this.job(spec));
  }

  /** Takes up what an earlier engine left: at work, ended meanwhile, or waiting. */
  adopt(run: Run): void {
    const { folders, log, scheduler } = this.options;
    const spec = folders.spec(run.id);
    if (!spec) return this.lose(run.id);
    // Queued, or suspended and just about to be queued, when the earlier engine ended.
    if ((run.status === 'queued' || (run.status === 'paused' && spec.launch)) && !folders.wasStarted(run.id, spec)) {
      if (run.status === 'paused') this.update(run.id, { status: 'queued', device: null });
      return this.enqueue(spec);
    }
    log.info(`run ${run.id}: taken up (${run.status})`);
    const device = run.device ?? 'cpu';
    const active: Active = { ...waiting(spec), device, wantsPause: run.status === 'paused' };
    this.active.set(run.id, active);
    if (run.status !== 'paused' || device !== 'cpu') scheduler.occupy(run.id, spec.search, needOf(spec), device);
    active.live = this.liveRun(spec, active);
    if (run.status === 'stopping') active.live.stop('stop', spec.stopGrace);
    active.live.adopt();
  }

  /** Ends a run whose folder is gone. */
  lose(id: string): void {
    const message = `Its folder ${this.options.folders.path(id)} is gone, so nothing more is known of it.`;
    this.options.log.warn(`run ${id}: ${message}`);
    this.finish(id, { status: 'failed', error: { kind: 'lost', message, logTail: '' } }, null);
  }

  /** Null when done, else why it could not be. */
  stop(id: string, reason: Exclude<StopReason, 'pause'>): string | null {
    const active = this.active.get(id);
    if (!active) return this.whyNot(id, 'is not running');
    if (!active.live) {
      active.asked = reason;
      this.options.scheduler.withdraw(id);
      const status = reason === 'stop' ? 'stopped' : 'pruned';
      this.options.trouble.attempt(() => this.options.folders.writeEnd(id, status, undefined));
      this.finish(id, { status, error: null }, null);
      return null;
    }
    active.asked = reason;
    this.update(id, { status: 'stopping' });
    active.live.stop(reason, active.spec.stopGrace);
    return null;
  }

  /** Ends the program of a run, which may be launched again: `listener.ended` hears of it as paused. */
  suspend(id: string): string | null {
    const active = this.active.get(id);
    if (!active?.live) return this.whyNot(id, 'is not running');
    active.asked ??= 'pause';
    this.update(id, { status: 'stopping' });
    active.live.stop('pause', active.spec.stopGrace);
    return null;
  }

  /**
   * A run that goes on in a program of its own from its newest checkpoint (or, without one, from the beginning), to be
   * placed. `from`: another run, whose newest checkpoint it takes over once it has its place. Null when its folder is
   * gone; throws when the disk is full.
   */
  relaunch(id: string, from: string | null, changes?: RelaunchChanges): Job | null {
    const { folders } = this.options;
    const spec = this.active.get(id)?.spec ?? folders.spec(id);
    if (!spec) return null;
    const checkpoint = from === null ? folders.checkpoint(id) : null;
    if (from === null && !checkpoint) this.beginsAgain(id, null);
    const next: RunSpec = {
      ...spec,
      ...(changes && { ...pick(changes.plan), params: changes.params }),
      launch: {
        ...{ number: (spec.launch?.number ?? 1) + 1, at: Date.now(), checkpoint },
        ...(from !== null && { from }),
      },
    };
    folders.rewrite(next);
    const cleared = { device: null, error: null, endedAt: null, exitCode: null, signal: null };
    this.update(id, { status: 'queued', ...cleared, ...(changes && { params: changes.params }) });
    return this.job(next);
  }

  pause(id: string): string | null {
    const active = this.active.get(id);
    const status = this.options.store.runs.get(id)?.status;
    if (!active?.live || (status !== 'running' && status !== 'starting')) return this.whyNot(id, 'is not running');
    if (!active.live.pause()) return 'can’t be paused on this system';
    active.wantsPause = true;
    this.update(id, { status: 'paused' });
    // A process that stands still takes no processor time; a GPU's memory it still holds.
    if (!active.device?.startsWith('gpu')) this.options.scheduler.release(id);
    return null;
  }

  /** Lets a run that stands still go on, or launches one that is suspended or has ended early once more. */
  resume(id: string): string | null {
    const active = this.active.get(id);
    const run = this.options.store.runs.get(id);
    if (active?.suspended || (!active && run && ['stopped', 'failed', 'pruned'].includes(run.status))) {
      if (run?.search && this.options.store.searches.get(run.search))
        return 'is a trial: its search says when it goes on';
      if (run?.deletedAt !== null) return 'is deleted: restore it first';
      if (!active && !this.options.folders.checkpoint(id))
        return 'has no checkpoint to go on from; run it again instead';
      const job = this.relaunch(id, null);
      if (!job) return 'has lost its folder';
      this.options.scheduler.enqueue(job);
      return null;
    }
    if (!active?.live || this.options.store.runs.get(id)?.status !== 'paused') return this.whyNot(id, 'is not paused');
    if (!active.live.resume()) return 'can’t be resumed on this system';
    active.wantsPause = false;
    this.options.scheduler.occupy(id, active.spec.search, needOf(active.spec), active.device ?? 'cpu');
    this.update(id, { status: 'running' });
    return null;
  }

  /** For a search that is paused: a trial that waits is not started, one at work is paused. */
  hold(id: string): void {
    const active = this.active.get(id);
    // Stands still as soon as there is a program that can.
    if (active?.preparing) active.wantsPause = true;
    else if (active && !active.live) this.options.scheduler.withdraw(id);
    else if (active) this.pause(id);
  }

  /** Undoes `hold`. */
  goOn(id: string): void {
    const active = this.active.get(id);
    if (active?.preparing) active.wantsPause = false;
    else if (active && !active.live && !active.suspended) this.enqueue(active.spec);
    else if (active?.live) this.resume(id);
  }

  set(id: string, params: Params): string | null {
    const active = this.active.get(id);
    if (!active?.live) return this.whyNot(id, 'is not running');
    return active.live.set(params) ? null : 'has lost its supervisor, so new values can’t reach it';
  }

  /** Lets go of everything: programs go on and are taken up by the next engine. */
  close(): void {
    this.closed = true;
    clearInterval(this.timer);
    for (const { live } of this.active.values()) live?.detach();
  }

  private start(spec: RunSpec, placement: Placement): void {
    const { devices } = this.options;
    const active = this.active.get(spec.id);
    if (!active || this.closed) return;
    active.device = placement.device;
    // On disk before anything starts: an engine that comes up after a kill knows that this one may be at work.
    this.update(spec.id, { status: 'starting', device: placement.device });
    const env = placementEnv(placement, devices.cores, process.env, devices.gpus.length > 0);
    if (spec.launch?.from === undefined) this.launch(spec, active, env);
    else void this.launchWithTaken(spec, active, env, spec.launch.from);
  }

  private launch(spec: RunSpec, active: Active, env: Record<string, string>): void {
    active.live = this.liveRun(spec, active);
    this.options.log.info(`run ${spec.id}: starts on ${active.device}`);
    active.live.launch(env);
  }

  /** After the other run's checkpoint was copied, which may take long; unless it was stopped meanwhile. */
  private async launchWithTaken(
    spec: RunSpec,
    active: Active,
    env: Record<string, string>,
    from: string,
  ): Promise<void> {
    const { folders, trouble } = this.options;
    const { number, at } = spec.launch!;
    const wanted = (): boolean => !this.closed && active.asked === null && this.active.get(spec.id) === active;
    active.preparing = true;
    let next: RunSpec | null = null;
    await trouble.insist(
      async () => {
        const checkpoint = await folders.takeCheckpoint(spec.id, from, wanted);
        if (!wanted()) return;
        if (!checkpoint) this.beginsAgain(spec.id, from);
        const launch = { number, at, checkpoint };
        folders.rewrite({ ...spec, launch });
        next = { ...spec, launch };
      },
      () => !wanted(),
    );
    active.preparing = false;
    if (!next || !wanted()) return;
    active.spec = next;
    this.launch(next, active, env);
  }

  private beginsAgain(id: string, from: string | null): void {
    const whose = from ? `run ${from} has` : 'it has';
    this.options.log.warn(`run ${id}: ${whose} no usable checkpoint, so it begins again`);
  }

  private liveRun(spec: RunSpec, active: Active): LiveRun {
    const { folders, log, trouble, supervisorProgram, store } = this.options;
    return new LiveRun({
      id: spec.id,
      folder: folders.path(spec.id),
      spec,
      supervisorProgram,
      askedHash: () => folders.askedHash(spec.id),
      log,
      intake: {
        frame: (frame: Frame) => {
          const result = store.ingest.frame(spec.id, frame.file, frame.offset, Buffer.from(frame.data ?? ''));
          if (result) this.took(spec, result);
          return result !== null && frame.data !== undefined;
        },
        poll: (final: boolean) => {
          const results = store.ingest.pollAll(spec.id, { final });
          for (const result of results) this.took(spec, result);
          // A look that found nothing wrote nothing, so it says nothing about the disk.
          if (results.some(({ records }) => records > 0)) trouble.over();
          return results.at(-1)?.more ?? false;
        },
      },
      onRunning: (paused) => this.running(spec.id, active, paused),
      onEnded: (ending) => this.ended(spec, ending),
      onTrouble: (error) => trouble.met(error),
    });
  }

  private running(id: string, active: Active, paused: boolean): void {
    const run = this.options.store.runs.get(id);
    if (!run || run.status === 'stopping') return;
    if (active.wantsPause && !paused) active.live?.pause();
    const status: RunStatus = active.wantsPause || paused ? 'paused' : 'running';
    if (paused) active.wantsPause = true;
    const startedAt = run.startedAt ?? this.records(active.spec).spawn?.time ?? Date.now();
    if (run.status !== status || run.startedAt === null) this.update(id, { status, startedAt });
  }

  private took(spec: RunSpec, result: IngestResult): void {
    const { changes, log } = this.options;
    for (const [metric, count] of result.metrics) changes.seriesChanged(spec.id, metric, count);
    for (const warning of result.warnings) log.warn(`run ${spec.id}: ${warning}`);
    if (result.runChanged || result.points > 0) changes.runChanged(spec.id);
    if (result.objective.length === 0 || spec.search === null || !this.listener) return;
    const run = this.options.store.runs.get(spec.id);
    if (run) this.listener.objective(run, spec.search, result.objective);
  }

  private ended(spec: RunSpec, ending: Ending | null): void {
    if (!ending) {
      // Nothing was ever started for it, so it waits for its turn again.
      this.options.log.warn(`run ${spec.id}: had not been started; waits again`);
      this.update(spec.id, { status: 'queued', device: null });
      this.options.scheduler.release(spec.id);
      this.enqueue(spec);
      return;
    }
    const outcome = outcomeOf(ending, this.active.get(spec.id)?.asked ?? null);
    if (outcome.status === 'paused') void this.suspended(spec);
    else this.finish(spec.id, outcome, ending.exit, ending.finish?.time);
  }

  private async suspended({ id }: RunSpec): Promise<void> {
    const { store, scheduler, changes, log, trouble } = this.options;
    const write = (): void => void store.runs.update(id, { status: 'paused', device: null });
    await trouble.insist(write, () => this.closed);
    if (this.closed) return;
    log.info(`run ${id}: suspended`);
    const active = this.active.get(id);
    if (active) this.active.set(id, { ...waiting(active.spec), suspended: true });
    changes.runChanged(id);
    const run = store.runs.get(id);
    if (run) this.listener?.ended(run);
    scheduler.release(id);
    if (run?.search) this.listener?.released(run.search);
  }

  private records(spec: RunSpec) {
    return readSupervisorRecords(this.options.folders.path(spec.id), spec.launch ?? FIRST_LAUNCH);
  }

  private finish(id: string, outcome: Outcome, exit: Ending['exit'], endTime?: number): void {
    const { store, folders, scheduler, changes, log, trouble } = this.options;
    const spec = this.active.get(id)?.spec ?? folders.spec(id);
    const records = spec ? this.records(spec) : { spawn: null, exit: null };
    const patch: RunPatch = {
      status: outcome.status,
      error: outcome.error,
      endedAt: records.exit?.time ?? endTime ?? Date.now(),
      exitCode: exit?.code ?? null,
      signal: exit?.signal ?? null,
    };
    if (records.spawn && store.runs.get(id)?.startedAt === null) patch.startedAt = records.spawn.time;
    void trouble
      .insist(
        () => void store.runs.update(id, patch),
        () => this.closed,
      )
      .then(() => {
        if (this.closed) return;
        log.info(`run ${id}: ${outcome.status}${outcome.error ? ` (${outcome.error.kind})` : ''}`);
        this.active.delete(id);
        changes.runChanged(id);
        const run = store.runs.get(id);
        if (run) this.listener?.ended(run);
        scheduler.release(id);
        if (run?.search) this.listener?.released(run.search);
      })
      .catch((error: unknown) => log.error(`run ${id}: its end could not be dealt with`, error));
  }

  private update(id: string, patch: RunPatch): void {
    this.options.trouble.attempt(() => void this.options.store.runs.update(id, patch));
    this.options.changes.runChanged(id);
  }

  private poll(): void {
    for (const { live } of this.active.values()) live?.poll();
    if (this.active.size > 0) this.options.changes.checkLogs();
  }

  private whyNot(id: string, otherwise: string): string {
    const run = this.options.store.runs.get(id);
    if (!run) return 'does not exist';
    return LIVE_STATUSES.includes(run.status) ? `${otherwise} (${run.status})` : `is ${run.status} already`;
  }
}

export function needOf(spec: RunSpec): Need {
  return { gpus: spec.resources?.gpus ?? 1, perGpu: spec.resources?.perGpu ?? 1 };
}

function pick({ argv, env, cwd, network }: RelaunchChanges['plan']): Partial<RunSpec> {
  return { argv, env, cwd, ...(network === undefined ? {} : { network }) };
}
