/** Decides which run a log file belongs to when several work in one folder. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { readReal, statReal } from '../../../files/real.js';
import { RUN_FILES } from '../../../protocol/run/runFiles.js';
import { processStartTime } from '../processes.js';
import { ProcessTree } from '../tree.js';

/** Age after which a lease belongs to no live process. */
const FRESH_MS = 60_000;
const MOST_RUNS = 1000;
const COMPANY_EVERY_MS = 5000;

/** `shared`: several runs work in the folder, and nobody can tell whose the file is. */
export type Owner = 'ours' | 'others' | 'unknown' | 'shared';

export class Owners {
  private readonly tree: ProcessTree;
  private ours = new Set<number>();
  private readonly everOurs = new Set<number>();
  /** Owner by file, once a process was seen to have it open. */
  private readonly open = new Map<string, 'ours' | 'others'>();
  /** True if another run has ever worked in the folder. Its files are no longer open when it has ended. */
  private hadCompany = false;
  private lookedAround = -Infinity;

  constructor(
    /** Absolute path of the run's folder. */
    private readonly folder: string,
    private readonly cwd: string,
    pid: number,
    mark: number,
  ) {
    this.tree = new ProcessTree({ pid, started: processStartTime(pid) }, mark);
  }

  /** Reads the processes and their open files (Linux). */
  async look(files: ReadonlySet<string>): Promise<void> {
    this.lookAround();
    if (files.size === 0) return;
    this.ours = new Set((await this.tree.members()).map(({ pid }) => pid));
    this.ours.forEach((pid) => this.everOurs.add(pid));
    for (const name of list('/proc')) {
      if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
      for (const file of filesOf(name)) {
        if (files.has(file) && this.open.get(file) !== 'ours')
          this.open.set(file, this.ours.has(Number(name)) ? 'ours' : 'others');
      }
    }
  }

  /**
   * Returns the owner as far as it is known now. `unknown`: no process has the file open, and no other run works in the
   * folder.
   */
  of(file: string): Owner {
    if (file.startsWith(this.folder + path.sep)) return 'ours';
    const open = this.open.get(file);
    if (open) return open;
    const pid = /tfevents\.\d+\..+\.(\d+)\.\d+(?:\.v2)?$/.exec(path.basename(file))?.[1];
    if (pid !== undefined && this.everOurs.has(Number(pid))) return 'ours';
    return this.hadCompany ? 'shared' : 'unknown';
  }

  private lookAround(): void {
    if (this.hadCompany || performance.now() - this.lookedAround < COMPANY_EVERY_MS) return;
    this.lookedAround = performance.now();
    this.hadCompany = this.hasCompany();
  }

  /** Returns whether another run works in the same folder now. */
  private hasCompany(): boolean {
    const runs = path.dirname(this.folder);
    const own = path.basename(this.folder);
    for (const name of list(runs).slice(-MOST_RUNS)) {
      if (name === own || name.startsWith('.')) continue;
      const lease = statReal(path.join(runs, name, RUN_FILES.lease));
      if (!lease || Date.now() - lease.mtimeMs > FRESH_MS) continue;
      try {
        const { cwd } = JSON.parse(readReal(path.join(runs, name, RUN_FILES.spec))) as { cwd?: unknown };
        if (typeof cwd === 'string' && path.resolve(this.folder, '../../..', cwd) === this.cwd) return true;
      } catch {
        // This is not a run's folder.
      }
    }
    return false;
  }
}

function list(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

function filesOf(pid: string): string[] {
  const folder = `/proc/${pid}/fd`;
  return list(folder).flatMap((name) => {
    try {
      return [fs.readlinkSync(`${folder}/${name}`)];
    } catch {
      return [];
    }
  });
}
