/**
 * The process tree of one launch: everything that the program started, including processes that left its group, session
 * and parent.
 */
import { execFile } from 'node:child_process';
import { partIn } from './mark.js';
import { isAlive, listProcesses, processStartTime, signal, startedBefore, type ProcessInfo } from './processes.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Milliseconds for the rest of a tree to end by itself, and again after a request. */
const GRACE_MS = 2000;

export class ProcessTree {
  /** Processes seen in the tree, so that orphans are still known after their parent is gone. */
  private readonly known = new Map<number, string>();

  /** True if the root was seen: the session and the group with its number are its own. */
  private readonly sawRoot: boolean;

  constructor(
    /** Leads a separate session. Null when the launch is known only by its mark. */
    private readonly root: { pid: number; started: string | null } | null,
    /** Null: only descendants, the session and the group of the root count. */
    private readonly mark: number | null,
  ) {
    this.sawRoot = root !== null && root.started !== null && processStartTime(root.pid) === root.started;
  }

  /** Returns the living members, the root first. */
  async members(): Promise<ProcessInfo[]> {
    const all = await listProcesses();
    const root = this.sawRoot ? this.root!.pid : null;
    const ours = new Set<number>();
    const stay = new Set<number>();
    for (const { pid, started, group, session } of all) {
      // Looking into every process of the machine takes longer than many a program.
      const isOlder = this.sawRoot && startedBefore(started, this.root!.started!);
      const part = this.mark === null || isOlder ? null : partIn(pid, this.mark);
      if (part === 'stays') stay.add(pid);
      else if (part === 'member' || this.known.get(pid) === started || group === root || session === root)
        ours.add(pid);
    }
    addDescendants(all, stay, new Set());
    addDescendants(all, ours, stay);
    // The supervisor does not belong to the run, even if it was started from within another run.
    ours.delete(process.pid);
    const members = all.filter(({ pid, zombie }) => ours.has(pid) && !stay.has(pid) && !zombie);
    for (const info of members) this.known.set(info.pid, info.started);
    return members.sort((a, b) => Number(b.pid === root) - Number(a.pid === root));
  }

  /** Signals every member. On Windows only stopping has a meaning, and that is `kill`. */
  async signal(name: NodeJS.Signals): Promise<void> {
    if (process.platform === 'win32') return;
    for (const info of await this.members()) signal(info.pid, name);
  }

  /** Kills every member. Returns those that are left after a few seconds of trying. */
  async kill(): Promise<ProcessInfo[]> {
    if (process.platform === 'win32') {
      if (!this.root) return [];
      const { pid } = this.root;
      await new Promise((resolve) =>
        execFile('taskkill', ['/PID', String(pid), '/T', '/F'], { windowsHide: true }, resolve),
      );
      const root = { pid, parent: 0, group: 0, session: 0, zombie: false, started: '', name: '' };
      return isAlive(pid, null) ? [root] : [];
    }
    // A member may start another one meanwhile, so this repeats until none is found.
    for (let turn = 0; ; turn++) {
      const members = await this.members();
      if (members.length === 0 || turn === 60) return members;
      for (const info of members) signal(info.pid, 'SIGKILL');
      await pause(turn < 10 ? 20 : 100);
    }
  }

  /**
   * Ends what is left of the tree once its root is gone: the processes get a moment to end by themselves, then a
   * request, then they are killed. Returns those that were there after the first moment, and those that could not be
   * ended. `cut` ends the waiting.
   */
  async endRest(cut = (): boolean => false): Promise<{ found: ProcessInfo[]; left: ProcessInfo[] }> {
    const found = await this.lingering(GRACE_MS, cut);
    if (found.length === 0) return { found, left: [] };
    await this.signal('SIGCONT');
    await this.signal('SIGTERM');
    await this.lingering(GRACE_MS, cut);
    return { found, left: await this.kill() };
  }

  private async lingering(ms: number, cut: () => boolean): Promise<ProcessInfo[]> {
    const deadline = performance.now() + ms;
    for (;;) {
      const members = await this.members();
      if (members.length === 0 || performance.now() >= deadline || cut()) return members;
      await pause(100);
    }
  }
}

/** Adds the children of members, and theirs, but none of `except`. */
function addDescendants(all: ProcessInfo[], members: Set<number>, except: ReadonlySet<number>): void {
  // Parents may come after their children in the list.
  for (let before = -1; before !== members.size;) {
    before = members.size;
    for (const { pid, parent } of all) if (members.has(parent) && !except.has(pid)) members.add(pid);
  }
}
