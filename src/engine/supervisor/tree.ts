/** The process tree of a run: everything that the program started, also what left its group or its parent. */
import { execFile } from 'node:child_process';
import { hasEnvironment, isAlive, listProcesses, signal, type ProcessInfo } from './processes.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class ProcessTree {
  /** What was seen to belong to it, so that orphans are still known after their parent is gone. */
  private readonly known = new Map<number, string>();

  /**
   * `root` leads its own process group. `marker` is an environment entry (`NAME=value`) that only this run's
   * processes have: it finds those that started a session of their own and lost their parent.
   */
  constructor(
    private readonly root: number,
    private readonly marker: string,
  ) {}

  /** Living members, the root first. */
  async members(): Promise<ProcessInfo[]> {
    const all = await listProcesses();
    const ours = new Set<number>([this.root]);
    for (const [pid, started] of this.known) {
      if (all.some((info) => info.pid === pid && info.started === started)) ours.add(pid);
    }
    for (const info of all) {
      if (info.group === this.root || hasEnvironment(info.pid, this.marker)) ours.add(info.pid);
    }
    // Children of members, until there are no more. Parents may come after their children in the list.
    for (let before = -1; before !== ours.size;) {
      before = ours.size;
      for (const info of all) if (ours.has(info.parent)) ours.add(info.pid);
    }
    // Whoever looks after the run is no part of it, even when it was started from within another run.
    ours.delete(process.pid);
    const members = all.filter((info) => ours.has(info.pid) && !info.zombie);
    for (const info of members) this.known.set(info.pid, info.started);
    return members.sort((a, b) => Number(b.pid === this.root) - Number(a.pid === this.root));
  }

  /** Signals every member. On Windows only stopping has a meaning, and that is `kill`. */
  async signal(name: NodeJS.Signals): Promise<void> {
    if (process.platform === 'win32') return;
    for (const info of await this.members()) signal(info.pid, name);
  }

  /** Ends every member by force. Resolves when none is left, or after a few seconds of trying; true when all are gone. */
  async kill(): Promise<boolean> {
    if (process.platform === 'win32') {
      await new Promise((resolve) =>
        execFile('taskkill', ['/PID', String(this.root), '/T', '/F'], { windowsHide: true }, resolve),
      );
      return !isAlive(this.root, null);
    }
    // A member may start another while we look, so look again until a look finds none.
    for (let turn = 0; turn < 60; turn++) {
      const members = await this.members();
      if (members.length === 0) return true;
      for (const info of members) signal(info.pid, 'SIGKILL');
      await pause(turn < 10 ? 20 : 100);
    }
    return false;
  }
}
