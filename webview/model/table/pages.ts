import type { RequestParams, RequestResult, Run, RunQuery } from '../../../src/protocol/engine/index.js';
import { keepValues } from '../runs/metricNames.js';
import { pagesOf } from './virtual.js';

export type ListRuns = (params: RequestParams<'runs/list'>) => Promise<RequestResult<'runs/list'>>;

export const PAGE = 100;
/** Pages kept; those farthest from the screen go first. */
const KEPT = 20;

/** The run table's rows, read page by page as they are scrolled to. */
export class RunPages {
  total = 0;
  /** False until the first answer to the present query. */
  loaded = false;
  private pages = new Map<number, Run[]>();
  private stale = new Set<number>();
  private asking = new Set<number>();
  private query: RunQuery = {};
  private generation = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private window = { first: 0, end: 50 };

  constructor(
    private readonly list: ListRuns,
    private readonly onNews: () => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** The selection or order has changed: the loaded rows are only shown until the answer arrives. */
  setQuery(query: RunQuery): void {
    if (JSON.stringify(query) === JSON.stringify(this.query) && this.loaded) return;
    this.query = query;
    this.generation++;
    this.asking.clear();
    this.stale = new Set(this.pages.keys());
    this.loaded = false;
    this.fetch();
  }

  row(index: number): Run | undefined {
    return this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Reads the first rows of the current query, however far they are from the visible ones. */
  async all(most: number): Promise<Run[]> {
    return (await this.list({ ...this.query, offset: 0, limit: most })).runs;
  }

  /** Rows on the screen: [first, end). */
  show(first: number, end: number): void {
    this.window = { first, end: Math.max(end, first + 1) };
    this.fetch();
  }

  /** Rows may have moved: visible ones are reread, the rest when they are scrolled to. */
  refresh(): void {
    this.generation++;
    this.asking.clear();
    this.stale = new Set(this.pages.keys());
    this.fetch();
  }

  /** Refreshes at most once a second, for as long as rows are seen: their order may have changed. */
  refreshSoon(areSeen: () => boolean): void {
    if (this.timer !== null || !areSeen()) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      if (areSeen()) this.refresh();
    }, 1000);
  }

  /** Puts new rows in the old ones' place. True when a run is not among those held (so the order may have changed). */
  update(runs: readonly Run[]): boolean {
    let unknown = false;
    for (const run of runs) {
      let found = false;
      for (const page of this.pages.values()) {
        const index = page.findIndex((row) => row.id === run.id);
        if (index < 0) continue;
        keepValues(run, page[index]);
        page[index] = run;
        found = true;
      }
      unknown ||= !found;
    }
    return unknown;
  }

  private fetch(): void {
    for (const page of pagesOf(
      this.window.first,
      this.loaded ? Math.min(this.window.end, this.total) : this.window.end,
      PAGE,
    )) {
      if ((this.pages.has(page) && !this.stale.has(page)) || this.asking.has(page)) continue;
      this.asking.add(page);
      void this.fetchPage(page, this.generation);
    }
  }

  private async fetchPage(page: number, generation: number): Promise<void> {
    try {
      const { total, runs } = await this.list({ ...this.query, offset: page * PAGE, limit: PAGE });
      if (generation !== this.generation) return;
      if (!this.loaded) {
        // The first page of a new query: nothing of the former one may stay.
        this.pages.clear();
        this.stale.clear();
      }
      this.total = total;
      this.loaded = true;
      this.pages.set(page, runs);
      this.stale.delete(page);
      this.drop(page);
      this.onNews();
    } catch (error) {
      if (generation === this.generation) this.onError(error);
    } finally {
      if (generation === this.generation) this.asking.delete(page);
    }
  }

  private drop(near: number): void {
    if (this.pages.size <= KEPT) return;
    const far = [...this.pages.keys()].sort((a, b) => Math.abs(b - near) - Math.abs(a - near));
    for (const page of far.slice(0, this.pages.size - KEPT)) this.pages.delete(page);
  }
}
