/** Whole lines of a text file that may be growing. */
import type { FileBytes } from './bytes.js';

const CHUNK = 2 ** 20;
/** Longer lines are skipped. */
export const LONGEST_LINE = 8 * 2 ** 20;

/**
 * Passes the text of whole lines from `offset` to `take`, a piece at a time, until `budget` bytes were read. `skipped`: bytes
 * of lines that are too long.
 */
export function readLines(
  file: FileBytes,
  offset: number,
  budget: number,
  take: (text: string) => void,
): { next: number; more: boolean; skipped: number } {
  let next = offset;
  let size = CHUNK;
  let skipped = 0;
  while (next < file.size) {
    if (next - offset >= budget) return { next, more: true, skipped };
    const bytes = file.read(next, size);
    if (bytes.length === 0) break;
    const end = bytes.lastIndexOf(10) + 1;
    if (end > 0) {
      take(bytes.toString('utf8', 0, end));
      next += end;
      size = CHUNK;
    } else if (bytes.length < size) break;
    else if (size < LONGEST_LINE) size *= 2;
    else {
      // The end of the line is read as a separate line.
      skipped += bytes.length;
      next += bytes.length;
    }
  }
  return { next, more: false, skipped };
}
