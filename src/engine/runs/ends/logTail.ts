import * as path from 'node:path';
import { RUN_FILES } from '../../../protocol/run/runFolder.js';
import { readTail } from '../../disk/files.js';
import { plainText } from './outcome.js';

/** Lines and bytes of output that are kept with a failed run. */
const LOG_TAIL = { bytes: 16 * 1024, lines: 60 };

/** Returns the last lines that a run, or its job's script, has printed. */
export function logTail(folder: string, file: string = RUN_FILES.output): string {
  const text = plainText(readTail(path.join(folder, file), LOG_TAIL.bytes));
  return text.trimEnd().split('\n').slice(-LOG_TAIL.lines).join('\n');
}
