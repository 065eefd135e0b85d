/** Log files below a folder that are new since a launch began, or have grown. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Listing } from '../../../foreign/types.js';
import { RUN_FILES } from '../../../protocol/run/runFiles.js';
import { walk } from '../../../foreign/walk.js';

/** A watched folder may have a data set in it: the search stays small. */
const LIMITS = { depth: 8, entries: 20_000, perFolder: 2000 };
/** File systems tell the time to the kernel's tick only. */
const COARSE_MS = 20;
/** Files of a run's folder. */
const OWN = new Set<string>([RUN_FILES.output, 'supervisor.log']);
const LOG_FILE = /tfevents\.|\.(?:csv|tsv|log|wandb)$|^trainer_state\.json$/i;

/** State of a file at the beginning of the launch. */
interface Before {
  size: number;
  inode: number;
}

export interface Candidate {
  /** Absolute. */
  file: string;
  /** Bytes that were there when the launch began; 0 for a new or rewritten file. */
  from: number;
  size: number;
}

export class Candidates {
  private readonly before = new Map<string, Before>();
  /** Milliseconds since the epoch. */
  private readonly since = Date.now();

  /** Records the existing files. Create it before the program starts. */
  constructor(
    private readonly roots: readonly string[],
    /** Files to read, by their path relative to the first root; null: those that look like logs. */
    private readonly globs: readonly RegExp[] | null,
  ) {
    for (const { file, stat } of this.files().found) this.before.set(file, { size: stat.size, inode: stat.ino });
  }

  /** Returns files that changed since the launch began, and all folders for the files next to them. */
  look(): { listings: Listing[]; candidates: Map<string, Candidate> } {
    const { listings, found } = this.files();
    const candidates = found.flatMap(({ file, stat }) => this.candidate(file, stat) ?? []);
    return { listings, candidates: new Map(candidates.map((each) => [each.file, each])) };
  }

  private files() {
    const listings = this.roots.flatMap((root) => walk(root, LIMITS).listings);
    const found: { file: string; stat: fs.Stats }[] = [];
    for (const listing of listings) {
      for (const name of listing.files) {
        const file = path.join(listing.path, name);
        const isOwn = listing.relative === '' && OWN.has(name);
        const stat = !isOwn && this.isLog(name, file) ? fs.lstatSync(file, { throwIfNoEntry: false }) : undefined;
        if (stat?.isFile()) found.push({ file, stat });
      }
    }
    return { listings, found };
  }

  private isLog(name: string, file: string): boolean {
    if (this.globs === null) return isLogName(name);
    const relative = path.relative(this.roots[0]!, file).split(path.sep).join('/');
    return this.globs.some((glob) => glob.test(relative));
  }

  private candidate(file: string, stat: fs.Stats): Candidate | null {
    const known = this.before.get(file);
    // It is old, and was skipped when there were too many files.
    if (!known && stat.mtimeMs < this.since - COARSE_MS) return null;
    if (!known) return { file, from: 0, size: stat.size };
    const isRewritten = stat.ino !== known.inode || stat.size < known.size;
    if (isRewritten) this.before.delete(file);
    if (!isRewritten && stat.size === known.size) return null;
    return { file, from: isRewritten ? 0 : known.size, size: stat.size };
  }
}

export const isLogName = (name: string): boolean => LOG_FILE.test(name);

/** A glob of an experiment file as a pattern: `*` within a name, `**` across folders, `?` one character. */
export function globPattern(glob: string): RegExp {
  const escaped = glob.replace(/^\.\//, '').replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const pattern = escaped.replace(/\*\*\/|\*+|\?/g, (part) =>
    part === '**/' ? '(?:[^/]+/)*' : part === '?' ? '[^/]' : part === '**' ? '.*' : '[^/]*',
  );
  return new RegExp(`^${pattern}$`);
}
