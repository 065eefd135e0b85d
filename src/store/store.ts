import type { IngestApi, RunsApi, SearchesApi, SeriesApi, StoreApi } from './api.js';

/** One workspace folder's store: runs, searches and their series in one SQLite file. */
export class Store implements StoreApi {
  declare readonly runs: RunsApi;
  declare readonly searches: SearchesApi;
  declare readonly ingest: IngestApi;
  declare readonly series: SeriesApi;

  /**
   * Opens or creates `file`. Throws `StoreVersionError` (newer schema, file untouched), `StoreCorruptError` or
   * `StoreWriteError`. The caller makes sure that it is the only writer.
   */
  static open(_file: string): Store {
    throw new Error('not here yet');
  }

  batch<T>(_work: () => T): T {
    throw new Error('not here yet');
  }

  close(): void {}
}
