/** Commits of the repositories that programs start in, read again when they may have changed. */
import { within } from '../within.js';
import { gitFacts, type GitFacts } from './hostFacts.js';

/** Age at which facts about a repository are read again. */
const FRESH_MS = 10_000;
/** Maximum wait: a slow repository must not delay a run. */
const WAIT_MS = 1500;
const MOST = 100;

interface Known {
  at: number;
  facts: Promise<GitFacts | null>;
  last: GitFacts | null;
}

export class Repositories {
  private readonly known = new Map<string, Known>();

  /** Returns commit and branch of a folder; null if there are none, or if git takes too long. */
  of(folder: string): Promise<GitFacts | null> {
    const entry = this.lookUp(folder);
    return within(entry.facts, WAIT_MS, () => entry.last);
  }

  /** Returns the commit as it is known now, and updates it in the background for the next call. */
  lastOf(folder: string): GitFacts | null {
    return this.lookUp(folder).last;
  }

  private lookUp(folder: string): Known {
    const known = this.known.get(folder);
    if (known && Date.now() - known.at < FRESH_MS) return known;
    if (this.known.size > MOST) this.known.clear();
    const entry: Known = { at: Date.now(), facts: gitFacts(folder), last: known?.last ?? null };
    void entry.facts.then((facts) => (entry.last = facts));
    this.known.set(folder, entry);
    return entry;
  }
}
