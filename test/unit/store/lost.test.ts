/** A run that was launched again counts each step once, with the latest launch's value, whatever order its journals are read in. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NewRun } from '../../../src/store/api.js';
import type { Store } from '../../../src/store/store.js';
import { journal, lines, newRun, openStore, random, temporary } from './helpers.js';

/** A look reads as much as its time allows; these tests want all, however busy the machine is. */
const WHOLE = { budgetMs: Infinity };

const start = (launch?: number, more: object = {}): object => ({
  type: 'start',
  time: 1,
  pid: 1,
  rank: 0,
  client: 'test/1',
  launch,
  ...more,
});
const at = (step: number, loss: number, name = 'loss'): object => ({
  type: 'metrics',
  time: 1e12 + step,
  step,
  values: { [name]: loss },
});
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

function setUp(): { folder: string; store: Store; run: NewRun } {
  const folder = temporary();
  const store = openStore(folder);
  const run = newRun(folder, 'r1');
  store.runs.insert(run);
  return { folder, store, run };
}

const shown = (store: Store, metric = 'loss'): [number, unknown][] =>
  store.series.points('r1', metric).points.map(({ step, value }) => [step, value]);
const lost = (store: Store, metric = 'loss'): [number, unknown][] =>
  store.series
    .points('r1', metric, { lost: true })
    .points.filter((point) => point.lost)
    .map(({ step, value }) => [step, value]);

/** Everything a person sees. */
const seen = (store: Store): unknown => ({
  points: shown(store).sort((a, b) => a[0] - b[0]),
  objective: store.runs.get('r1')!.objective,
  metrics: store.runs.get('r1')!.metrics,
  chart: store.series.read({ run: 'r1', metric: 'loss' }),
});

describe('a crash between two checkpoints', () => {
  const first = lines(start(), ...range(0, 10).map((step) => at(step, step === 9 ? 0.01 : 10 - step)));
  const second = lines(start(2), at(8, 2.5), at(9, 1.5), at(10, 0.5));

  it('leaves each step once, with the value of the later launch', () => {
    const { store, run } = setUp();
    writeFileSync(journal(run), first);
    store.ingest.pollAll('r1', WHOLE);
    expect(store.runs.get('r1')!.objective).toMatchObject({ value: 0.01, step: 9 });
    writeFileSync(journal(run, 'rank0-2.ndjson'), second);
    const result = store.ingest.pollAll('r1', WHOLE).find(({ file }) => file === 'rank0-2.ndjson')!;
    expect(result.objective.map(({ step }) => step)).toEqual([8, 9, 10]);
    expect(shown(store)).toEqual([...range(0, 8).map((step) => [step, 10 - step]), [8, 2.5], [9, 1.5], [10, 0.5]]);
    expect(lost(store)).toEqual([
      [8, 2],
      [9, 0.01],
    ]);
    const { objective, metrics } = store.runs.get('r1')!;
    expect(objective).toMatchObject({ value: 0.5, step: 10 });
    expect(metrics.loss).toEqual({ last: 0.5, lastStep: 10, min: 0.5, max: 10, count: 11 });
    expect(store.series.read({ run: 'r1', metric: 'loss' })).toMatchObject({ total: 13, inRange: 11, x: range(0, 11) });
    expect(store.series.logged('r1', 'loss')).toBe(13);
    expect(store.series.values('r1', 'loss', 9)).toEqual([
      { step: 8, value: 2.5 },
      { step: 9, value: 1.5 },
      { step: 10, value: 0.5 },
    ]);
  });

  it('makes clients replace their points, once', () => {
    const { store, run } = setUp();
    writeFileSync(journal(run), first);
    store.ingest.pollAll('r1', WHOLE);
    const read = (after?: number) =>
      store.series.read({ run: 'r1', metric: 'loss', ...(after !== undefined && { after }) });
    const { total } = read();
    writeFileSync(journal(run, 'rank0-2.ndjson'), second);
    store.ingest.pollAll('r1', WHOLE);
    const anew = read(total);
    expect(anew).toMatchObject({ mode: 'replace', x: range(0, 11) });
    appendFileSync(journal(run, 'rank0-2.ndjson'), lines(at(11, 0.4)));
    store.ingest.pollAll('r1', WHOLE);
    expect(read(anew.total)).toMatchObject({ mode: 'append', total: 14, inRange: 12, x: [11], y: [0.4] });
  });

  it('is the same in any order of files, and after the index was rebuilt', () => {
    const { folder, store, run } = setUp();
    writeFileSync(journal(run), first);
    writeFileSync(journal(run, 'rank0-2.ndjson'), second);
    store.ingest.pollAll('r1', WHOLE);
    // The later launch is read first, and in several pieces.
    const other = openStore(join(folder, 'other'));
    other.runs.insert(run);
    const cut = second.indexOf(10, 100) + 1;
    other.ingest.frame('r1', 'rank0-2.ndjson', 0, second.subarray(0, cut));
    other.ingest.poll('r1', 'rank0-1.ndjson');
    expect(other.ingest.frame('r1', 'rank0-2.ndjson', cut, second.subarray(cut))).not.toBeNull();
    expect(seen(other)).toEqual(seen(store));
    const again = openStore(join(folder, 'again'));
    again.runs.insert(run);
    again.ingest.pollAll('r1', { ...WHOLE, final: true });
    expect(seen(again)).toEqual(seen(store));
  });

  it('is known after the store was closed and opened', () => {
    const { folder, store, run } = setUp();
    writeFileSync(journal(run), first);
    writeFileSync(journal(run, 'rank0-2.ndjson'), second);
    store.ingest.pollAll('r1', WHOLE);
    const before = seen(store);
    store.close();
    const opened = openStore(folder);
    expect(seen(opened)).toEqual(before);
    // Read late.
    appendFileSync(journal(run), lines(at(20, 0)));
    appendFileSync(journal(run, 'rank0-2.ndjson'), lines(at(11, 0.3)));
    opened.ingest.pollAll('r1', WHOLE);
    expect(opened.runs.get('r1')!.objective).toMatchObject({ value: 0.3, step: 11 });
    expect(lost(opened).at(-1)).toEqual([20, 0]);
  });
});

describe('launches', () => {
  it('that begin from scratch replace all that they log', () => {
    const { store, run } = setUp();
    writeFileSync(journal(run), lines(start(), ...range(0, 5).map((step) => at(step, 0.1)), at(3, 7, 'accuracy')));
    store.ingest.pollAll('r1', WHOLE);
    writeFileSync(journal(run, 'rank0-2.ndjson'), lines(start(2), at(0, 3), at(1, 2)));
    store.ingest.pollAll('r1', WHOLE);
    expect(shown(store)).toEqual([
      [0, 3],
      [1, 2],
    ]);
    expect(store.runs.get('r1')!.objective).toMatchObject({ value: 2, step: 1 });
    // It has not logged this one yet.
    expect(shown(store, 'accuracy')).toEqual([[3, 7]]);
  });

  it('in one file of plain lines are distinguished, and implicit steps restart', () => {
    const { folder, store, run } = setUp();
    const file = 'external.ndjson';
    writeFileSync(journal(run, file), '{"loss": 5}\n{"loss": 0.1}\n{"loss": 3}\n');
    store.ingest.pollAll('r1', WHOLE);
    appendFileSync(journal(run, file), lines(start(2, { anew: true })));
    store.ingest.pollAll('r1', WHOLE);
    appendFileSync(journal(run, file), '{"loss": 4}\n{"loss": 2}\n');
    store.ingest.pollAll('r1', WHOLE);
    // This one goes on from a checkpoint.
    appendFileSync(journal(run, file), lines(start(3)) + '{"loss": 1.5}\n');
    store.ingest.pollAll('r1', WHOLE);
    expect(shown(store)).toEqual([
      [0, 4],
      [1, 2],
      [2, 1.5],
    ]);
    expect(store.runs.get('r1')!.objective).toMatchObject({ value: 1.5, step: 2 });
    const again = openStore(join(folder, 'again'));
    again.runs.insert(run);
    expect(again.ingest.pollAll('r1', WHOLE).flatMap(({ objective }) => objective.map(({ value }) => value))).toEqual([
      4, 2, 1.5,
    ]);
    expect(seen(again)).toEqual(seen(store));
  });

  it('that log other metrics or later steps only lose nothing, and the first costs nothing', () => {
    const { store, run } = setUp();
    writeFileSync(journal(run), lines(start(), ...range(0, 4).map((step) => at(step, 4 - step))));
    writeFileSync(journal(run, 'rank0-2.ndjson'), lines(start(2), at(4, 9), at(0, 1, 'weights')));
    store.ingest.pollAll('r1', WHOLE);
    expect(store.runs.get('r1')!.metrics.loss).toEqual({ last: 9, lastStep: 4, min: 1, max: 9, count: 5 });
    expect(lost(store)).toEqual([]);
    expect(store.series.read({ run: 'r1', metric: 'loss', after: 4 })).toMatchObject({ mode: 'append', x: [4] });
  });

  it('in any number and order count as if only what counts had been logged', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const { folder, store, run } = setUp();
      const next = random(seed);
      const files: { file: string; bytes: Buffer }[] = [];
      let truth: { step: number; value: number }[] = [];
      let from = 0;
      for (let launch = 1; launch <= 2 + Math.floor(next() * 4); launch++) {
        const to = from + 1 + Math.floor(next() * 1500);
        const points = range(from, to).map((step) => ({
          step,
          value: Math.fround(next()) - (next() < 0.002 ? Infinity : 0),
        }));
        truth = [...truth.filter(({ step }) => step < from), ...points];
        const bytes = lines(start(launch), ...points.map(({ step, value }) => at(step, value)));
        // JSON has no infinities; NaN stands for them.
        files.push({ file: `rank0-${launch}.ndjson`, bytes });
        writeFileSync(journal(run, `rank0-${launch}.ndjson`), bytes);
        from = Math.floor(next() * to);
      }
      truth = truth.map(({ step, value }) => ({ step, value: Number.isFinite(value) ? value : NaN }));
      // Pieces of the files in any order.
      const offsets = files.map(() => 0);
      for (let open = files.map((_, i) => i); open.length > 0;) {
        const i = open[Math.floor(next() * open.length)]!;
        const { file, bytes } = files[i]!;
        const end = bytes.indexOf(10, Math.min(bytes.length - 1, offsets[i]! + Math.floor(next() * 30_000))) + 1;
        store.ingest.frame('r1', file, offsets[i]!, bytes.subarray(offsets[i]!, end));
        offsets[i] = end;
        if (next() < 0.1) store.series.fold();
        open = open.filter((each) => offsets[each]! < files[each]!.bytes.length);
      }
      const found = store.series.points('r1', 'loss').points.sort((a, b) => a.step - b.step);
      expect(
        found.map(({ step, value }) => ({ step, value: Number(value) })),
        `seed ${seed}`,
      ).toEqual(truth);
      const finite = truth.filter(({ value }) => Number.isFinite(value));
      const best = finite.reduce((low, point) => (point.value < low.value ? point : low));
      expect(store.runs.get('r1')!.objective, `seed ${seed}`).toMatchObject(best);
      expect(store.runs.get('r1')!.metrics.loss, `seed ${seed}`).toMatchObject({
        count: truth.length,
        lastStep: truth.at(-1)!.step,
        min: best.value,
        max: Math.max(...finite.map(({ value }) => value)),
      });
      const chart = store.series.read({ run: 'r1', metric: 'loss', points: 300 });
      expect(chart.inRange, `seed ${seed}`).toBe(truth.length);
      const byStep = new Map(truth.map(({ step, value }) => [step, value]));
      chart.x.forEach((step, i) => expect(Number(chart.y[i]), `seed ${seed}`).toBe(byStep.get(step)));
      expect(chart.y).toContain(best.value);
      // Pages hold each point once.
      const paged = range(0, Math.ceil(truth.length / 700)).flatMap(
        (page) => store.series.points('r1', 'loss', { offset: page * 700, limit: 700 }).points,
      );
      expect(paged).toEqual(store.series.points('r1', 'loss').points);
      const again = openStore(join(folder, 'again'));
      again.runs.insert(run);
      for (const { file } of files) while (again.ingest.poll('r1', file).more);
      expect(seen(again)).toEqual(seen(store));
    }
  });

  it('that change all the time are bounded', () => {
    const { store, run } = setUp();
    const records = range(1, 9000).flatMap((launch) => [start(launch), at(launch, 1)]);
    writeFileSync(journal(run), lines(...records));
    const warnings = store.ingest.pollAll('r1', WHOLE).flatMap((result) => result.warnings);
    expect(warnings.join()).toMatch(/can't be told apart/);
    expect(store.series.logged('r1', 'loss')).toBe(4096);
  });
});
