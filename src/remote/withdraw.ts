/** Ends a launch that was asked to stop before a supervisor had begun. */
import * as path from 'node:path';
import { readTail } from '../engine/disk/files.js';
import { appendLine } from '../engine/disk/appendLine.js';
import { takeLaunch } from '../engine/supervisor/launch.js';
import { isControl } from '../protocol/run/supervisorChecks.js';
import { RUN_FILES } from '../protocol/run/runFiles.js';
import type { ExitRecord } from '../protocol/run/journal.js';
import { standingOf } from './standing.js';

const TAIL = 64 * 1024;

/** Returns whether it was ended here; then its ticket is of no use any more. */
export function withdrawIfAsked(folder: string, launch: number): boolean {
  const reason = askedToStop(folder, launch);
  if (reason === null || standingOf(folder, launch) !== 'not begun' || !takeLaunch(folder, launch)) return false;
  const exit: ExitRecord = {
    ...{ type: 'exit', time: Date.now(), code: null, signal: null, requested: reason },
    ...(launch > 1 && { launch }),
  };
  appendLine(path.join(folder, RUN_FILES.journal, RUN_FILES.supervisorJournal), JSON.stringify(exit));
  return true;
}

function askedToStop(folder: string, launch: number): 'stop' | 'prune' | 'pause' | null {
  let reason: 'stop' | 'prune' | 'pause' | null = null;
  for (const line of readTail(path.join(folder, RUN_FILES.control), TAIL).split('\n')) {
    try {
      const { launch: of, control } = JSON.parse(line) as { launch: unknown; control: Record<string, unknown> };
      if (of === launch && isControl(control) && control.type === 'stop') reason = control.reason;
    } catch {
      // A line that was cut off, or is none of ours.
    }
  }
  return reason;
}
