/**
 * A program whose supervisor was killed. It is never killed for that: it is watched until it ends by itself, its
 * journal files are read as ever, and it can still be stopped and paused as a process group. Only its exit
 * code is then unknown.
 */
import { isSameProcess, signalTree } from './processes.js';

const INTERVAL = 500;

export class OrphanProgram {
  paused = false;
  private timer: NodeJS.Timeout | undefined;
  private force: NodeJS.Timeout | undefined;

  private constructor(
    private readonly pid: number,
    private readonly started: string | null,
  ) {}

  /** Null when that very process (not just its number) is gone. */
  static find(spawned: { pid: number; started: string | null }): OrphanProgram | null {
    // Without a start time a reused number can't be told from the program: then nothing is touched.
    if (spawned.started === null || !isSameProcess(spawned.pid, spawned.started)) return null;
    return new OrphanProgram(spawned.pid, spawned.started);
  }

  watch(gone: () => void): void {
    this.timer = setInterval(() => {
      if (this.alive()) return;
      this.dispose();
      gone();
    }, INTERVAL);
  }

  stop(graceSeconds: number): void {
    if (!this.alive()) return;
    this.resume();
    signalTree(this.pid, 'SIGTERM');
    this.force ??= setTimeout(() => this.alive() && signalTree(this.pid, 'SIGKILL'), graceSeconds * 1000);
  }

  pause(): boolean {
    if (process.platform === 'win32' || !this.alive()) return false;
    this.paused = true;
    return signalTree(this.pid, 'SIGSTOP');
  }

  resume(): boolean {
    if (process.platform === 'win32' || !this.alive()) return false;
    this.paused = false;
    return signalTree(this.pid, 'SIGCONT');
  }

  dispose(): void {
    clearInterval(this.timer);
    clearTimeout(this.force);
  }

  private alive(): boolean {
    return this.started !== null && isSameProcess(this.pid, this.started);
  }
}
