/**
 * The mark of one launch: a number that all its processes carry, so that they are found even if they have detached
 * themselves. It is in their environment, which a daemon may clear, and, on Linux, in a resource limit that children
 * inherit through fork, exec and setsid: the number of file locks, which the kernel has ignored since Linux 2.4.25.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { RUN_ENV } from '../../protocol/run/runFiles.js';

const LIMIT = /^Max file locks\s+(\S+)\s+(\S+)/m;

/**
 * Returns the mark of a launch, a whole number in [2^40, 2^48). It does not change when the workspace is renamed or moved within
 * its disk; a copy has another one, and so has a run whose folder gets the inode of one that was deleted. `folder`: absolute.
 */
export function markOf(folder: string, launch: number): number {
  const { dev, ino } = statSync(folder, { bigint: true });
  const digest = createHash('sha256')
    .update(`${dev}:${ino}:${basename(folder)}:${launch}`)
    .digest();
  return 2 ** 40 + (digest.readUIntBE(0, 6) % (2 ** 48 - 2 ** 40));
}

/** Puts the mark on this process, for everything that it starts from now on. Returns false where the system can't. */
export function wearMark(mark: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const options = { timeout: 5000, stdio: 'ignore' } as const;
    // Sets only the soft limit, so that a program can lift it.
    execFileSync('prlimit', ['--pid', String(process.pid), `--locks=${mark}:`], options);
    return limits(process.pid)?.[1] === String(mark);
  } catch {
    return false;
  }
}

/** Removes the mark that this process has inherited from a run that it was started in. */
export function dropMark(): void {
  if (process.platform !== 'linux') return;
  const [, soft, hard] = limits(process.pid) ?? [];
  if (soft === undefined || soft === hard) return;
  try {
    execFileSync('prlimit', ['--pid', String(process.pid), `--locks=${hard}:`], { timeout: 5000, stdio: 'ignore' });
  } catch {
    // Then it counts as part of that run, as before.
  }
}

/**
 * Returns the role of a process in the launch with this mark: a member, one that asked to outlive its run, or null.
 * Linux only; elsewhere null.
 */
export function partIn(pid: number, mark: number): 'member' | 'stays' | null {
  if (process.platform !== 'linux') return null;
  const environment = `\0${read(`/proc/${pid}/environ`)}`;
  if (environment.includes(`\0${RUN_ENV.outlive}=1\0`)) return 'stays';
  if (environment.includes(`\0${RUN_ENV.mark}=${mark}\0`)) return 'member';
  return limits(pid)?.[1] === String(mark) ? 'member' : null;
}

function limits(pid: number): RegExpExecArray | null {
  return LIMIT.exec(read(`/proc/${pid}/limits`));
}

/** Returns '' when the process is gone or belongs to another user. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
