/** The folder that a sweep's program starts in: an agent takes the one it is started from, which has the program. */
import { existsSync } from 'node:fs';
import * as path from 'node:path';

const MOST_LEVELS = 8;
/** Entries that a project's outermost folder has. */
const OUTERMOST = ['.git', '.tunesmith'];

/**
 * Returns the nearest folder, from the sweep file's own up to the project's outermost, from which the program's path
 * leads to a file: relative to the sweep file, or null if that is its own folder or no folder does.
 */
export function workingFolder(sweepFile: string, program: unknown): string | null {
  if (typeof program !== 'string' || path.isAbsolute(program)) return null;
  const own = path.dirname(sweepFile);
  let folder = own;
  for (let level = 0; level < MOST_LEVELS; level++) {
    if (existsSync(path.join(folder, program))) return folder === own ? null : slashes(path.relative(own, folder));
    if (OUTERMOST.some((name) => existsSync(path.join(folder, name)))) return null;
    folder = path.dirname(folder);
  }
  return null;
}

const slashes = (name: string): string => name.split(path.sep).join('/');
