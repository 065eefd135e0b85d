/** Collects what is new in a store between two messages to the editor. */
import type { Run, Search } from '../protocol/engine/index.js';
import { setEntry } from '../protocol/values/records.js';
import { countsOf } from './shelf.js';

interface Rows {
  runs: Run[];
  removed: string[];
  searches: Search[];
  removedSearches: string[];
}

export class News {
  private stale = new Set<string>();
  private staleSearches = new Set<string>();
  private removed: string[] = [];
  private grown: Record<string, Record<string, number>> = {};

  readonly listener = {
    rows: (ids: readonly string[]): void => ids.forEach((id) => this.stale.add(id)),
    searches: (ids: readonly string[]): void => ids.forEach((id) => this.staleSearches.add(id)),
    removed: (ids: readonly string[]): void => void this.removed.push(...ids),
    grown: (id: string, metrics: ReadonlyMap<string, number>): void =>
      void setEntry(this.grown, id, { ...this.grown[id], ...countsOf(metrics) }),
  };

  /** Returns the news since the last call; null where there are none. A search that is not there any more is removed. */
  take(
    rowsOf: (ids: string[]) => Run[],
    searchOf: (id: string) => Search | null = () => null,
  ): { rows: Rows | null; grown: Record<string, Record<string, number>> | null } {
    const { stale, staleSearches, removed, grown } = this;
    this.stale = new Set();
    this.staleSearches = new Set();
    this.removed = [];
    this.grown = {};
    const isNews = stale.size > 0 || staleSearches.size > 0 || removed.length > 0;
    const searches = [...staleSearches].map((id) => ({ id, search: searchOf(id) }));
    return {
      rows: isNews
        ? {
            runs: rowsOf([...stale]),
            removed,
            searches: searches.flatMap(({ search }) => search ?? []),
            removedSearches: searches.filter(({ search }) => search === null).map(({ id }) => id),
          }
        : null,
      grown: Object.keys(grown).length > 0 ? grown : null,
    };
  }
}
