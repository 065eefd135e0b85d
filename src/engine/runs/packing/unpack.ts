import * as fs from 'node:fs';
import * as path from 'node:path';
import { listReal } from '../../../files/real.js';
import { RUN_FILES } from '../../../protocol/run/runFolder.js';
import { PACKED } from '../../../store/journal/packed/container.js';
import { unpackJournal } from './pack.js';

/**
 * Writes the plain journals of a run again, because its programs append to them when it is launched again. Returns whether
 * there was a packed one. Throws the system's error.
 */
export function unpackRun(runFolder: string): boolean {
  const folder = path.join(runFolder, RUN_FILES.journal);
  let names: string[];
  try {
    names = listReal(folder).map(({ name }) => name);
  } catch {
    return false;
  }
  const packed = names.filter((name) => name.endsWith(PACKED));
  for (const name of packed) unpackJournal(path.join(folder, name.slice(0, -PACKED.length)));
  if (packed.length > 0) fs.rmSync(path.join(folder, RUN_FILES.packedNotice), { force: true });
  return packed.length > 0;
}
