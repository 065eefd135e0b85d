/**
 * One active run: its supervisor, its journal, its end. A run that this engine started and one that it adopted are
 * handled in the same way: a supervisor that answers, and files that grow.
 */
import * as path from 'node:path';
import { RUN_FILES } from '../../../protocol/run/runFolder.js';
import type { Control, StopReason } from '../../../protocol/run/supervisor.js';
import { askByFile, canAskByFile, isAskedToPause } from './askByFile.js';
import type { ClusterJob } from '../../executors/jobs.js';
import { placeOf, whenGone } from './jobFacts.js';
import { takeLaunch } from '../../supervisor/launch.js';
import type { Floats } from '../../../protocol/values/floats.js';
import type { Params } from '../../../protocol/values/index.js';
import {
  FIRST_LAUNCH,
  isEndedByEngine,
  readLastWords,
  readSupervisorRecords,
  readTaken,
  type Launch,
} from '../ends/endingRecords.js';
import { memoryKills } from '../../machine/memoryKills.js';
import { endingOf } from '../ends/endingOf.js';
import type { Ending } from '../ends/outcome.js';
import type { HostIdentity } from '../../../protocol/run/host.js';
import { isHere } from '../../machine/host.js';
import { isAlive } from '../../supervisor/processes.js';
import { LeaseWatch } from '../../machine/leaseWatch.js';
import type { LiveRunOptions } from './liveRunOptions.js';
import { OrphanProgram } from './orphan.js';
import { SupervisorLink } from './supervisorLink.js';
import { workerKey } from '../workers.js';

/** Time in which a newly started supervisor must write its address. */
const START_MS = 20_000;
/** Time for which a file server may hide what another host has written. */
const FILES_LAG_MS = 10_000;
/** Number of polls after which the journals are read although the supervisor reports their growth. */
const POLLS = 10;
/** A supervisor that has written the exit record tells of it at once; one that stands still must not hold up the end. */
const TOLD_MS = 2000;

export class LiveRun {
  private readonly link: SupervisorLink;
  private orphan: OrphanProgram | null = null;
  /** Set while it is on another host. */
  private lease: LeaseWatch | null = null;
  private phase: 'looking' | 'ending' | 'ended' | 'detached' = 'looking';
  private readonly since = performance.now();
  private lookingFurther = false;
  private supervisorGone: string | null = null;
  private reading = false;
  /** Random, so that runs that start together are not all polled together. */
  private polls = Math.floor(Math.random() * POLLS);
  private launchedHere = false;
  private start: { placement: Record<string, string>; environment: string | null } = {
    placement: {},
    environment: null,
  };
  /** Tells which later runs its program could take; null: none. */
  private workerKey: string | null = null;
  private toldRunning = false;
  private jobOverSince: number | null = null;
  private untold: NodeJS.Timeout | undefined;
  private readonly memoryKillsBefore = memoryKills();
  private readonly which: Launch;
  private readonly lookNow = (): void => this.look();
  private readonly lookFurther = (): void => {
    const { id, log } = this.options;
    void this.unanswered()
      .catch((error: unknown) => log.error(`run ${id}: looking for its program failed`, error))
      .finally(() => (this.lookingFurther = false));
  };

  constructor(private readonly options: LiveRunOptions) {
    this.which = options.spec.launch ?? FIRST_LAUNCH;
    this.link = new SupervisorLink(options.folder, this.which.number, {
      welcome: (pid, paused) => {
        if (pid !== null) options.onRunning(paused);
        this.readJournals();
      },
      arrived: () => this.phase === 'looking' && options.intake.arrived((skim) => this.link.read(skim)),
      frame: (frame) => {
        options.intake.frame(frame);
        if (frame.file === RUN_FILES.supervisorJournal) this.lookSoon();
      },
      exited: () => this.lookSoon(),
      closed: () => this.lookSoon(),
      declined: () => this.spawnSupervisor(),
    });
  }

  /**
   * Starts the supervisor, which starts the program. The supervisor has our environment; the program gets the one in
   * `environment`, ours when that is null, with `placement` over it and what the run itself sets over both.
   */
  launch(placement: Record<string, string>, environment: string | null): void {
    const { folder, spec, workers } = this.options;
    this.launchedHere = true;
    this.start = { placement, environment };
    this.workerKey = workerKey(spec, placement);
    const hash = this.options.askedHash();
    const worker = this.workerKey === null || hash === null ? null : workers.take(this.workerKey);
    if (worker && hash !== null) this.link.assign(worker, { type: 'assign', folder, hash });
    else this.spawnSupervisor();
  }

  private spawnSupervisor(): void {
    const { folder, spec, supervisors } = this.options;
    const { placement, environment } = this.start;
    if (this.phase !== 'looking') return;
    supervisors.start({
      isTrial: spec.search !== null,
      folder,
      hash: this.options.askedHash() ?? 'nobody asked for it',
      environment: environment ?? '',
      placement,
      started: (pid) => this.options.log.info(`run ${spec.id}: supervisor ${pid} started`),
      gone: (why, isLater) => {
        this.supervisorGone = why;
        if (isLater) this.look();
      },
    });
    this.look();
  }

  /** Submits it to its cluster, which starts the supervisor later. */
  launchJob(): void {
    const { job } = this.options;
    if (!job) {
      this.launchedHere = true;
      this.supervisorGone = 'nobody has asked for it here';
    } else this.watchJob(job, true);
    this.look();
  }

  /** Adopts a run that an earlier engine started. */
  adopt(): void {
    if (this.options.job) this.watchJob(this.options.job, false);
    this.look();
  }

  /** Reads journals whose growth nobody reports, and checks for the end. Call it about twice a second. */
  poll(): void {
    if (this.phase !== 'looking') return;
    const { connected } = this.link;
    if (!connected || this.polls++ % POLLS === 0) this.readJournals();
    if (!connected) this.lookSoon();
  }

  private readJournals(): void {
    if (this.reading) return;
    this.reading = true;
    this.options.intake
      .read(false)
      .then((grew) => void (grew && this.lease?.alive()))
      .catch((error: unknown) => this.options.onTrouble(error))
      .finally(() => (this.reading = false));
  }

  stop(reason: StopReason, grace: number): void {
    if (this.orphan) this.orphan.stop(grace);
    else if (!this.cancelUnstarted()) this.send({ type: 'stop', reason, grace });
  }

  get canPause(): boolean {
    return this.orphan?.canPause ?? true;
  }

  /**
   * Returns false if requests can't be passed on because the program is on another host and the folder can't be
   * written.
   */
  get canAsk(): boolean {
    return (!this.lease && this.options.job?.isCarried !== true) || canAskByFile(this.options.folder);
  }

  /** Cancels a job whose supervisor has not started. Returns false if it has, or if there is no job. */
  private cancelUnstarted(): boolean {
    const { job, folder } = this.options;
    if (!job || this.lease || this.link.connected || this.phase !== 'looking') return false;
    // Another folder is the one that counts: there the request is found.
    if (job.isCarried && !job.isUnheard) return false;
    try {
      if (!takeLaunch(folder, this.which.number)) {
        this.leaseThere();
        return false;
      }
    } catch {
      // No supervisor can start anything without the folder, or on a full disk.
    }
    job.cancel();
    void this.conclude();
    return true;
  }

  private send(control: Control): void {
    if (!this.lease && this.options.job?.isCarried !== true) return this.link.send(control);
    try {
      askByFile(this.options.folder, this.which.number, control);
    } catch (error) {
      this.options.onTrouble(error);
    }
  }

  pause(): void {
    if (this.orphan) this.orphan.pause();
    else this.send({ type: 'pause' });
  }

  resume(): void {
    if (this.orphan) this.orphan.resume();
    else this.send({ type: 'resume' });
  }

  /** Returns false if live edits can't reach the program. */
  get canSet(): boolean {
    return this.orphan === null;
  }

  set(params: Params, floats: Floats | undefined): void {
    this.send({ type: 'set', params, ...(floats && { floats }) });
  }

  /** Detaches without touching the program: the engine is leaving. */
  detach(): void {
    this.phase = 'detached';
    this.options.intake.dispose();
    this.link.dispose();
    this.orphan?.dispose();
  }

  private watchJob(job: ClusterJob, isNew: boolean): void {
    job.changed = () => {
      const text = placeOf(job);
      if (text !== null) this.options.onPlace(text);
      this.look();
    };
    job.begin(isNew);
  }

  /** Determines the state: ended, answering, starting, on another host, or gone. */
  private look(): void {
    if (this.phase !== 'looking' || this.orphan) return;
    const { folder } = this.options;
    if (readSupervisorRecords(folder, this.which).exit) return this.concludeOnceTold();
    if (this.link.isOpen || this.lookingFurther) return;
    this.lookingFurther = true;
    const { id, log, looks } = this.options;
    void this.link
      .connect()
      .catch((error: unknown) => log.error(`run ${id}: connecting to its supervisor failed`, error))
      .then((connected) => {
        if (connected === true) this.lookingFurther = false;
        else looks.soon(this.lookFurther);
      });
  }

  /** The exit record is there. Its supervisor, if it answers, is about to say whether the program takes another run. */
  private concludeOnceTold(): void {
    // Its greeting may not have been read yet: some trials take less than a millisecond.
    if (!this.link.isOpen || this.link.hasTold) return void this.conclude();
    this.untold ??= setTimeout(() => void this.conclude(), TOLD_MS).unref();
  }

  /** No supervisor answers. Everything is read again, because much may have happened while we waited. */
  private async unanswered(): Promise<void> {
    if (this.phase !== 'looking') return;
    const { folder, id, log } = this.options;
    const { spawn: spawned, exit } = readSupervisorRecords(folder, this.which);
    if (exit) return this.concludeOnceTold();
    const taken = readTaken(folder, this.which.number);
    const host = spawned?.host ?? (taken === 'unreadable' ? undefined : taken?.host);
    const { job } = this.options;
    if (job) return this.watchCluster(job, spawned !== null, taken !== null, isHere(host));
    if (host && !isHere(host)) return this.watchElsewhere(host);
    if (!spawned && taken === null) return this.notTaken();
    // The supervisor is slow, or about to write its address.
    if (taken && taken !== 'unreadable' && isAlive(taken.pid, taken.started)) return this.lookAgain();
    this.orphan = await OrphanProgram.find(folder, this.which.number, spawned);
    if ((this.phase as string) !== 'looking') return this.orphan?.dispose();
    if (!this.orphan) return void this.conclude();
    log.warn(`run ${id}: its supervisor is gone, its program is watched`);
    this.options.onRunning(this.orphan.paused);
    this.orphan.watch(() => void this.conclude());
  }

  /** Nothing shows that a program was ever started for this launch. */
  private notTaken(): void {
    const { finish, assumed } = readLastWords(this.options.folder, this.which);
    if (!this.launchedHere && (finish || assumed)) return void this.conclude();
    // No supervisor will start for a run that nobody has requested here.
    const mayComeUp = performance.now() - this.since < START_MS && this.options.askedHash() !== null;
    const waits = this.launchedHere ? this.supervisorGone === null : mayComeUp;
    if (waits) this.lookAgain();
    else void this.conclude();
  }

  /** Only a recorded end, or a lease that was not renewed for minutes, ends a run on another host. */
  private watchElsewhere(host: HostIdentity): void {
    if (isEndedByEngine(this.options.folder, this.which)) return void this.conclude();
    if (!this.lease) {
      this.leaseThere();
      this.options.onElsewhere(host);
    } else if (this.lease.isStale()) {
      this.options.log.warn(`run ${this.options.id}: no sign of life from ${host.name} for minutes`);
      void this.conclude();
    }
  }

  private leaseThere(): LeaseWatch {
    this.lease ??= new LeaseWatch(path.join(this.options.folder, RUN_FILES.lease));
    return this.lease;
  }

  /**
   * There is no exit record, and no supervisor answers. The files of a started run take precedence: the cluster's
   * answer counts only when the lease is stale as well, and a missing answer ends nothing.
   */
  private watchCluster(job: ClusterJob, spawned: boolean, taken: boolean, here: boolean): void {
    const isOver = job.state?.name === 'gone' || job.refused !== null;
    if (!taken) {
      // A file that a supervisor has just written may become visible only later.
      if (job.refused !== null) void this.conclude();
      else if (!isOver) this.jobOverSince = null;
      else if (performance.now() - (this.jobOverSince ??= performance.now()) > FILES_LAG_MS) void this.conclude();
      return;
    }
    const lease = this.leaseThere();
    if (spawned && !this.toldRunning) {
      this.toldRunning = true;
      this.options.onRunning(isAskedToPause(this.options.folder, this.which.number));
    }
    const isStale = lease.isStale();
    job.isNeeded = isStale || job.state?.name !== 'running';
    if (isStale && isOver) {
      this.options.log.warn(`run ${this.options.id}: no sign of life for minutes, and its job is over`);
      void this.conclude();
    } else if (here) this.lookAgain();
  }

  private lookAgain(): void {
    const wait = performance.now() - this.since < 2000 ? 20 : 250;
    setTimeout(() => this.lookSoon(), wait).unref();
  }

  private lookSoon(): void {
    this.options.looks.soon(this.lookNow);
  }

  private async conclude(): Promise<void> {
    if (this.phase !== 'looking') return;
    this.phase = 'ending';
    const worker = this.link.release();
    if (worker) this.options.workers.keep(this.workerKey, this.options.spec, worker);
    this.link.dispose();
    this.orphan?.dispose();
    // A full disk delays the end of a run, but its last points are not lost.
    for (let wait = 250; ; wait = Math.min(wait * 2, 10_000)) {
      if ((this.phase as string) === 'detached') return;
      try {
        await this.options.intake.read(true);
        break;
      } catch (error) {
        this.options.onTrouble(error);
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
    this.options.looks.soon(() => void this.end());
  }

  /** Tells how the program ended. All its records are stored. */
  private async end(): Promise<void> {
    const { job, folder } = this.options;
    const cutShort = job && readSupervisorRecords(folder, this.which).exit?.interrupted === 'end';
    if (cutShort) await whenGone(job, () => this.phase !== 'ending');
    if ((this.phase as string) === 'detached') return;
    this.phase = 'ended';
    job?.dispose();
    this.options.onEnded(this.ending());
  }

  private ending(): Ending | null {
    const { folder, job, log } = this.options;
    return endingOf({
      ...{ folder, which: this.which, job },
      isAsked: this.options.askedHash() !== null,
      notStarted: this.launchedHere
        ? `The run's supervisor did not start: ${this.supervisorGone ?? 'no reason known'}. More is in ${log.file}.`
        : null,
      memoryKill: memoryKills() > this.memoryKillsBefore,
      isElsewhere: this.lease !== null,
    });
  }
}
