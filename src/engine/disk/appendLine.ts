import { closeSync, constants, fstatSync, readSync, writeSync } from 'node:fs';
import { openReal } from '../../files/real.js';

const NEWLINE = 10;

/**
 * Appends a line to a journal whose last line may be incomplete. The new line starts on a fresh line, so that the
 * remains of a killed writer or a full disk never spoil it. Throws when not all of it was written.
 */
export function appendLine(path: string, line: string): void {
  withEnd(path, constants.O_CREAT, (file, whole) => writeAll(file, (whole ? '' : '\n') + line + '\n'));
}

/** Ends a line that a dead writer left unfinished. A file that is missing or can't be written stays as it is. */
export function endLine(path: string): void {
  try {
    withEnd(path, 0, (file, whole) => !whole && writeAll(file, '\n'));
  } catch {
    // Readers find the next record after a torn one, too.
  }
}

function withEnd(path: string, create: number, use: (file: number, whole: boolean) => void): void {
  const file = openReal(path, constants.O_RDWR | constants.O_APPEND | create);
  try {
    const { size } = fstatSync(file);
    const last = Buffer.alloc(1);
    use(file, size === 0 || (readSync(file, last, 0, 1, size - 1) === 1 && last[0] === NEWLINE));
  } finally {
    closeSync(file);
  }
}

/** A single write, so that a reader sees the whole line or, on a full disk, its beginning. */
function writeAll(file: number, text: string): void {
  const written = writeSync(file, text);
  if (written < Buffer.byteLength(text)) throw new Error('the disk took only a part of the record');
}
