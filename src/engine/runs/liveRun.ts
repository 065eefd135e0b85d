/**
 * One run that is at work: its supervisor, its journal, its end. After a start and after an adoption (the engine
 * came up and the run was there already) everything is the same: a supervisor that answers, files that grow.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { RUN_ENV, RUN_FILES, type RunSpec } from '../../protocol/runFolder.js';
import type { Frame, StopReason } from '../../protocol/supervisor.js';
import type { Floats } from '../../protocol/floats.js';
import type { Params } from '../../protocol/values.js';
import { FIRST_LAUNCH, readLastWords, readSupervisorRecords, readTaken, type Launch } from './endingRecords.js';
import { readTail } from '../disk/files.js';
import type { Log } from '../disk/log.js';
import { personsUmask } from '../disk/umask.js';
import { memoryKills } from '../machine/memoryKills.js';
import { ownNode } from '../clients/nodePath.js';
import { plainText, type Ending } from './outcome.js';
import type { HostIdentity } from '../../protocol/host.js';
import { isHere } from '../machine/host.js';
import { isAlive } from '../supervisor/processes.js';
import { LeaseWatch } from '../machine/leaseWatch.js';
import { OrphanProgram } from './orphan.js';
import { SupervisorLink } from './supervisorLink.js';

/** Takes the run's journals into the store, in turns with those of other runs. */
export interface JournalIntake {
  /** Has `read` called in the next turn, which passes frames on and returns whether there are more. */
  arrived(read: () => boolean): void;
  /** Only from within `read`. */
  frame(frame: Frame): void;
  /**
   * Reads what is new from all files; resolves to whether there was something once that is stored. `final`: nobody writes
   * any more. Rejects if it can't be written; then nothing is stored.
   */
  read(final: boolean): Promise<boolean>;
  /** Nothing more is stored. */
  dispose(): void;
}

export interface LiveRunOptions {
  id: string;
  folder: string;
  spec: RunSpec;
  /** Absolute path of supervisor.cjs. */
  supervisorProgram: string;
  intake: JournalIntake;
  /** SHA-256 of run.json if this person has asked for it, else null: the supervisor then starts nothing. */
  askedHash(): string | null;
  log: Log;
  /** The program runs (or stands still). */
  onRunning(paused: boolean): void;
  /** It runs on another host and is only known by its files. */
  onElsewhere(host: HostIdentity): void;
  /** It is gone and all its records are stored; null if it never started and may be started again. Called once. */
  onEnded(ending: Ending | null): void;
  /** Storing failed; it is tried again. */
  onTrouble(error: unknown): void;
}

/** A supervisor that was just started gets this long to say where it listens. */
const START_MS = 20_000;
/** Number of polls after which the journals are read although the supervisor reports what is written to them. */
const POLLS = 10;
/** Lines and bytes of output kept with a failed run. */
const LOG_TAIL = { bytes: 16 * 1024, lines: 60 };

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
  /** Runs that begin together are not all looked at together. */
  private polls = Math.floor(Math.random() * POLLS);
  private launchedHere = false;
  private readonly memoryKillsBefore = memoryKills();
  private readonly which: Launch;

  constructor(private readonly options: LiveRunOptions) {
    this.which = options.spec.launch ?? FIRST_LAUNCH;
    this.link = new SupervisorLink(options.folder, this.which.number, {
      welcome: (pid, paused) => {
        if (pid !== null) options.onRunning(paused);
        this.readJournals();
      },
      arrived: () => this.phase === 'looking' && options.intake.arrived(() => this.link.read()),
      frame: (frame) => {
        options.intake.frame(frame);
        if (frame.file === RUN_FILES.supervisorJournal) setImmediate(() => this.look());
      },
      exited: () => setImmediate(() => this.look()),
      closed: () => this.look(),
    });
  }

  /**
   * Starts the supervisor, which starts the program. The supervisor has our environment; the program gets the one in
   * `environment`, ours when that is null, with `placement` over it and what the run itself sets over both.
   */
  launch(placement: Record<string, string>, environment: string | null): void {
    const { folder, spec, supervisorProgram } = this.options;
    const node = ownNode();
    const umask = (personsUmask() ?? process.umask()).toString(8);
    const hash = this.options.askedHash() ?? 'nobody asked for it';
    this.launchedHere = true;
    let output: number | undefined;
    try {
      output = fs.openSync(this.options.log.file, 'a', 0o600);
      const child = spawn(node.execPath, [supervisorProgram, folder, umask, hash, environment ?? ''], {
        cwd: folder,
        detached: true,
        windowsHide: true,
        stdio: ['ignore', output, output],
        env: { ...process.env, ...node.env, [RUN_ENV.placement]: JSON.stringify(placement) },
      });
      child.on('error', (error) => (this.supervisorGone = error.message));
      child.on('exit', (code, signal) => {
        this.supervisorGone = `it ended with ${code ?? signal}`;
        this.look();
      });
      child.unref();
      this.options.log.info(`run ${spec.id}: supervisor ${child.pid} started`);
    } catch (error) {
      this.supervisorGone = (error as Error).message;
    } finally {
      if (output !== undefined) fs.closeSync(output);
    }
    this.look();
  }

  /** Adopts a run that an earlier engine started. */
  adopt(): void {
    this.look();
  }

  /** Reads journals whose growth nobody reports, and looks for the end. Call it about twice a second. */
  poll(): void {
    if (this.phase !== 'looking') return;
    const { connected } = this.link;
    if (!connected || this.polls++ % POLLS === 0) this.readJournals();
    if (!connected) this.look();
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
    else this.link.send({ type: 'stop', reason, grace });
  }

  get canPause(): boolean {
    return this.orphan?.canPause ?? true;
  }

  pause(): void {
    if (this.orphan) this.orphan.pause();
    else this.link.send({ type: 'pause' });
  }

  resume(): void {
    if (this.orphan) this.orphan.resume();
    else this.link.send({ type: 'resume' });
  }

  /** False when no live edit can reach the program. */
  get canSet(): boolean {
    return this.orphan === null;
  }

  set(params: Params, floats: Floats | undefined): void {
    this.link.send({ type: 'set', params, ...(floats && { floats }) });
  }

  /** Lets go of it without touching it: the engine is leaving. */
  detach(): void {
    this.phase = 'detached';
    this.options.intake.dispose();
    this.link.dispose();
    this.orphan?.dispose();
  }

  /** Finds out where things stand: ended, answering, still coming up, elsewhere, or gone. */
  private look(): void {
    if (this.phase !== 'looking' || this.orphan) return;
    const { folder } = this.options;
    if (readSupervisorRecords(folder, this.which).exit) return void this.conclude();
    if (this.link.connected || this.lookingFurther) return;
    this.lookingFurther = true;
    void this.link
      .connect()
      .then((connected) => (connected ? undefined : this.unanswered()))
      .catch((error: unknown) =>
        this.options.log.error(`run ${this.options.id}: looking for its program failed`, error),
      )
      .finally(() => (this.lookingFurther = false));
  }

  /** No supervisor answers. Everything is read again, because much may have happened while we waited. */
  private async unanswered(): Promise<void> {
    if (this.phase !== 'looking') return;
    const { folder, id, log } = this.options;
    const { spawn: spawned, exit } = readSupervisorRecords(folder, this.which);
    if (exit) return void this.conclude();
    const taken = readTaken(folder, this.which.number);
    const host = spawned?.host ?? (taken === 'unreadable' ? undefined : taken?.host);
    if (host && !isHere(host)) return this.watchElsewhere(host);
    if (!spawned && taken === null) return this.notTaken();
    // Slow, or just about to tell us where it listens.
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
    const ended = readLastWords(this.options.folder, this.which).finish !== null;
    if (!this.launchedHere && ended) return void this.conclude();
    // No supervisor will start for a run that nobody has asked for here.
    const mayComeUp = performance.now() - this.since < START_MS && this.options.askedHash() !== null;
    const waits = this.launchedHere ? this.supervisorGone === null : mayComeUp;
    if (waits) this.lookAgain();
    else void this.conclude();
  }

  /** Only its end, written down, or a lease that nobody has touched for minutes ends a run on another host. */
  private watchElsewhere(host: HostIdentity): void {
    if (!this.lease) {
      this.lease = new LeaseWatch(path.join(this.options.folder, RUN_FILES.lease));
      this.options.onElsewhere(host);
    } else if (this.lease.isStale()) {
      this.options.log.warn(`run ${this.options.id}: no sign of life from ${host.name} for minutes`);
      void this.conclude();
    }
  }

  private lookAgain(): void {
    const wait = performance.now() - this.since < 2000 ? 20 : 250;
    setTimeout(() => this.look(), wait).unref();
  }

  private async conclude(): Promise<void> {
    if (this.phase !== 'looking') return;
    this.phase = 'ending';
    this.link.dispose();
    this.orphan?.dispose();
    // A full disk delays the end of a run rather than losing its last points.
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
    if ((this.phase as string) === 'detached') return;
    this.phase = 'ended';
    this.options.onEnded(this.ending());
  }

  private ending(): Ending | null {
    const { folder } = this.options;
    const { spawn: spawned, exit } = readSupervisorRecords(folder, this.which);
    const words = readLastWords(folder, this.which);
    const taken = readTaken(folder, this.which.number);
    const isWaiting = !spawned && !exit && !taken && !this.launchedHere && !words.finish;
    if (isWaiting && this.options.askedHash() !== null) return null;
    const failedStart =
      !spawned && !exit && !taken && this.launchedHere
        ? `The run's supervisor did not start: ${this.supervisorGone ?? 'no reason known'}. More is in ${this.options.log.file}.`
        : undefined;
    return {
      exit: failedStart !== undefined ? { code: null, signal: null, requested: null, error: failedStart } : exit,
      ...words,
      logTail: logTail(folder),
      memoryKill: memoryKills() > this.memoryKillsBefore,
      ...(this.lease && spawned?.host && { elsewhere: spawned.host.name }),
    };
  }
}

/** Returns the last lines that a run has printed. */
export function logTail(folder: string): string {
  const text = plainText(readTail(path.join(folder, RUN_FILES.output), LOG_TAIL.bytes));
  return text.trimEnd().split('\n').slice(-LOG_TAIL.lines).join('\n');
}
