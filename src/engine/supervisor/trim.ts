import { closeSync, constants, fstatSync, ftruncateSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { listReal, openReal } from '../../files/real.js';
import { RUN_FILES } from '../../protocol/run/runFiles.js';

const BLOCK = 64 << 10;

/**
 * Frees the space that a writer had allocated ahead and, being killed, never used. Only once nobody writes any more.
 * Readers take NUL bytes for "not written yet", so for them nothing changes.
 */
export function trimJournals(folder: string): void {
  const journals = join(folder, RUN_FILES.journal);
  for (const { name } of listReal(journals)) {
    if (name.endsWith('.ndjson')) {
      try {
        trim(join(journals, name));
      } catch {
        // Failing costs only disk space.
      }
    }
  }
}

function trim(path: string): void {
  const file = openReal(path, constants.O_RDWR);
  try {
    const size = fstatSync(file).size;
    const block = Buffer.alloc(BLOCK);
    let end = size;
    while (end > 0) {
      const start = Math.max(0, end - BLOCK);
      const read = readSync(file, block, 0, end - start, start);
      let used = read;
      while (used > 0 && block[used - 1] === 0) used--;
      if (used > 0) {
        end = start + used;
        break;
      }
      end = start;
    }
    if (end < size) ftruncateSync(file, end);
  } finally {
    closeSync(file);
  }
}
