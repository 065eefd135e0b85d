/** A launch is taken only once: of two supervisors that were started for it, only one starts the program. */
import { randomBytes } from 'node:crypto';
import { constants, closeSync, linkSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { launchFile } from '../../protocol/run/runFiles.js';
import type { LaunchTaken } from '../../protocol/run/runFolder.js';
import { thisHost } from '../machine/host.js';
import { processStartTime } from './processes.js';

/** Error codes of file systems without hard links. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EMLINK'];

/** Takes the launch. Returns false when another supervisor was faster. Throws when the folder can't be written. */
export function takeLaunch(folder: string, launch: number): boolean {
  const target = join(folder, launchFile(launch));
  const { pid } = process;
  const taken: LaunchTaken = { pid, started: processStartTime(pid), time: Date.now(), host: thisHost() };
  const temporary = `${target}.${randomBytes(6).toString('hex')}`;
  try {
    write(temporary, JSON.stringify(taken));
    // A link appears completely or not at all, also on network file systems.
    linkSync(temporary, target);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!NO_LINKS.includes(code ?? '')) throw error;
    return takeWithoutLink(target, JSON.stringify(taken));
  } finally {
    rmSync(temporary, { force: true });
  }
}

function takeWithoutLink(target: string, text: string): boolean {
  try {
    write(target, text);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function write(path: string, text: string): void {
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  const file = openSync(path, O_WRONLY | O_CREAT | O_EXCL, 0o600);
  try {
    writeSync(file, text);
  } finally {
    closeSync(file);
  }
}
