/** A bounded walk through a folder. Links, hidden folders and installed packages are passed over. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Listing } from './types.js';

export interface WalkLimits {
  /** Levels of folders below the first. */
  depth: number;
  /** Files and folders looked at. */
  entries: number;
}
export const USUAL_LIMITS: WalkLimits = { depth: 12, entries: 500_000 };

const SKIPPED = new Set(['node_modules', '__pycache__', 'site-packages', 'dist-packages', 'venv']);
/** Hidden folders in which tools keep runs. */
const HIDDEN = new Set(['.wandb', '.neptune', '.aim']);

/** The folders found, parents first and by name; `cut`: there are more than the limits allow. */
export function walk(root: string, limits = USUAL_LIMITS): { listings: Listing[]; cut: boolean } {
  const listings: Listing[] = [];
  const waiting: { path: string; relative: string; depth: number }[] = [{ path: root, relative: '', depth: 0 }];
  let entries = 0;
  let cut = false;
  for (let folder = waiting.pop(); folder; folder = waiting.pop()) {
    const files: string[] = [];
    const folders: string[] = [];
    for (const entry of list(folder.path)) {
      if (++entries > limits.entries) return { listings, cut: true };
      if (entry.isFile()) files.push(entry.name);
      else if (entry.isDirectory()) folders.push(entry.name);
    }
    // A virtual environment.
    if (folder.depth > 0 && files.includes('pyvenv.cfg')) continue;
    listings.push({ path: folder.path, relative: folder.relative, files: files.sort(), folders: folders.sort() });
    const inside = folders.filter((name) => !SKIPPED.has(name) && (!name.startsWith('.') || HIDDEN.has(name)));
    if (folder.depth >= limits.depth) {
      cut ||= inside.length > 0;
      continue;
    }
    for (const name of inside.reverse()) {
      const relative = folder.relative === '' ? name : `${folder.relative}/${name}`;
      waiting.push({ path: path.join(folder.path, name), relative, depth: folder.depth + 1 });
    }
  }
  return { listings, cut };
}

/** A folder that can't be read has nothing in it. */
function list(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
