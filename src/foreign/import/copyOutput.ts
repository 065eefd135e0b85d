/** Copies a program's output into the run that its logs become. */
import * as fs from 'node:fs';
import { openReal, sizeReal } from '../../files/real.js';
import { FileBytes } from '../bytes.js';

const MOST_BYTES = 64 * 2 ** 20;
const PIECE = 2 ** 20;

/**
 * Appends the data added to `from` since the last copy, up to 64 MiB in total. Skips a file that is gone or not an
 * ordinary file.
 */
export function copyOutput(from: string, to: string): void {
  let source: FileBytes;
  try {
    source = FileBytes.open(from);
  } catch {
    return;
  }
  const { O_WRONLY, O_CREAT } = fs.constants;
  const descriptor = openReal(to, O_WRONLY | O_CREAT);
  try {
    const end = Math.min(source.size, MOST_BYTES);
    for (let at = sizeReal(to) ?? 0; at < end;) {
      const bytes = source.read(at, Math.min(PIECE, end - at));
      if (bytes.length === 0) return;
      at += fs.writeSync(descriptor, bytes, 0, bytes.length, at);
    }
  } finally {
    fs.closeSync(descriptor);
    source.close();
  }
}
