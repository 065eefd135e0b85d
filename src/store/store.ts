import { Acts } from './acts.js';
import type { FileMove, StoreApi } from './api.js';
import { Database } from './database.js';
import { Ingest } from './journal/ingest.js';
import { Late } from './journal/late.js';
import { MetricNames } from './names.js';
import { Runs } from './runs/runs.js';
import { RunWriter } from './runs/writer.js';
import { Searches } from './searches.js';
import { Series } from './series/series.js';
import { SeriesTable } from './series/table.js';

export interface StoreOptions {
  /** Milliseconds until NUL bytes in a journal that is still written count as a hole. */
  holeMs?: number;
  /** False: each line is parsed as JSON, also one that differs from an earlier one by its numbers alone. */
  templates?: boolean;
}

/** One workspace folder's store: runs, searches and their series in one SQLite file. */
export class Store implements StoreApi {
  readonly runs: Runs;
  readonly searches: Searches;
  readonly ingest: Ingest;
  readonly series: Series;
  readonly acts: Acts;

  private constructor(
    private readonly db: Database,
    options: StoreOptions,
  ) {
    const names = new MetricNames(db);
    const table = new SeriesTable(db);
    const late = new Late(db);
    const writer = new RunWriter(db, late);
    this.acts = new Acts(db);
    this.runs = new Runs(db, names, table, writer, this.acts);
    this.searches = new Searches(db, names);
    this.ingest = new Ingest(db, names, table, writer, late, options);
    this.series = new Series(db, names, table, writer);
  }

  /**
   * Opens or creates `file`. Throws `StoreVersionError` (newer schema, file untouched), `StoreCorruptError` or
   * `StoreWriteError`. The caller makes sure that it is the only writer.
   */
  static open(file: string, options: StoreOptions = {}): Store {
    return new Store(Database.open(file), options);
  }

  /** Makes an empty store in memory, which ends with the process. */
  static inMemory(): Store {
    return new Store(Database.inMemory(), {});
  }

  batch<T>(work: () => T): T {
    return this.db.transaction(work);
  }

  renameFile(move: FileMove): { runs: string[]; searches: string[] } {
    return this.db.transaction(() => ({
      runs: this.runs.renameFile(move),
      searches: this.searches.renameFile(move),
    }));
  }

  close(): void {
    this.db.close();
  }
}
