/** A bounded walk through a folder. Links, hidden folders and installed packages are passed over. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Listing } from './types.js';

export interface WalkLimits {
  /** Levels of folders below the first. */
  depth: number;
  /** Maximum number of files and folders visited in total, and per folder. */
  entries: number;
  perFolder?: number;
}
export const USUAL_LIMITS: WalkLimits = { depth: 12, entries: 500_000 };

const SKIPPED = new Set(['node_modules', '__pycache__', 'site-packages', 'dist-packages', 'venv']);
/** Hidden folders in which tools keep runs. */
const HIDDEN = new Set(['.wandb', '.neptune', '.aim']);

/** The folders found, level by level and by name; `cut`: there are more than the limits allow. */
export function walk(root: string, limits = USUAL_LIMITS): { listings: Listing[]; cut: boolean } {
  const listings: Listing[] = [];
  let level: Pick<Listing, 'path' | 'relative'>[] = [{ path: root, relative: '' }];
  let left = limits.entries;
  let cut = false;
  for (let depth = 0; level.length > 0; depth++) {
    const next: typeof level = [];
    for (const folder of level) {
      const found = list(folder.path, Math.min(left, limits.perFolder ?? Infinity));
      left -= found.files.length + found.folders.length;
      cut ||= found.cut;
      // A virtual environment.
      if (depth > 0 && found.files.includes('pyvenv.cfg')) continue;
      listings.push({ ...folder, files: found.files.sort(), folders: found.folders.sort() });
      if (left <= 0) return { listings, cut: true };
      for (const name of found.folders.filter(isSearched)) {
        const relative = folder.relative === '' ? name : `${folder.relative}/${name}`;
        next.push({ path: path.join(folder.path, name), relative });
      }
    }
    if (depth >= limits.depth) return { listings, cut: cut || next.length > 0 };
    level = next;
  }
  return { listings, cut };
}

/** Like `walk`, for a folder that a log names: one that is a link has nothing. */
export function walkReal(root: string, limits = USUAL_LIMITS): Listing[] {
  return fs.lstatSync(root, { throwIfNoEntry: false })?.isDirectory() ? walk(root, limits).listings : [];
}

const isSearched = (name: string): boolean => !SKIPPED.has(name) && (!name.startsWith('.') || HIDDEN.has(name));

/** Up to `most` names in a folder. One that can't be read has none. */
function list(folder: string, most: number): { files: string[]; folders: string[]; cut: boolean } {
  const found = { files: [] as string[], folders: [] as string[], cut: false };
  let directory: fs.Dir;
  try {
    directory = fs.opendirSync(folder, { bufferSize: 512 });
  } catch {
    return found;
  }
  try {
    for (let entry = directory.readSync(); entry; entry = directory.readSync()) {
      if (found.files.length + found.folders.length >= most) {
        found.cut = true;
        break;
      }
      if (entry.isFile()) found.files.push(entry.name);
      else if (entry.isDirectory()) found.folders.push(entry.name);
    }
  } catch {
    found.cut = true;
  } finally {
    directory.closeSync();
  }
  return found;
}
