/**
 * Starts the supervisors of runs on this host. One that has served a trial takes another: to start a process for each would cost
 * more than many a trial, in time and in memory. While runs are likely, a spare one waits, so that a person's run need not.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { RUN_ENV, SPARE_FLAG } from '../../../protocol/run/runFiles.js';
import { SupervisorTurn, type NextRun } from '../../../protocol/run/supervisorTurns.js';
import { ownNode } from '../../clients/nodePath.js';
import { personsUmask } from '../../disk/umask.js';
import type { Log } from '../../disk/log.js';

/** Milliseconds in which a supervisor that waits must begin with its next run; after that, another one is started. */
const BEGIN_MS = 2000;
/** Milliseconds without a start after which a spare supervisor is started: it must not delay a program that has just begun. */
const CALM_MS = 1000;
/** Milliseconds after the last sign that a run may follow, for which a spare supervisor waits. */
const SPARE_MS = 5 * 60_000;

export interface SupervisorStart {
  folder: string;
  /** SHA-256 that run.json must have. */
  hash: string;
  /** File with the program's environment; '': the engine's own. */
  environment: string;
  placement: Record<string, string>;
  /** Others like it will probably follow soon. */
  isTrial: boolean;
  started(pid: number | undefined): void;
  /** It ended, serves this run no longer, or could not be started; `isLater`: after this call. */
  gone(why: string, isLater: boolean): void;
}

/** A supervisor that this engine has started. */
class Supervisor {
  /** The run that it serves; null while it waits for one. */
  private serves: SupervisorStart | null = null;
  /** True once it has served a run. */
  hasServed = false;
  /** The run that it was told to begin with, and the time in which it must. */
  private next: { start: SupervisorStart; timer: NodeJS.Timeout } | null = null;

  constructor(
    private readonly child: ChildProcess,
    /** The run that it was started for; null: it waits for one. */
    start: SupervisorStart | null,
    private readonly owner: {
      waits(one: Supervisor, served: SupervisorStart | null): void;
      left(one: Supervisor): void;
      spawn(start: SupervisorStart): void;
    },
  ) {
    if (start) this.serve(start);
    child.on('error', (error) => this.gone(error.message, child.pid !== undefined));
    child.on('exit', (code, signal) => this.gone(`it ended with ${code ?? signal}`, true));
    child.on('disconnect', () => owner.left(this));
    child.on('message', (message) => {
      const turn = SupervisorTurn.safeParse(message).data;
      if (turn?.type === 'over') this.over(turn.code);
      else if (turn?.type === 'began') this.began();
    });
    // The engine may leave while its supervisors work.
    child.unref();
    child.channel?.unref();
  }

  /** Gives it another run. Call it while it waits. */
  begin(start: SupervisorStart): void {
    const { folder, hash, environment, placement } = start;
    this.next = { start, timer: setTimeout(() => this.missed(), BEGIN_MS) };
    const message: NextRun = { type: 'next', folder, hash, environment, placement };
    this.child.send(message, (error) => error && this.missed());
  }

  /** Nothing more comes: it ends. */
  leave(): void {
    if (this.child.connected) this.child.disconnect();
  }

  private began(): void {
    const { next } = this;
    if (!next) return;
    clearTimeout(next.timer);
    this.next = null;
    this.serve(next.start);
    next.start.started(this.child.pid);
  }

  private serve(start: SupervisorStart): void {
    this.serves = start;
    this.hasServed = true;
  }

  /** The run has another supervisor. Should this one begin with it yet, only one of them starts the program. */
  private missed(): void {
    const { next } = this;
    if (!next) return;
    clearTimeout(next.timer);
    this.next = null;
    this.leave();
    this.owner.spawn(next.start);
  }

  private over(code: number): void {
    const { serves } = this;
    this.serves = null;
    serves?.gone(`it ended with ${code}`, true);
    this.owner.waits(this, serves);
  }

  private gone(why: string, isLater: boolean): void {
    const { serves } = this;
    this.serves = null;
    this.owner.left(this);
    this.missed();
    serves?.gone(why, isLater);
  }
}

export class Supervisors {
  private waiting: Supervisor[] = [];
  private closed = false;
  private isRunLikely = false;
  private calm: NodeJS.Timeout | undefined;
  private likely: NodeJS.Timeout | undefined;

  constructor(
    /** Absolute path of supervisor.cjs. */
    private readonly program: string,
    private readonly log: Log,
  ) {}

  start(start: SupervisorStart): void {
    const one = this.waiting.pop();
    if (one) one.begin(start);
    else this.spawnFor(start);
    this.expectRun();
  }

  /** A run may follow soon. */
  expectRun(): void {
    if (this.closed) return;
    this.isRunLikely = true;
    clearTimeout(this.likely);
    this.likely = setTimeout(() => this.unlikely(), SPARE_MS).unref();
    clearTimeout(this.calm);
    this.calm = undefined;
    this.spareSoon();
  }

  /** Those that work go on without this engine. */
  close(): void {
    this.closed = true;
    clearTimeout(this.calm);
    clearTimeout(this.likely);
    for (const one of this.waiting.splice(0)) one.leave();
  }

  private unlikely(): void {
    this.isRunLikely = false;
    clearTimeout(this.calm);
    this.calm = undefined;
    for (const one of this.waiting.splice(0)) one.leave();
  }

  private spareSoon(): void {
    if (this.closed || !this.isRunLikely) return;
    this.calm ??= setTimeout(() => {
      this.calm = undefined;
      if (this.waiting.length === 0) this.spawnSpare();
    }, CALM_MS).unref();
  }

  private spawnFor(start: SupervisorStart): void {
    const { folder, hash, environment, placement, isTrial, started, gone } = start;
    try {
      const umask = (personsUmask() ?? process.umask()).toString(8);
      const variables = { [RUN_ENV.placement]: JSON.stringify(placement) };
      const child = this.spawn([folder, umask, hash, environment], folder, variables, isTrial);
      this.watch(child, start);
      started(child.pid);
    } catch (error) {
      gone((error as Error).message, false);
    }
  }

  private spawnSpare(): void {
    try {
      const umask = (personsUmask() ?? process.umask()).toString(8);
      const child = this.spawn([SPARE_FLAG, umask], tmpdir(), {}, true);
      this.waiting.push(this.watch(child, null));
      this.log.info(`supervisor ${child.pid} waits for a run`);
    } catch (error) {
      // The next run starts one of its own, and says what is wrong.
      this.log.warn(`a spare supervisor could not be started: ${(error as Error).message}`);
    }
  }

  private spawn(args: string[], cwd: string, variables: Record<string, string>, hasChannel: boolean): ChildProcess {
    const node = ownNode();
    const output = fs.openSync(this.log.file, 'a', 0o600);
    try {
      return spawn(node.execPath, [this.program, ...args], {
        cwd,
        detached: true,
        windowsHide: true,
        stdio: ['ignore', output, output, ...(hasChannel ? (['ipc'] as const) : [])],
        env: { ...process.env, ...node.env, ...variables },
      });
    } finally {
      fs.closeSync(output);
    }
  }

  private watch(child: ChildProcess, start: SupervisorStart | null): Supervisor {
    return new Supervisor(child, start, {
      waits: (one, served) => {
        // One spare is enough for a person's runs.
        const isWanted = served?.isTrial === true || this.waiting.length === 0;
        if (this.closed || !isWanted) one.leave();
        else this.waiting.push(one);
      },
      left: (one) => {
        if (!this.waiting.includes(one)) return;
        this.waiting = this.waiting.filter((other) => other !== one);
        // A spare one that ends by itself would end again.
        if (one.hasServed) this.spareSoon();
      },
      spawn: (again) => this.closed || this.spawnFor(again),
    });
  }
}
