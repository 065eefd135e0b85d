/** Lists and signals processes with the tools of the operating system. */
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

export interface ProcessInfo {
  pid: number;
  parent: number;
  group: number;
  /** 0 if the system does not tell. */
  session: number;
  /** Name of the program, as the system shortens it. */
  name: string;
  /** Dead, but not yet collected by its parent: can't be signalled and does nothing. */
  zombie: boolean;
  /** Distinguishes this process from a later one with the same pid. */
  started: string;
}

const run = promisify(execFile);
let bootId: string | undefined;

/** Ticks since boot are meaningless after a reboot, so they are combined with the boot's id. */
function boot(): string {
  try {
    bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
  } catch {
    bootId = 'boot';
  }
  return bootId;
}

/** Reads one process from Linux's /proc; null when it is gone. */
function fromProc(pid: number): ProcessInfo | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in brackets, may itself hold brackets and spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, parent, group, session] = fields;
    return {
      pid,
      parent: Number(parent),
      group: Number(group),
      session: Number(session),
      name: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')),
      zombie: state === 'Z' || state === 'X',
      started: `${boot()}:${fields[19]}`,
    };
  } catch {
    return null;
  }
}

const PS = ['-ww', '-o', 'pid=,ppid=,pgid=,stat=,lstart=,ucomm='];

function fromPs(line: string): ProcessInfo | null {
  // A start time is five words, such as `Sun Nov 29 11:22:33 2026`.
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+(?:\s+\S+){4})\s+(.*?)\s*$/.exec(line);
  if (!match) return null;
  const [, pid, parent, group, stat, started, name] = match;
  const numbers = { pid: +pid!, parent: +parent!, group: +group!, session: 0 };
  return { ...numbers, name: name!, zombie: stat!.startsWith('Z'), started: started! };
}

/** Returns every process of this machine that we can see. Empty on Windows, where trees are ended by `taskkill`. */
export async function listProcesses(): Promise<ProcessInfo[]> {
  if (process.platform === 'win32') return [];
  if (process.platform === 'linux') {
    const found: ProcessInfo[] = [];
    for (const name of readdirSync('/proc')) {
      const info = /^\d+$/.test(name) ? fromProc(Number(name)) : null;
      if (info) found.push(info);
    }
    return found;
  }
  const { stdout } = await run('ps', ['-A', ...PS], { maxBuffer: 32 << 20, env: { ...process.env, LC_ALL: 'C' } });
  return stdout.split('\n').flatMap((line) => fromPs(line) ?? []);
}

/**
 * Returns when a process started, in an opaque form that is the same each time; null when it is gone or can't be known
 * (Windows). Together with the pid it identifies a process although pids are reused.
 */
export function processStartTime(pid: number): string | null {
  if (process.platform === 'linux') return fromProc(pid)?.started ?? null;
  if (process.platform === 'win32') return null;
  try {
    const line = execFileSync('ps', [...PS, '-p', String(pid)], { env: { ...process.env, LC_ALL: 'C' } });
    return fromPs(line.toString().split('\n')[0] ?? '')?.started ?? null;
  } catch {
    return null;
  }
}

/** Returns whether a process started before another one. Only Linux tells; elsewhere false. */
export function startedBefore(started: string, other: string): boolean {
  const [[boot, ticks], [otherBoot, otherTicks]] = [started.split(':'), other.split(':')];
  return process.platform === 'linux' && boot === otherBoot && Number(ticks) < Number(otherTicks);
}

/** Returns whether exactly this process still lives (a zombie does not). `started` null: any process with the pid. */
export function isAlive(pid: number, started: string | null): boolean {
  if (process.platform === 'linux') {
    const info = fromProc(pid);
    return info !== null && !info.zombie && (started === null || info.started === started);
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return started === null || process.platform === 'win32' || processStartTime(pid) === started;
}

/** Sends a signal to one process; false when it is gone. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}
