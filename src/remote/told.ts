import { closeSync, constants, fstatSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openReal } from '../files/real.js';
import { RUN_FILES } from '../protocol/run/runFiles.js';

/** Writes requests where they stand in the engine's own file. A part that came before is not written twice. */
export function appendRemote(folder: string, offset: number, content: Buffer): void {
  const file = openReal(join(folder, RUN_FILES.control), constants.O_RDWR | constants.O_CREAT);
  try {
    const { size } = fstatSync(file);
    if (offset > size) return;
    for (let at = size - offset; at < content.length;)
      at += writeSync(file, content, at, content.length - at, offset + at);
  } finally {
    closeSync(file);
  }
}
