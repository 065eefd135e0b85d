/** Carries out the commands of one run's state machine and returns their results to it as events. */
import { inEnglish } from '../../../format/said.js';
import { floatMarkFor } from '../../../experiment/index.js';
import { floatsOf, markAt, type Floats } from '../../../protocol/values/floats.js';
import { entryOf } from '../../../protocol/values/records.js';
import { launchNumber, untilOf } from '../../../protocol/run/runFiles.js';
import type { RunSpec } from '../../../protocol/run/runFolder.js';
import type { Params } from '../../../protocol/values/index.js';
import type { RunPatch } from '../../../store/api.js';
import type { Environment } from '../../disk/environments.js';
import { isDiskFull } from '../../disk/files.js';
import { takeLaunch } from '../../supervisor/launch.js';
import { placementEnv, type Job, type Need, type Placement } from '../../executors/scheduler.js';
import type { ClusterJob } from '../../executors/jobs.js';
import type { Keeper } from './keeper.js';
import { FIRST_LAUNCH, readLastWords, readSupervisorRecords } from '../ends/endingRecords.js';
import { RunIntake } from '../intake/runIntake.js';
import { LiveRun } from './liveRun.js';
import { isStuck, launchAgain } from './again.js';
import { nextLaunch } from './nextLaunch.js';
import { outcomeOf, type Ending, type Outcome } from '../ends/outcome.js';
import type { Refusal } from './refusal.js';
import { isRefusal, step, takeUp, type Request, type RunCommand, type RunEvent, type RunState } from './runMachine.js';

export class ActiveRun {
  private live: LiveRun | null = null;
  private placement: Placement | null = null;

  constructor(
    private readonly keeper: Keeper,
    public spec: RunSpec,
    public state: RunState,
    /** Device of the program; the CPU if it is not known. */
    private device = 'cpu',
  ) {}

  get job(): Job {
    const { id, search } = this.spec;
    return { id, search, need: this.need, start: (placement) => this.placed(placement) };
  }

  private get need(): Need {
    const { gpus = null, perGpu = 1 } = this.spec.resources ?? {};
    const visible = this.keeper.options.environments.visibleGpus(this.spec.id, this.spec.search);
    const idle = this.spec.pipeline !== undefined;
    return {
      gpus: gpus ?? 1,
      perGpu,
      visible,
      cluster: this.spec.cluster?.kind,
      host: this.spec.cluster?.ssh,
      ...(idle && { idle }),
    };
  }

  /** A run that an earlier engine started. */
  takeUp(): void {
    this.keeper.options.log.info(`run ${this.spec.id}: taken up (${this.state.name})`);
    this.carryOut(takeUp(this.state));
  }

  enqueue(): void {
    this.keeper.options.scheduler.enqueue(this.job);
  }

  ask(request: Asked): Refusal | null {
    const possible =
      request.type === 'set'
        ? this.live?.canSet === true
        : this.live?.canAsk !== false && this.live?.canPause !== false;
    return this.happens({ ...request, possible } as Request);
  }

  /** `floats`: which whole numbers were given as floats; for a parameter that is a float, all are. */
  set(params: Params, floats?: Floats): Refusal | null {
    const refused = this.ask({ type: 'set' });
    const { spec } = this;
    const marks = Object.entries(params).map(([name, value]) => {
      const declared = { value: entryOf(spec.params, name), mark: markAt(spec.floats, name) };
      return [name, floatMarkFor(value, markAt(floats, name), declared, null)] as const;
    });
    if (!refused) this.live?.set(params, floatsOf(marks));
    return refused;
  }

  lose(message: string): void {
    this.happens({ type: 'lost', message });
  }

  poll(): void {
    this.live?.poll();
  }

  /** Detaches: the program continues, and the next engine adopts it. */
  detach(): void {
    this.live?.detach();
  }

  private happens(event: RunEvent): Refusal | null {
    if (this.keeper.closed) return null;
    const result = step(this.state, event);
    if (isRefusal(result)) return result;
    this.state = result.state;
    this.carryOut(result.commands);
    return null;
  }

  private carryOut(commands: RunCommand[]): void {
    for (const command of commands) this.carryOutOne(command);
  }

  private carryOutOne(command: RunCommand): void {
    const { spec } = this;
    const { scheduler, trouble, folders } = this.keeper.options;
    const { id, search, stopGrace } = spec;
    switch (command.do) {
      case 'enqueue':
        return this.enqueue();
      case 'withdraw':
        return void scheduler.withdraw(id);
      case 'occupy':
        return scheduler.occupy(id, search, this.need, this.device);
      case 'release':
        return scheduler.release(id);
      case 'prepare':
        return void this.prepare();
      case 'launch':
        return this.launch();
      case 'watch':
        this.live = this.liveRun();
        return this.live.adopt();
      case 'claim':
        return void this.happens({ type: this.claim() ? 'claimed' : 'taken' });
      case 'ask':
        return command.what === 'pause' ? this.live?.pause() : this.live?.resume();
      case 'ask to end':
        return this.live?.stop(command.reason, stopGrace);
      case 'write': {
        const { status, device, begun } = command;
        return this.write({ status, ...(device !== undefined && { device }) }, begun);
      }
      case 'note end':
        return void trouble.attempt(() => folders.writeEnd(id, command.status));
      case 'keep':
        return void this.keep(command.outcome, command.ending);
      case 'tell':
        return this.tell(command.what);
      case 'forget':
        return this.keeper.forget(id, this);
    }
  }

  private placed(placement: Placement): void {
    const { device } = placement;
    this.device = device;
    this.placement = placement;
    this.happens({ type: 'placed', device, takesCheckpoint: this.spec.launch?.from !== undefined });
  }

  /** Copies another run's checkpoint, which may take long. Ends early when the run is stopped meanwhile. */
  private async prepare(): Promise<void> {
    const { folders, trouble, log } = this.keeper.options;
    const { id, launch, cluster } = this.spec;
    // The checkpoint is on the host, and is copied there.
    if (cluster?.ssh) return void this.happens({ type: 'prepared' });
    const { number, at, from, until } = launch!;
    const wanted = (): boolean => !this.keeper.closed && this.state.name === 'preparing';
    await trouble.insist(
      async () => {
        const checkpoint = await folders.takeCheckpoint(id, from!, {
          wanted,
          onDamage: (name, why) =>
            log.warn(`run ${id}: checkpoint ${name} of run ${from} is damaged (${why}); the one before it is taken`),
        });
        if (!wanted()) return;
        if (!checkpoint) log.warn(`run ${id}: run ${from} has no usable checkpoint, so it begins again`);
        const next = { ...this.spec, launch: { number, at, checkpoint, ...(until !== undefined && { until }) } };
        folders.rewrite(next);
        this.spec = next;
      },
      () => !wanted(),
    );
    this.happens({ type: 'prepared' });
  }

  private launch(): void {
    const { devices, environments, log } = this.keeper.options;
    const { id, search } = this.spec;
    log.info(`run ${id}: starts on ${this.device}`);
    this.live = this.liveRun();
    if (this.spec.cluster) return this.live.launchJob();
    const base = this.environment() ?? process.env;
    const placement = placementEnv(this.placement!, devices.cores, base, devices.gpus.length > 0);
    this.live.launch(placement, environments.file(id, search));
  }

  private environment(): Environment | null {
    try {
      return this.keeper.options.environments.of(this.spec.id, this.spec.search);
    } catch {
      // The supervisor reports the error at the run's end, because it can't read the file either.
      return null;
    }
  }

  /** The job of its launch, if a cluster has it and this engine manages it. */
  private clusterJob(): ClusterJob | null {
    const { clusters, folders, supervisorProgram } = this.keeper.options;
    const { id, cluster } = this.spec;
    const askedHash = folders.askedHash(id);
    if (!cluster || askedHash === null) return null;
    const spec = { ...this.spec, cluster };
    return clusters.job({
      spec,
      folder: folders.path(id),
      supervisorProgram,
      askedHash,
      environment: this.environment(),
    });
  }

  /** Makes sure that no slow supervisor starts the program any more. Returns false if a supervisor was faster. */
  private claim(): boolean {
    const { folders, trouble } = this.keeper.options;
    try {
      return takeLaunch(folders.path(this.spec.id), launchNumber(this.spec));
    } catch (error) {
      // No supervisor can start anything without the folder, or on a full disk.
      trouble.met(error);
      return true;
    }
  }

  private liveRun(): LiveRun {
    const { keeper, spec } = this;
    const { folders, log, trouble } = keeper.options;
    return new LiveRun({
      workers: keeper.workers,
      supervisors: keeper.supervisors,
      looks: keeper.looks,
      id: spec.id,
      folder: folders.path(spec.id),
      spec,
      askedHash: () => folders.askedHash(spec.id),
      log,
      intake: new RunIntake(keeper, spec),
      job: this.clusterJob(),
      onPlace: (device) => this.write({ device }),
      onRunning: (paused) => void this.happens({ type: 'running', paused }),
      onElsewhere: ({ name }) => void this.happens({ type: 'elsewhere', host: name }),
      onEnded: (ending) => {
        if (!ending) log.warn(`run ${spec.id}: had not been started; waits again`);
        this.live = null;
        this.happens(ending && this.prepareAgain(ending) ? { type: 'again' } : { type: 'ended', ending });
      },
      onTrouble: (error) => trouble.met(error),
    });
  }

  /** Prepares another launch if the run is to have one. Returns false if the run stays ended. */
  private prepareAgain(ending: Ending): boolean {
    const { folders, log } = this.keeper.options;
    const { id, retries, launch } = this.spec;
    // Someone asked it to end, or its folder was copied from elsewhere.
    if (!['starting', 'running', 'paused'].includes(this.state.name) || folders.isAsked(id) !== 'yes') return false;
    const again = launchAgain(outcomeOf(ending), retries, launch?.again);
    if (!again) return false;
    const { reason, counts, text } = again;
    try {
      const next = nextLaunch(this.spec, { from: null, until: untilOf(this.spec) }, this.keeper.options);
      const searched = (folders.searchedAt(id) ?? -Infinity) > (launch?.at ?? -Infinity);
      if (isStuck(ending, launch?.checkpoint, next.launch!.checkpoint, searched)) return false;
      // The clocks of two hosts differ, and the last records must not count for the next launch.
      const at = Math.max(next.launch!.at, (ending.finish?.time ?? 0) + 1);
      const spec = { ...next, launch: { ...next.launch!, at, again: { reason, counts } } };
      folders.noteMessage(id, text);
      folders.rewrite(spec);
      this.spec = spec;
    } catch (error) {
      log.warn(`run ${id}: it can't be launched again: ${(error as Error).message}`);
      return false;
    }
    log.warn(`run ${id}: ${inEnglish(text)}`);
    return true;
  }

  private write(patch: RunPatch, begun = false): void {
    const { store, trouble, changes } = this.keeper.options;
    const { id } = this.spec;
    const run = store.runs.get(id);
    if (begun && run?.startedAt === null) patch.startedAt = this.records().spawn?.time ?? Date.now();
    if (run?.status === patch.status && patch.device === undefined && patch.startedAt === undefined) return;
    trouble.attempt(() => void store.runs.update(id, patch));
    changes.runChanged(id);
  }

  private async keep(outcome: Outcome, ending: Ending | null): Promise<void> {
    const { store, environments, trouble, changes, log } = this.keeper.options;
    const { id } = this.spec;
    const patch =
      outcome.status === 'paused' ? { status: outcome.status, device: null } : this.endPatch(outcome, ending);
    await trouble.insist(
      () => {
        this.noteEnd(outcome);
        store.runs.update(id, patch);
      },
      () => this.keeper.closed,
    );
    if (this.keeper.closed) return;
    const { status, error } = outcome;
    if (status !== 'paused') trouble.attempt(() => environments.forget(id));
    log.info(`run ${id}: ${status === 'paused' ? 'suspended' : status}${error ? ` (${error.kind})` : ''}`);
    changes.runChanged(id);
    try {
      this.happens({ type: 'kept' });
    } catch (problem) {
      log.error(`run ${id}: its end could not be dealt with`, problem);
    }
  }

  /**
   * Writes the end of a run for which nothing was started into its folder, because an index that is rebuilt must not
   * list it as queued. Supervisor and program have recorded any other end. Throws when the disk is full; leaves a
   * folder that can't be written for another reason.
   */
  private noteEnd({ status, error }: Outcome): void {
    const { folders, log } = this.keeper.options;
    const { id } = this.spec;
    if (status === 'paused' || !folders.spec(id)) return;
    const { spawn, exit } = this.records();
    const { finish, assumed } = readLastWords(folders.path(id), this.spec.launch ?? FIRST_LAUNCH);
    if (spawn || exit || finish || assumed) return;
    try {
      folders.writeEnd(id, status, error);
    } catch (problem) {
      if (isDiskFull(problem)) throw problem;
      log.warn(`run ${id}: its end could not be written beside it: ${(problem as Error).message}`);
    }
  }

  private endPatch(outcome: Outcome, ending: Ending | null): RunPatch {
    const { spawn, exit } = this.records();
    const patch: RunPatch = {
      status: outcome.status,
      error: outcome.error,
      endedAt: exit?.time ?? ending?.finish?.time ?? Date.now(),
      exitCode: ending?.exit?.code ?? null,
      signal: ending?.exit?.signal ?? null,
      // The duration of this launch was not recorded.
      ...(exit?.ran === undefined && { ran: null }),
    };
    if (spawn && this.keeper.options.store.runs.get(this.spec.id)?.startedAt === null) patch.startedAt = spawn.time;
    return patch;
  }

  private records() {
    return readSupervisorRecords(this.keeper.options.folders.path(this.spec.id), this.spec.launch ?? FIRST_LAUNCH);
  }

  private tell(what: 'ended' | 'released'): void {
    const { listener, options } = this.keeper;
    const run = options.store.runs.get(this.spec.id);
    if (what === 'ended') {
      if (run) listener?.ended(run);
    } else if (run?.search) listener?.released(run.search);
  }
}

/** A request for which it is not yet known whether the program supports it. */
type Asked = Request extends infer R ? (R extends Request ? Omit<R, 'possible'> : never) : never;
