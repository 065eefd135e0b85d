/** One paged list of runs, newest first: an experiment's runs outside searches, or a search's trials. */
import type { Run } from '../../protocol/engine/index.js';

export interface ListKey {
  experiment: string;
  /** null: the runs that belong to no search. */
  search: string | null;
}

export const keyOf = ({ experiment, search }: ListKey): string => JSON.stringify([experiment, search]);

/** Newest first; ids are ordered by time too and settle ties. */
export function newerFirst(a: { createdAt: number; id: string }, b: { createdAt: number; id: string }): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

export class RunList {
  readonly runs: Run[] = [];
  total = 0;
  loaded = false;

  constructor(readonly key: ListKey) {}

  /** How many are not loaded yet. */
  get left(): number {
    return Math.max(0, this.total - this.runs.length);
  }

  holds(run: Run): boolean {
    return run.experiment === this.key.experiment && run.search === this.key.search && run.deletedAt === null;
  }

  /** Appends a page of the engine's answer to the list (or, from offset 0, replaces the list). */
  page(offset: number, total: number, runs: Run[]): void {
    if (offset === 0) this.runs.length = 0;
    const known = new Set(this.runs.map((run) => run.id));
    this.runs.push(...runs.filter((run) => !known.has(run.id)));
    this.total = Math.max(total, this.runs.length);
    this.loaded = true;
  }

  /**
   * Adds or updates a row. Returns true if the members of the list have changed; a run beyond the loaded pages is left
   * out.
   */
  update(run: Run): 'same' | 'changed' | 'none' {
    const at = this.runs.findIndex(({ id }) => id === run.id);
    if (at >= 0) {
      if (!this.holds(run)) return this.remove(run.id) ? 'changed' : 'none';
      this.runs[at] = run;
      return 'same';
    }
    if (!this.loaded || !this.holds(run)) return 'none';
    const place = this.runs.findIndex((other) => newerFirst(run, other) < 0);
    if (place < 0 && this.left > 0) return 'none';
    this.runs.splice(place < 0 ? this.runs.length : place, 0, run);
    this.total++;
    return 'changed';
  }

  remove(id: string): boolean {
    const at = this.runs.findIndex((run) => run.id === id);
    if (at < 0) return false;
    this.runs.splice(at, 1);
    this.total--;
    return true;
  }
}
