/**
 * Starts the supervisors of runs on this host. One that has served a trial takes another: to start a process for each would cost
 * more than many a trial, in time and in memory.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import { RUN_ENV } from '../../../protocol/run/runFolder.js';
import { SupervisorTurn, type NextRun } from '../../../protocol/run/supervisorTurns.js';
import { ownNode } from '../../clients/nodePath.js';
import { personsUmask } from '../../disk/umask.js';
import type { Log } from '../../disk/log.js';

/** Milliseconds in which a supervisor that waits must begin with its next run; after that, another one is started. */
const BEGIN_MS = 2000;

export interface SupervisorStart {
  /** Absolute path of supervisor.cjs. */
  program: string;
  folder: string;
  /** SHA-256 that run.json must have. */
  hash: string;
  /** File with the program's environment; '': the engine's own. */
  environment: string;
  placement: Record<string, string>;
  /** Others like it will probably follow soon. */
  isTrial: boolean;
  log: Log;
  started(pid: number | undefined): void;
  /** It ended, serves this run no longer, or could not be started; `isLater`: after this call. */
  gone(why: string, isLater: boolean): void;
}

/** A supervisor that this engine has started. */
class Supervisor {
  /** The run that it serves; null while it waits for one. */
  private serves: SupervisorStart | null;
  /** The run that it was told to begin with, and the time in which it must. */
  private next: { start: SupervisorStart; timer: NodeJS.Timeout } | null = null;

  constructor(
    private readonly child: ChildProcess,
    start: SupervisorStart,
    private readonly owner: {
      waits(one: Supervisor): void;
      left(one: Supervisor): void;
      spawn(start: SupervisorStart): void;
    },
  ) {
    this.serves = start;
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

  /** Gives it another run. To be called while it waits. */
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
    this.serves = next.start;
    next.start.started(this.child.pid);
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
    this.owner.waits(this);
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

  start(start: SupervisorStart): void {
    const one = start.isTrial ? this.waiting.pop() : undefined;
    if (one) one.begin(start);
    else this.spawn(start);
  }

  /** Those that work go on without this engine. */
  close(): void {
    this.closed = true;
    for (const one of this.waiting.splice(0)) one.leave();
  }

  private spawn(start: SupervisorStart): void {
    const { program, folder, hash, environment, placement, isTrial, log, started, gone } = start;
    const node = ownNode();
    const umask = (personsUmask() ?? process.umask()).toString(8);
    let output: number | undefined;
    try {
      output = fs.openSync(log.file, 'a', 0o600);
      const child = spawn(node.execPath, [program, folder, umask, hash, environment], {
        cwd: folder,
        detached: true,
        windowsHide: true,
        stdio: ['ignore', output, output, ...(isTrial ? (['ipc'] as const) : [])],
        env: { ...process.env, ...node.env, [RUN_ENV.placement]: JSON.stringify(placement) },
      });
      new Supervisor(child, start, {
        waits: (one) => (this.closed ? one.leave() : void this.waiting.push(one)),
        left: (one) => void (this.waiting = this.waiting.filter((other) => other !== one)),
        spawn: (again) => this.closed || this.spawn(again),
      });
      started(child.pid);
    } catch (error) {
      gone((error as Error).message, false);
    } finally {
      if (output !== undefined) fs.closeSync(output);
    }
  }
}
