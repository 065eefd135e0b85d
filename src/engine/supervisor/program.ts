/** The training program: starts, pauses and ends it, and reports its end. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { openRealForAppend } from '../../files/real.js';
import type { StopReason } from '../../protocol/run/supervisor.js';
import { RUN_FILES } from '../../protocol/run/runFiles.js';
import { withPersonsUmask } from '../disk/umask.js';
import { processStartTime, signal, type ProcessInfo } from './processes.js';
import type { Ranks } from './ranks/launch.js';
import { foundProgram, programArgv, startError, type ProgramSpec } from './spec.js';
import { ProcessTree } from './tree.js';

export interface ProgramEnd {
  code: number | null;
  signal: string | null;
  requested: StopReason | null;
  error?: string;
  /** Milliseconds between start and end, on a monotonic clock. */
  ran?: number;
  /** Milliseconds for which it was suspended. */
  stood?: number;
  /** Processes that it left behind, for a message to the person. */
  behind?: { level: 'info' | 'warning'; text: string };
}

export interface StopHelp {
  /** Passes the request on to the clients in the program; returns whether one will act on it. */
  ask(reason: StopReason): boolean;
}

/** Share of the grace period that a client gets before signals are sent as well. */
const CLIENT_SHARE = 0.7;
/** Time for the rest of the tree to end once the program itself has ended after a stop. */
const LINGER_MS = 2000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class Program {
  pid: number | null = null;
  paused = false;
  /** Resolves once the program and its children are gone. Never rejects. */
  readonly ended: Promise<ProgramEnd>;
  private readonly tree: ProcessTree | null = null;
  private requested: StopReason | null = null;
  private stopping: Promise<void> | null = null;
  private leaderGone = false;
  /** Processes that a stop could not end. */
  private left: ProcessInfo[] = [];
  private over = false;
  private stood = 0;
  private pausedAt = 0;
  private began = performance.now();
  /** Number of runs that it has ended and gone on from. */
  private turn = 0;
  /** When its process started, see `processStartTime`. */
  started: string | null = null;

  constructor(
    private readonly spec: ProgramSpec,
    folder: string,
    env: Record<string, string>,
    mark: number,
    private readonly help: StopHelp,
    onStart: (pid: number, started: string | null) => void,
    private readonly ranks: Ranks | null = null,
  ) {
    // The program writes directly into the file, so nothing is lost when we die.
    const output = openRealForAppend(join(folder, RUN_FILES.output));
    let child: ChildProcess;
    try {
      const argv = programArgv(spec, env);
      const [name, ...args] = (ranks?.argv(argv, env) ?? argv) as [string, ...string[]];
      child = withPersonsUmask(() =>
        spawn(foundProgram(name, env), args, {
          cwd: spec.cwd,
          env,
          // A separate process group (on POSIX, a session), so that the whole tree can be signalled and outlives us.
          detached: true,
          stdio: ['ignore', output, output],
          windowsHide: true,
        }),
      );
    } catch (error) {
      this.ended = Promise.resolve(this.notStarted(error));
      return;
    } finally {
      closeSync(output);
    }
    if (child.pid !== undefined) {
      const started = processStartTime(child.pid);
      this.pid = child.pid;
      this.started = started;
      this.tree = new ProcessTree({ pid: child.pid, started }, mark);
      onStart(child.pid, started);
    }
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => {
        // Also raised if a signal can't be sent, which is not an end.
        if (child.pid === undefined) resolve(this.notStarted(error));
      });
      child.once('exit', (code, signal) => {
        this.leaderGone = true;
        if (this.paused) this.countStanding();
        const times = this.times();
        void this.settle().then((behind) => {
          this.over = true;
          resolve({ code, signal, requested: this.requested, ...times, ...(behind && { behind }) });
        });
      });
    });
  }

  /**
   * Asks the program to end, then kills it after `grace` seconds. A second request with a shorter grace takes
   * precedence.
   */
  stop(reason: StopReason, grace = this.spec.stopGrace): void {
    // Processes that exist by then belong to a later launch.
    if (this.over) return;
    this.requested ??= reason;
    if (grace === 0) void this.tree?.kill();
    this.stopping ??= this.end(reason, grace * 1000);
  }

  async pauseTree(): Promise<void> {
    if (this.paused || this.stopping || this.leaderGone) return;
    this.paused = true;
    this.pausedAt = performance.now();
    await this.tree?.signal('SIGSTOP');
  }

  async resumeTree(): Promise<void> {
    if (!this.paused) return;
    this.paused = false;
    this.countStanding();
    await this.tree?.signal('SIGCONT');
  }

  /**
   * Its run has ended and the program goes on. What was asked of that run is settled. Returns the end of that run, as of a
   * program that ends by itself.
   */
  endRun(): ProgramEnd {
    const end = { code: 0, signal: null, requested: this.requested, ...this.times() };
    this.requested = null;
    this.stopping = null;
    this.turn++;
    return end;
  }

  /** It begins with another run. */
  beginRun(): void {
    this.began = performance.now();
    this.stood = 0;
  }

  private times(): Pick<ProgramEnd, 'ran' | 'stood'> {
    return { ran: Math.round(performance.now() - this.began), ...(this.stood > 0 && { stood: this.stood }) };
  }

  private countStanding(): void {
    this.stood += Math.round(performance.now() - this.pausedAt);
  }

  private async end(reason: StopReason, graceMs: number): Promise<void> {
    const { turn } = this;
    const isOver = (): boolean => this.turn !== turn;
    const deadline = performance.now() + graceMs;
    // A suspended process can't react to requests.
    await this.resumeTree();
    // Remembered now, because a child is hard to find once its parent is gone.
    await this.tree?.members();
    if (isOver()) return;
    if (this.help.ask(reason)) await this.goneBefore(performance.now() + graceMs * CLIENT_SHARE, isOver);
    if (isOver()) return;
    if (!this.leaderGone) await this.askToEnd();
    await this.goneBefore(deadline, isOver);
    if (isOver()) return;
    // The root may have gone politely and left others: they have the same time, but no longer than it takes to write an end.
    if (this.leaderGone) await this.treeGoneBefore(Math.min(deadline, performance.now() + LINGER_MS));
    this.left = (await this.tree?.kill()) ?? [];
  }

  /** srun passes the signal on to all ranks: those on this node must not get it twice. */
  private async askToEnd(): Promise<void> {
    if (this.ranks && this.pid !== null) signal(this.pid, 'SIGTERM');
    else await this.tree?.signal('SIGTERM');
  }

  private async goneBefore(deadline: number, isOver: () => boolean): Promise<void> {
    while (!this.leaderGone && !isOver() && performance.now() < deadline) await pause(20);
  }

  private async treeGoneBefore(deadline: number): Promise<void> {
    while (performance.now() < deadline && ((await this.tree?.members()) ?? []).length > 0) await pause(50);
  }

  /**
   * Ends the processes that the program left running after its own exit, so that the next run finds the device free.
   * Returns a message about them.
   */
  private async settle(): Promise<ProgramEnd['behind'] | null> {
    const rest = this.stopping ? null : await this.tree?.endRest(() => this.stopping !== null);
    // A stop was requested before or meanwhile.
    if (this.stopping) await this.stopping;
    const left = [...new Set([...this.left, ...(rest?.left ?? [])])];
    if (left.length > 0) {
      const text = `${named(left)} can’t be ended and may still use the device.`;
      return { level: 'warning', text };
    }
    if (!rest || rest.found.length === 0) return null;
    return { level: 'info', text: `The program ended and left ${named(rest.found)} behind, which was ended, too.` };
  }

  private notStarted(error: unknown): ProgramEnd {
    const message = startError(error as NodeJS.ErrnoException, this.spec);
    return { code: null, signal: null, requested: this.requested, error: message };
  }
}

/** Names up to five processes, such as `2 processes (sleep 812, python3 813)`. */
function named(processes: ProcessInfo[]): string {
  const names = processes.slice(0, 5).map(({ name, pid }) => `${name} ${pid}`.trim());
  const more = processes.length > 5 ? ', …' : '';
  return `${processes.length === 1 ? '1 process' : `${processes.length} processes`} (${names.join(', ')}${more})`;
}
