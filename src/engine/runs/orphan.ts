/**
 * A program whose supervisor was killed. It is never killed for that: it is watched until it ends by itself, its
 * journal files are read as ever, and it can still be stopped and paused with all it started. Only its exit
 * code is then unknown.
 */
import { RUN_ENV } from '../../protocol/runFolder.js';
import { isAlive } from '../supervisor/processes.js';
import { ProcessTree } from '../supervisor/tree.js';

const INTERVAL = 500;

export class OrphanProgram {
  paused = false;
  private readonly tree: ProcessTree;
  private timer: NodeJS.Timeout | undefined;
  private force: NodeJS.Timeout | undefined;

  private constructor(
    run: string,
    private readonly pid: number,
    private readonly started: string,
  ) {
    this.tree = new ProcessTree(pid, `${RUN_ENV.id}=${run}`);
  }

  /** Null when that very process (not just its number) is gone. */
  static find(run: string, spawned: { pid: number; started: string | null }): OrphanProgram | null {
    // Without a start time a reused number can't be told from the program: then nothing is touched.
    if (spawned.started === null || !isAlive(spawned.pid, spawned.started)) return null;
    return new OrphanProgram(run, spawned.pid, spawned.started);
  }

  watch(gone: () => void): void {
    this.timer = setInterval(() => {
      if (isAlive(this.pid, this.started)) return;
      this.dispose();
      gone();
    }, INTERVAL);
  }

  stop(graceSeconds: number): void {
    this.resume();
    void this.tree.signal('SIGTERM');
    this.force ??= setTimeout(() => void this.tree.kill(), graceSeconds * 1000);
  }

  pause(): boolean {
    return this.signal('SIGSTOP', true);
  }

  resume(): boolean {
    return this.signal('SIGCONT', false);
  }

  dispose(): void {
    clearInterval(this.timer);
    clearTimeout(this.force);
  }

  private signal(name: NodeJS.Signals, paused: boolean): boolean {
    if (process.platform === 'win32') return false;
    this.paused = paused;
    void this.tree.signal(name);
    return true;
  }
}
