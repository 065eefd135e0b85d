import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RequestParams, SeriesData } from '../../../../src/protocol/engine/index.js';
import { SeriesFeed, type Want } from '../../../../webview/model/charts/feed.js';

/** Engine's answers from a table of lengths: y = x. */
class Source {
  readonly totals = new Map<string, number>();
  readonly asked: RequestParams<'series/read'>['queries'][] = [];
  fail = false;
  /** Requests without an answer, now and at most; milliseconds of each answer, or 20. */
  open = 0;
  most = 0;
  readonly delays: number[] = [];
  /** Leaves out the answers for this run, or only the first of them. */
  without: string | null = null;
  first: string | null = null;
  /** Answers the runs from the last to the first. */
  isReversed = false;

  read = async ({ queries }: RequestParams<'series/read'>) => {
    this.asked.push(queries);
    this.most = Math.max(this.most, ++this.open);
    await new Promise((resolve) => setTimeout(resolve, this.delays[this.asked.length - 1] ?? 20));
    this.open--;
    if (this.fail) throw new Error('gone');
    const left = queries.findIndex(({ run }) => run === this.first);
    const answered = queries.filter(({ run }, i) => run !== this.without && i !== left);
    if (this.isReversed) answered.sort((a, b) => b.run.localeCompare(a.run));
    return { series: answered.map((query) => this.answer(query)) };
  };

  private answer(query: RequestParams<'series/read'>['queries'][number]): SeriesData {
    const total = this.totals.get(query.run) ?? 0;
    const points = query.points ?? 2000;
    const append = query.after !== undefined && total <= points;
    const every = append ? 1 : Math.max(1, Math.ceil(total / points));
    const x: number[] = [];
    for (let i = append ? query.after! : 0; i < total; i += every) {
      if ((query.from ?? -Infinity) <= i && i <= (query.to ?? Infinity)) x.push(i);
    }
    const mode = append ? 'append' : 'replace';
    return { run: query.run, metric: query.metric, mode, total, inRange: append ? x.length : total, x, y: x };
  }
}

describe('SeriesFeed', () => {
  let source: Source;
  let feed: SeriesFeed;
  let errors: unknown[];
  let news: string[];
  const want = (runs: string[], change: Partial<Want> = {}): Want => ({
    metric: 'loss',
    runs,
    x: 'step',
    range: null,
    points: 1000,
    ...change,
  });
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  beforeEach(() => {
    vi.useFakeTimers();
    source = new Source();
    errors = [];
    news = [];
    feed = new SeriesFeed(
      source.read,
      (metrics) => news.push(...metrics),
      (error) => errors.push(error),
      () => Date.now(),
    );
  });
  afterEach(() => vi.useRealTimers());

  it('reads all wanted series in one request, and then only new points', async () => {
    source.totals.set('a', 10).set('b', 20);
    const w = want(['a', 'b']);
    feed.want(feed, w);
    await pass(300);
    expect(source.asked).toHaveLength(1);
    expect(feed.get(w, 'b')?.x).toHaveLength(20);
    source.totals.set('a', 12);
    feed.grown({ a: { loss: 12 }, b: { loss: 20 } });
    await pass(600);
    expect(source.asked).toHaveLength(2);
    expect(source.asked[1]).toEqual([expect.objectContaining({ run: 'a', after: 10 })]);
    expect(feed.get(w, 'a')?.x).toHaveLength(12);
    expect(news).toEqual(['loss', 'loss']);
  });

  it('reads thousands of series in parts, two at once, and tells of them when all are here, in whatever order', async () => {
    const runs = Array.from({ length: 4500 }, (_, i) => `r${i}`);
    for (const run of runs) source.totals.set(run, 3);
    source.delays.push(20, 20, 20, 90, 20);
    const last: boolean[] = [];
    feed = new SeriesFeed(
      source.read,
      (_, isLast) => last.push(isLast),
      (error) => errors.push(error),
      () => Date.now(),
    );
    const w = want(runs, { points: 60 });
    feed.want(feed, w);
    await pass(400);
    expect([source.asked.length, source.most]).toEqual([5, 2]);
    expect(new Set(source.asked.flat().map(({ run }) => run)).size).toBe(4500);
    expect(runs.every((run) => feed.get(w, run)?.x.length === 3)).toBe(true);
    expect(last).toEqual([true]);
    // One at a time again.
    source.totals.set('r0', 4);
    feed.grown({ r0: { loss: 4 } });
    await pass(600);
    expect([source.asked.length, last]).toEqual([6, [true, false]]);
  });

  it('asks at most four times a second, however often points come', async () => {
    source.totals.set('a', 1);
    feed.want(feed, want(['a']));
    for (let i = 2; i <= 102; i++) {
      source.totals.set('a', i);
      feed.grown({ a: { loss: i } });
      await pass(20);
    }
    expect(source.asked.length).toBeLessThanOrEqual(10);
    await pass(500);
    expect(feed.get(want(['a']), 'a')?.x).toHaveLength(102);
  });

  it('reads a downsampled series at most every two seconds', async () => {
    source.totals.set('a', 50_000);
    feed.want(feed, want(['a']));
    await pass(300);
    for (let i = 1; i <= 40; i++) {
      source.totals.set('a', 50_000 + i * 100);
      feed.grown({ a: { loss: 50_000 + i * 100 } });
      await pass(100);
    }
    expect(source.asked.length).toBeLessThanOrEqual(4);
    await pass(2500);
    expect(feed.get(want(['a']), 'a')?.total).toBe(54_000);
  });

  it('does nothing while hidden and catches up when shown', async () => {
    source.totals.set('a', 5);
    feed.want(feed, want(['a']));
    await pass(300);
    feed.setActive(false);
    source.totals.set('a', 500);
    feed.grown({ a: { loss: 500 } });
    await pass(10_000);
    expect(source.asked).toHaveLength(1);
    feed.setActive(true);
    feed.invalidate();
    await pass(600);
    expect(feed.get(want(['a']), 'a')?.x).toHaveLength(500);
  });

  it('asks nothing for charts that are off the screen', async () => {
    source.totals.set('a', 5);
    feed.want(feed, want(['a']));
    await pass(300);
    feed.release(feed);
    feed.grown({ a: { loss: 9 } });
    await pass(5000);
    expect(source.asked).toHaveLength(1);
  });

  it('shows the coarse series until the detailed one arrives', async () => {
    source.totals.set('a', 50_000);
    const whole = want(['a']);
    feed.want(feed, whole);
    await pass(300);
    const close = want(['a'], { range: () => ({ from: 100, to: 200 }) });
    feed.want(feed, close);
    expect(feed.get(close, 'a')?.range).toBeNull();
    await pass(600);
    expect(feed.get(close, 'a')?.range).toEqual({ from: 100, to: 200 });
  });

  it('keeps the reason why a series could not be read, and reads it again when it is told to', async () => {
    source.totals.set('a', 5);
    source.fail = true;
    const w = want(['a']);
    feed.want(feed, w);
    expect(feed.problem(w, 'a')).toBeNull();
    await pass(300);
    expect(feed.problem(w, 'a')).toBe('gone');
    expect(news).toEqual(['loss']);
    source.fail = false;
    feed.retry();
    expect(feed.problem(w, 'a')).toBeNull();
    await pass(300);
    expect(feed.get(w, 'a')?.x).toHaveLength(5);
    // A series that is here stays, whatever becomes of a later reading.
    source.fail = true;
    feed.invalidate();
    await pass(600);
    expect(errors).toHaveLength(2);
    expect(feed.problem(w, 'a')).toBeNull();
  });

  it('says which series was not answered, instead of waiting for ever, and reads it again', async () => {
    for (const run of ['a', 'b', 'c']) source.totals.set(run, 10);
    source.without = 'b';
    const all = want(['a', 'b', 'c']);
    feed.want({}, all);
    await pass(50);
    for (const run of ['a', 'c']) expect([feed.get(all, run)?.total, feed.problem(all, run)]).toEqual([10, null]);
    expect(feed.problem(all, 'b')).toMatch(/other points than were asked for/);
    expect(news).toEqual(['loss']);
    source.without = null;
    await pass(6000);
    expect([feed.get(all, 'b')?.total, feed.problem(all, 'b')]).toEqual([10, null]);
    expect(source.asked.slice(1).flat()).toMatchObject([{ run: 'b' }]);
  });

  it('takes answers by run and metric, in whatever order they come, and parts of one series in theirs', async () => {
    for (const run of ['a', 'b']) source.totals.set(run, 5000);
    source.isReversed = true;
    const all = want(['a', 'b']);
    const close = want(['b'], { range: () => ({ from: 100, to: 200 }) });
    feed.want({}, all);
    feed.want({}, close);
    await pass(50);
    for (const run of ['a', 'b']) expect(feed.get(all, run)?.x.at(-1)).toBeGreaterThan(4000);
    expect(feed.get(close, 'b')?.x.every((x) => x >= 100 && x <= 200)).toBe(true);
    // With one of two parts missing, nobody knows which it is.
    feed.invalidate();
    source.first = 'b';
    await pass(3000);
    expect(errors).toEqual([]);
    expect(feed.hasProblems).toBe(true);
    expect(feed.get(all, 'b')?.x.at(-1)).toBeGreaterThan(4000);
    expect(feed.get(close, 'b')?.x.every((x) => x >= 100 && x <= 200)).toBe(true);
  });

  it('tells of a failure and tries again, not at once', async () => {
    source.totals.set('a', 5);
    source.fail = true;
    feed.want(feed, want(['a']));
    await pass(1000);
    expect(errors).toHaveLength(1);
    source.fail = false;
    await pass(6000);
    expect(feed.get(want(['a']), 'a')?.x).toHaveLength(5);
  });
});
