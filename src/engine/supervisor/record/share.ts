/** A program that takes several trials works with one code in one environment: the later runs share the first one's records. */
import { copyFileSync, linkSync } from 'node:fs';
import { join } from 'node:path';
import { checkFolder, listReal, makeFolderReal } from '../../../files/real.js';
import { RECORDED } from '../../../protocol/run/recordedFiles.js';

/**
 * `from`, `to`: folders of runs. `sameData`: they work on the same files. Records that are there stay. Never throws: without its
 * records, a run is as good as before.
 */
export function shareRecorded(from: string, to: string, sameData: boolean): void {
  const target = join(to, RECORDED.folder);
  try {
    const files = listReal(join(from, RECORDED.folder)).filter(
      (entry) => entry.isFile() && (sameData || entry.name !== RECORDED.data),
    );
    checkFolder(to);
    makeFolderReal(target);
    for (const { name } of files) shareFile(join(from, RECORDED.folder, name), join(target, name));
  } catch {
    // One of the folders is gone, or nothing was recorded.
  }
}

/** Files of records are replaced, never changed, so two names of one file are as good as two files. */
function shareFile(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') copyFileSync(from, to);
  }
}
