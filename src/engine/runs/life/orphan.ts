/**
 * A program whose supervisor was killed. It keeps running until it ends by itself; its journal files are read as usual,
 * and it can be stopped and paused with its whole process tree. Only its exit code remains unknown.
 */
import { isHere } from '../../machine/host.js';
import { Lease } from '../../supervisor/lease.js';
import { markOf } from '../../supervisor/mark.js';
import { isAlive } from '../../supervisor/processes.js';
import { ProcessTree } from '../../supervisor/tree.js';
import type { SupervisorRecords } from '../ends/endingRecords.js';

const INTERVAL = 500;
/** Milliseconds after which a process that was just starting its program, and so had no environment, shows its mark. */
const STARTING_MS = 250;

interface Root {
  pid: number;
  started: string;
}

export class OrphanProgram {
  paused = false;
  private readonly lease: Lease;
  private timer: NodeJS.Timeout | undefined;
  private force: NodeJS.Timeout | undefined;
  private disposed = false;

  private constructor(
    /** Null when the supervisor was killed before it recorded which process it had started. */
    private readonly root: Root | null,
    private readonly tree: ProcessTree,
    folder: string,
    launch: number,
  ) {
    this.lease = new Lease(folder, launch);
  }

  /**
   * Looks for the program of a launch on this host. Returns null when it has ended; processes that it left running are
   * ended then, as its supervisor would have done.
   */
  static async find(
    folder: string,
    launch: number,
    spawned: SupervisorRecords['spawn'],
  ): Promise<OrphanProgram | null> {
    // Without a start time, the program can't be told from a later process with the same pid. Then nothing is touched.
    const { pid, started = null, host } = spawned ?? {};
    const root = pid !== undefined && started !== null && isHere(host) ? { pid, started } : null;
    const tree = new ProcessTree(root, markOf(folder, launch));
    if (root && isAlive(root.pid, root.started)) return new OrphanProgram(root, tree, folder, launch);
    if (root) await tree.endRest();
    else if (await hasMembers(tree)) return new OrphanProgram(null, tree, folder, launch);
    return null;
  }

  watch(gone: () => void): void {
    this.timer = setTimeout(() => {
      void this.isGone().then((isGone) => {
        if (this.disposed) return;
        if (!isGone) return this.watch(gone);
        this.dispose();
        gone();
      });
    }, INTERVAL);
  }

  stop(graceSeconds: number): void {
    this.resume();
    void this.tree.signal('SIGTERM');
    this.force ??= setTimeout(() => void this.tree.kill(), graceSeconds * 1000);
  }

  /** Returns false on systems that can't suspend a program. */
  get canPause(): boolean {
    return process.platform !== 'win32';
  }

  pause(): void {
    this.signal('SIGSTOP', true);
  }

  resume(): void {
    this.signal('SIGCONT', false);
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
    clearTimeout(this.force);
    this.lease.release(false);
  }

  private async isGone(): Promise<boolean> {
    if (!this.root) return (await this.tree.members()).length === 0;
    if (isAlive(this.root.pid, this.root.started)) return false;
    await this.tree.endRest(() => this.disposed);
    return true;
  }

  private signal(name: NodeJS.Signals, paused: boolean): void {
    if (!this.canPause) return;
    this.paused = paused;
    void this.tree.signal(name);
  }
}

async function hasMembers(tree: ProcessTree): Promise<boolean> {
  if ((await tree.members()).length > 0) return true;
  await new Promise((resolve) => setTimeout(resolve, STARTING_MS));
  return (await tree.members()).length > 0;
}
