/** Requests to a supervisor on another host, which reads them from the run's folder (`supervisor/controlFile.ts`). */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { RUN_FILES } from '../../../protocol/run/runFolder.js';
import type { Control } from '../../../protocol/run/supervisor.js';
import { appendLine } from '../../disk/appendLine.js';
import { readTail } from '../../disk/files.js';

const TAIL = 64 * 1024;

/** Throws when the folder can't be written. */
export function askByFile(runFolder: string, launch: number, control: Control): void {
  appendLine(path.join(runFolder, RUN_FILES.control), JSON.stringify({ launch, control }));
}

/** Returns whether requests can be left in the folder. */
export function canAskByFile(runFolder: string): boolean {
  try {
    fs.accessSync(runFolder, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Returns whether the last pause or resume request was a pause. */
export function isAskedToPause(runFolder: string, launch: number): boolean {
  const asked = readTail(path.join(runFolder, RUN_FILES.control), TAIL)
    .split('\n')
    .flatMap((line) => {
      try {
        const { launch: of, control } = JSON.parse(line) as { launch: number; control: Control };
        return of === launch && (control.type === 'pause' || control.type === 'resume') ? [control.type] : [];
      } catch {
        return [];
      }
    });
  return asked.at(-1) === 'pause';
}
