/** Starts the supervisor of a run on this host. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { RUN_ENV } from '../../../protocol/run/runFolder.js';
import { ownNode } from '../../clients/nodePath.js';
import type { Log } from '../../disk/log.js';
import { personsUmask } from '../../disk/umask.js';

export interface SupervisorStart {
  /** Absolute path of supervisor.cjs. */
  program: string;
  folder: string;
  /** SHA-256 that run.json must have. */
  hash: string;
  /** File with the program's environment; '': the engine's own. */
  environment: string;
  placement: Record<string, string>;
  log: Log;
  started(pid: number | undefined): void;
  /** It ended, or could not be started; `isLater`: after this call. */
  gone(why: string, isLater: boolean): void;
}

export function startSupervisor(start: SupervisorStart): void {
  const { program, folder, hash, environment, placement, log, started, gone } = start;
  const node = ownNode();
  const umask = (personsUmask() ?? process.umask()).toString(8);
  let output: number | undefined;
  try {
    output = fs.openSync(log.file, 'a', 0o600);
    const child = spawn(node.execPath, [program, folder, umask, hash, environment], {
      cwd: folder,
      detached: true,
      windowsHide: true,
      stdio: ['ignore', output, output],
      env: { ...process.env, ...node.env, [RUN_ENV.placement]: JSON.stringify(placement) },
    });
    child.on('error', (error) => gone(error.message, false));
    child.on('exit', (code, signal) => gone(`it ended with ${code ?? signal}`, true));
    child.unref();
    started(child.pid);
  } catch (error) {
    gone((error as Error).message, false);
  } finally {
    if (output !== undefined) fs.closeSync(output);
  }
}
