/**
 * Notifies clients of changes at most four times a second, as full rows. Each client has its own list of pending rows:
 * a slow reader gets fewer, later rows, never a growing queue.
 */
import type { NotificationParams, Run, Search } from '../../protocol/engine/index.js';
import type { Client } from './server.js';
import { setEntry } from '../../protocol/values/records.js';

const INTERVAL = 250;
/** Milliseconds between notifications of the first points of runs, which must not wait as long as the others. */
const FIRST = 25;
/**
 * Rows in one message: as many as can be read in a few milliseconds. The rest follows in the next turns of the event
 * loop.
 */
const ROWS = 50;
/** Pause between two messages of one flush, as a multiple of the time that the first one took. */
const PAUSES = 3;
/** A client with this many unsent bytes gets nothing more for now. */
const BACKLOG = 1024 * 1024;

export interface ChangeReader {
  /** Rows with the summaries of some metrics. */
  runs(ids: readonly string[], metrics: string[]): Run[];
  search(id: string): Search | null;
  /** Size in bytes of the run's output; null when unknown. */
  logSize(run: string): number | null;
}

/** The name that editors give as clients. */
const EDITOR = 'vscode';

export const isEditor = ({ name }: Client): boolean => name.startsWith(`${EDITOR} `);

interface Pending {
  runs: Set<string>;
  searches: Set<string>;
  removedRuns: Set<string>;
  removedSearches: Set<string>;
  series: Map<string, Map<string, number>>;
  watchedRuns: Set<string>;
  /** Watched runs of which it has been told that they grow. */
  begunRuns: Set<string>;
  watchedLogs: Map<string, number>;
  /** Metrics that the rows have. */
  metrics: readonly string[];
  /** JSON of the condition that it was told last. */
  condition: string;
}

export class Changes {
  private readonly clients = new Map<Client, Pending>();
  /** Called for each run that has changed, within the engine. */
  listener: ((id: string) => void) | null = null;
  private timer: NodeJS.Timeout | undefined;
  private flushedAt = 0;
  private seriesTimer: NodeJS.Timeout | undefined;
  private seriesAt = -Infinity;
  private seriesDue = 0;

  constructor(private readonly reader: ChangeReader) {}

  /** `condition`: what the client is told of the engine as it comes. */
  add(client: Client, condition: NotificationParams<'condition'>): void {
    this.clients.set(client, {
      runs: new Set(),
      searches: new Set(),
      removedRuns: new Set(),
      removedSearches: new Set(),
      series: new Map(),
      watchedRuns: new Set(),
      begunRuns: new Set(),
      watchedLogs: new Map(),
      metrics: [],
      condition: JSON.stringify(condition),
    });
  }

  remove(client: Client): void {
    this.clients.delete(client);
  }

  get clientCount(): number {
    return this.clients.size;
  }

  watch(client: Client, runs: string[], logs: string[], metrics: readonly string[]): void {
    const pending = this.clients.get(client);
    if (!pending) return;
    pending.watchedRuns = new Set(runs);
    pending.metrics = metrics;
    pending.watchedLogs = new Map(logs.map((run) => [run, pending.watchedLogs.get(run) ?? -1]));
    for (const run of [...pending.series.keys()]) if (!pending.watchedRuns.has(run)) pending.series.delete(run);
    for (const run of [...pending.begunRuns]) if (!pending.watchedRuns.has(run)) pending.begunRuns.delete(run);
    this.schedule();
  }

  runChanged(id: string): void {
    this.listener?.(id);
    for (const pending of this.clients.values()) {
      pending.runs.add(id);
      pending.removedRuns.delete(id);
    }
    this.schedule();
  }

  searchChanged(id: string): void {
    for (const pending of this.clients.values()) {
      pending.searches.add(id);
      pending.removedSearches.delete(id);
    }
    this.schedule();
  }

  runRemoved(id: string): void {
    for (const pending of this.clients.values()) {
      pending.runs.delete(id);
      pending.removedRuns.add(id);
    }
    this.schedule();
  }

  searchRemoved(id: string): void {
    for (const pending of this.clients.values()) {
      pending.searches.delete(id);
      pending.removedSearches.add(id);
    }
    this.schedule();
  }

  /** `count`: points of the series by now. */
  seriesChanged(run: string, metric: string, count: number): void {
    let begins = false;
    for (const pending of this.clients.values()) {
      if (!pending.watchedRuns.has(run)) continue;
      if (!pending.begunRuns.has(run)) {
        pending.begunRuns.add(run);
        begins = true;
      }
      let metrics = pending.series.get(run);
      if (!metrics) pending.series.set(run, (metrics = new Map()));
      metrics.set(metric, count);
    }
    if (this.clients.size > 0) this.flushSeriesAt(this.seriesAt + (begins ? FIRST : INTERVAL));
  }

  /** `due`: on the clock of `performance.now`. */
  private flushSeriesAt(due: number): void {
    if (this.seriesTimer !== undefined && this.seriesDue <= due) return;
    clearTimeout(this.seriesTimer);
    this.seriesDue = due;
    this.seriesTimer = setTimeout(() => this.flushSeries(), Math.max(0, due - performance.now()));
  }

  /** Notifies every client when the engine's own state has changed. Call it regularly. */
  tellCondition(condition: NotificationParams<'condition'>): void {
    const text = JSON.stringify(condition);
    for (const [client, pending] of this.clients) {
      if (pending.condition === text) continue;
      client.notify('condition', condition);
      pending.condition = text;
    }
  }

  alert(alert: NotificationParams<'alert'>): void {
    for (const client of this.clients.keys()) client.notify('alert', alert);
  }

  /** Has the editors open a run's page. Returns how many there are. */
  show(run: string): number {
    const editors = [...this.clients.keys()].filter(isEditor);
    for (const client of editors) client.notify('show', { run });
    return editors.length;
  }

  /** Reports output files that have grown. Call it regularly while runs are live. */
  checkLogs(): void {
    if ([...this.clients.values()].some((pending) => pending.watchedLogs.size > 0)) this.schedule();
  }

  close(why: string): void {
    clearTimeout(this.timer);
    clearTimeout(this.seriesTimer);
    this.flush();
    this.flushSeries();
    for (const client of this.clients.keys()) client.notify('leaving', { why });
  }

  private schedule(): void {
    if (this.timer !== undefined || this.clients.size === 0) return;
    const wait = Math.max(0, INTERVAL - (Date.now() - this.flushedAt));
    this.timer = setTimeout(() => this.flush(), wait);
  }

  private flushSeries(): void {
    clearTimeout(this.seriesTimer);
    this.seriesTimer = undefined;
    this.seriesAt = performance.now();
    for (const [client, { series }] of this.clients) {
      if (series.size === 0) continue;
      if (client.backlog() > BACKLOG) {
        this.flushSeriesAt(this.seriesAt + INTERVAL);
        continue;
      }
      client.notify('seriesChanged', {
        runs: Object.fromEntries([...series].map(([run, metrics]) => [run, Object.fromEntries(metrics)])),
      });
      series.clear();
    }
  }

  private flush(): void {
    this.timer = undefined;
    this.flushedAt = Date.now();
    const began = performance.now();
    const ready = [...this.clients].filter(([client]) => client.backlog() <= BACKLOG);
    const due = new Map(ready.map(([client, pending]) => [client, take(pending.runs, ROWS)]));
    const ids = [...new Set([...due.values()].flat())];
    // All get the same rows: a few more metrics than one has asked for do no harm.
    const metrics = [...new Set(ready.flatMap(([, pending]) => pending.metrics))];
    const runs = new Map(ids.length > 0 ? this.reader.runs(ids, metrics).map((run) => [run.id, run]) : []);
    const searches = memoize((id: string) => this.reader.search(id));
    for (const [client, pending] of ready) {
      this.tell(
        client,
        pending,
        due.get(client)!.flatMap((id) => runs.get(id) ?? []),
        searches,
      );
    }
    const isLeft = ({ runs: left, searches: also }: Pending): boolean => left.size > 0 || also.size > 0;
    if (ready.some(([, pending]) => isLeft(pending))) {
      // Rows take a part of the time only: while a thousand runs log, each is told less often.
      this.timer = setTimeout(() => this.flush(), PAUSES * (performance.now() - began));
    } else if (ready.length < this.clients.size) this.schedule();
  }

  private tell(client: Client, pending: Pending, runs: Run[], searches: (id: string) => Search | null): void {
    const changed = {
      runs,
      searches: take(pending.searches, ROWS).flatMap((id) => searches(id) ?? []),
      removedRuns: take(pending.removedRuns, Infinity),
      removedSearches: take(pending.removedSearches, Infinity),
    };
    if (Object.values(changed).some((rows) => rows.length > 0)) client.notify('changed', changed);
    const logs: Record<string, number> = {};
    for (const [run, told] of pending.watchedLogs) {
      const size = this.reader.logSize(run);
      if (size === null || size === told) continue;
      pending.watchedLogs.set(run, size);
      setEntry(logs, run, size);
    }
    if (Object.keys(logs).length > 0) client.notify('logChanged', { runs: logs });
  }
}

function take(set: Set<string>, most: number): string[] {
  const taken: string[] = [];
  for (const value of set) {
    if (taken.length >= most) break;
    taken.push(value);
    set.delete(value);
  }
  return taken;
}

function memoize<T>(read: (id: string) => T): (id: string) => T {
  const known = new Map<string, T>();
  return (id) => {
    if (!known.has(id)) known.set(id, read(id));
    return known.get(id)!;
  };
}
