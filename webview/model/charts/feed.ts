import type { RequestParams, RequestResult, SeriesData } from '../../../src/protocol/engine/index.js';
import {
  continuation,
  isDownsampled,
  merge,
  type Range,
  type ReadAxis,
  type Series,
} from '../../../src/drawing/series.js';
import { l10n } from '../../../src/format/l10n.js';
import { entryOf } from '../../../src/protocol/values/records.js';

export type ReadSeries = (params: RequestParams<'series/read'>) => Promise<RequestResult<'series/read'>>;

/** The points that one chart needs at the moment. */
export interface Want {
  metric: string;
  runs: readonly string[];
  x: ReadAxis;
  /** Null: the whole series. Per run, because relative time begins elsewhere in each, and some need no closer look. */
  range: ((run: string) => Range | null) | null;
  points: number;
}

/** Whole series that came with the rows of their runs. */
export interface FirstSeries {
  series: readonly SeriesData[];
  /** Runs that were live when the series were read. */
  live: ReadonlySet<string>;
}

/** Points of all curves of a chart at most, and those that each has at least. */
const ALL_POINTS = 300_000;
const LEAST_POINTS = 60;
/** Width of a chart that is not there yet, in pixels. */
const USUAL_WIDTH = 640;

/** How many points of each series a chart of this width needs. */
export function pointsOfEach(width: number | undefined, series: number): number {
  const wide = Math.round(Math.min(3000, Math.max(500, (width ?? USUAL_WIDTH) * 1.5)));
  // Among thousands of curves nobody sees single points; the extrema of each are always among them.
  return Math.min(wide, Math.max(LEAST_POINTS, Math.floor(ALL_POINTS / Math.max(1, series))));
}

interface Entry {
  run: string;
  metric: string;
  x: ReadAxis;
  range: Range | null;
  points: number;
  series?: Series;
  /** Reason why the last reading failed; null: it did not. */
  problem: string | null;
  dirty: boolean;
  /** When it was last asked for. */
  asked: number;
  used: number;
}

/** Between two reads of everything that is due. */
const INTERVAL = 250;
/** Between two reads of a series that comes downsampled, since each reads it whole. */
const COARSE_INTERVAL = 2000;
/** Series in one request, so that no single answer blocks the screen: more of them if few points of each are needed. */
const BATCH = { least: 200, most: 1000, points: 60_000 };
/** Milliseconds between two reports of points while more of them are read in parts. */
const PARTS_INTERVAL = 1000;
/** Requests at once while many series are read in parts: the engine reads the next ones while the page takes those before. */
const AT_ONCE = 2;
/** Series kept although no chart on the screen shows them. */
const SPARE = 600;

/**
 * Keeps the series of visible charts up to date: requests missing or grown ones at most four times a second, one request at a
 * time (two while many are read in parts), only for wants that are held, and none while inactive.
 */
export class SeriesFeed {
  private readonly entries = new Map<string, Entry>();
  private readonly wants = new Map<object, Want>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** Requests without an answer so far. */
  private inFlight = 0;
  private lastFlush = -Infinity;
  /** More series were due than fit in one request: the rest is requested at once. */
  private isCut = false;
  /** Several requests belong together; the answer to the last of them is not here. */
  private inParts = false;
  /** Metrics with new points that are not reported yet. */
  private readonly news = new Set<string>();
  private lastNews = -Infinity;
  /** A chart wants series that it never had: they are requested at once. */
  private isUrgent = false;
  private active = true;
  /** Entries whose last reading failed. */
  private readonly failed = new Set<Entry>();

  constructor(
    private readonly read: ReadSeries,
    /** Called with the metrics that have new points; `isLast`: of those that were read in parts, nothing is missing now. */
    private readonly onNews: (metrics: ReadonlySet<string>, isLast: boolean) => void,
    private readonly onError: (error: unknown) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Replaces what `holder` needs. */
  want(holder: object, want: Want): void {
    const before = this.wants.get(holder);
    this.wants.set(holder, want);
    if (want.range === null && (before?.x !== want.x || before.runs.length !== want.runs.length)) this.hurry();
    this.schedule();
  }

  private hurry(): void {
    this.isUrgent = true;
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.timer = null;
  }

  release(holder: object): void {
    this.wants.delete(holder);
  }

  get(want: Want, run: string): Series | undefined {
    const exact = this.entries.get(keyOf(want, run));
    if (exact?.series || !want.range) return exact?.series;
    // Until the finer reading is there, the coarse one is better than nothing.
    return this.entries.get(keyOf({ ...want, range: null }, run))?.series;
  }

  /** False while every series could be read that was asked for. */
  get hasProblems(): boolean {
    return this.failed.size > 0;
  }

  /** Returns why a series that is not here could not be read; null if it is here or still being read. */
  problem(want: Want, run: string): string | null {
    if (!this.hasProblems || this.get(want, run)) return null;
    return this.entries.get(keyOf(want, run))?.problem ?? null;
  }

  /** Requests at once what could not be read. */
  retry(): void {
    for (const entry of this.failed) {
      entry.problem = null;
      this.news.add(entry.metric);
    }
    this.failed.clear();
    this.report(true);
    this.hurry();
    this.schedule();
  }

  /** Totals as the engine says them; a series that has grown is read on. */
  grown(totals: Readonly<Record<string, Readonly<Record<string, number>>>>): void {
    for (const entry of this.entries.values()) {
      const total = entryOf(entryOf(totals, entry.run), entry.metric);
      if (total !== undefined && total !== entry.series?.total) entry.dirty = true;
    }
    this.schedule();
  }

  /** After a time without news: everything may have changed. */
  invalidate(): void {
    for (const entry of this.entries.values()) entry.dirty = true;
    this.schedule();
  }

  forget(run: string): void {
    for (const [key, entry] of this.entries) if (entry.run === run) this.drop(key, entry);
  }

  private drop(key: string, entry: Entry): void {
    this.entries.delete(key);
    this.failed.delete(entry);
  }

  setActive(active: boolean): void {
    this.active = active;
    if (active) this.schedule();
    else if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }

  private schedule(delay = 0): void {
    const isBusy = this.inFlight >= (this.isCut ? AT_ONCE : 1);
    if (!this.active || isBusy || this.timer !== null || this.wants.size === 0) return;
    const wait = this.isUrgent ? 0 : this.isCut ? delay : Math.max(delay, this.lastFlush + INTERVAL - this.now(), 0);
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.flush();
    }, wait);
  }

  /** Entries that are wanted and due, and the time until the next one is. */
  private due(): { entries: Entry[]; next: number | null } {
    const now = this.now();
    const entries: Entry[] = [];
    let next: number | null = null;
    for (const want of this.wants.values()) {
      for (const run of want.runs) {
        const entry = this.entry(want, run);
        entry.used = now;
        if (!entry.dirty) continue;
        const pause = entry.series && isDownsampled(entry.series) ? COARSE_INTERVAL : 0;
        const wait = entry.asked + pause - now;
        if (wait <= 0) entries.push(entry);
        else next = Math.min(next ?? wait, wait);
      }
    }
    return { entries: [...new Set(entries)], next };
  }

  private entry(want: Want, run: string): Entry {
    const key = keyOf(want, run);
    let entry = this.entries.get(key);
    if (!entry) {
      const range = want.range?.(run) ?? null;
      entry = {
        run,
        metric: want.metric,
        x: want.x,
        range,
        points: want.points,
        dirty: true,
        problem: null,
        asked: -Infinity,
        used: 0,
      };
      this.entries.set(key, entry);
    } else if (want.points > entry.points * 1.5) {
      // The chart has become much wider; a series that fits whole needs nothing.
      entry.points = want.points;
      if (!entry.series || isDownsampled(entry.series)) entry.dirty = true;
    }
    return entry;
  }

  /** Requests what is due now, without waiting for the end of what the page is doing. */
  atOnce(): void {
    if (!this.active || this.inFlight > 0) return;
    this.hurry();
    void this.flush();
  }

  /**
   * Waits for whole series that were asked for together with their runs instead of asking for them. Those of runs that were live
   * when they were read are read on: they may have grown since, even if the runs have ended by now.
   */
  expect(want: Want, coming: Promise<FirstSeries>): void {
    const waiting = new Map<string, Entry>();
    for (const run of want.runs) {
      const entry = this.entry(want, run);
      // A wider chart has more points of it already, and reads it again itself.
      if (entry.series && entry.points > want.points) continue;
      entry.dirty = false;
      entry.asked = this.now();
      waiting.set(run, entry);
    }
    void coming.then(({ series, live }) => {
      for (const data of series) {
        const entry = data.metric === want.metric ? waiting.get(data.run) : undefined;
        if (!entry) continue;
        this.keep(entry, data);
        entry.dirty = live.has(data.run);
        waiting.delete(data.run);
      }
      for (const entry of waiting.values()) entry.dirty = true;
      this.report(false);
      this.hurry();
      this.schedule();
    });
  }

  private async flush(): Promise<void> {
    this.isUrgent = false;
    const { entries, next } = this.due();
    if (entries.length === 0) {
      if (next !== null) this.schedule(next);
      return;
    }
    this.inFlight++;
    this.lastFlush = this.now();
    const batch = entries.slice(0, batchSize(entries));
    this.isCut = entries.length > batch.length;
    // The first of many parts is not drawn alone.
    if (this.isCut && !this.inParts) this.lastNews = this.lastFlush;
    this.inParts ||= this.isCut;
    for (const entry of batch) {
      entry.dirty = false;
      entry.asked = this.lastFlush;
    }
    let failed = false;
    try {
      const reading = this.read({
        queries: batch.map((entry) => ({
          run: entry.run,
          metric: entry.metric,
          x: entry.x,
          points: entry.points,
          packed: true,
          ...(entry.range ?? {}),
          ...(continuation(entry.series) === undefined ? {} : { after: continuation(entry.series) }),
        })),
      });
      if (this.isCut) this.schedule();
      failed = !this.take(batch, (await reading).series);
      this.report(this.isLast);
    } catch (error) {
      failed = true;
      for (const entry of batch) this.fail(entry, error instanceof Error ? error.message : String(error));
      this.isCut = false;
      this.report(true);
      this.onError(error);
    } finally {
      this.inFlight--;
    }
    if (!this.isCut && this.inFlight === 0) {
      this.inParts = false;
      this.evict();
    }
    // After a failure wait for `invalidate` or the next news, but not for ever.
    this.schedule(failed ? 5000 : 0);
  }

  private fail(entry: Entry, problem: string): void {
    entry.dirty = true;
    entry.problem = problem;
    this.failed.add(entry);
    if (!entry.series) this.news.add(entry.metric);
  }

  /** Returns true if there is an answer for each series. */
  private take(batch: readonly Entry[], answers: RequestResult<'series/read'>['series']): boolean {
    const found = bySeriesOf(answers);
    let isWhole = true;
    for (const [key, entries] of bySeriesOf(batch)) {
      const own = found.get(key) ?? [];
      // Several parts of a series are answered in their order; with one missing, nobody knows which.
      const isAnswered = own.length === entries.length;
      isWhole &&= isAnswered;
      for (const [i, entry] of entries.entries()) {
        if (isAnswered) this.keep(entry, own[i]!);
        else this.fail(entry, l10n.t('The engine answered with other points than were asked for.'));
      }
    }
    return isWhole;
  }

  private keep(entry: Entry, data: SeriesData): void {
    entry.series = merge(entry.series, data, entry.range);
    entry.problem = null;
    this.failed.delete(entry);
    if (entry.series.stale) entry.dirty = true;
    this.news.add(entry.metric);
  }

  /** True while the answer is taken that completes all parts. */
  private get isLast(): boolean {
    return this.inParts && !this.isCut && this.inFlight <= 1;
  }

  /** Charts of thousands of runs are not drawn for each part of them. */
  private report(isLast: boolean): void {
    const isPart = this.inParts && !this.isLast && !isLast;
    if (this.news.size === 0 || (isPart && this.now() < this.lastNews + PARTS_INTERVAL)) return;
    this.lastNews = this.now();
    const news = new Set(this.news);
    this.news.clear();
    this.onNews(news, isLast);
  }

  private evict(): void {
    if (this.entries.size <= SPARE) return;
    const wanted = new Set<string>();
    for (const want of this.wants.values()) for (const run of want.runs) wanted.add(keyOf(want, run));
    const spare = [...this.entries].filter(([key]) => !wanted.has(key)).sort((a, b) => a[1].used - b[1].used);
    for (const [key, entry] of spare.slice(0, Math.max(0, spare.length - SPARE))) this.drop(key, entry);
  }
}

function batchSize(entries: readonly Entry[]): number {
  let points = 0;
  for (const [i, entry] of entries.slice(0, BATCH.most).entries()) {
    points += entry.points;
    if (points > BATCH.points && i >= BATCH.least) return i;
  }
  return BATCH.most;
}

/** Puts what belongs to one series together, in its order. */
function bySeriesOf<T extends { run: string; metric: string }>(all: readonly T[]): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const one of all) {
    const key = `${one.run} ${one.metric}`;
    const known = found.get(key);
    if (known) known.push(one);
    else found.set(key, [one]);
  }
  return found;
}

function keyOf(want: Pick<Want, 'metric' | 'x' | 'range'>, run: string): string {
  const range = want.range?.(run);
  return `${want.x} ${range?.from ?? ''} ${range?.to ?? ''} ${run} ${want.metric}`;
}
