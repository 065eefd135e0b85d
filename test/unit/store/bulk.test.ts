import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { SeriesQuery } from '../../../src/protocol/engine/index.js';
import { merge } from '../../../src/drawing/series.js';
import type { Store } from '../../../src/store/store.js';
import { newRun, openStore, random, temporary } from './helpers.js';

const next = random(11);

/** Logs `count` points of two metrics; every fifth has an epoch, and some are not finite. */
function log(store: Store, folder: string, id: string, count: number, ended = true): void {
  store.runs.insert(newRun(folder, id));
  if (ended) store.runs.update(id, { status: 'completed', endedAt: 9e12 });
  append(store, id, 0, count);
}

function append(store: Store, id: string, from: number, count: number): void {
  const text = Array.from({ length: count }, (_, i) => {
    const loss = next() < 0.01 ? '"NaN"' : String(next());
    const epoch = i % 5 === 0 ? `"epoch":${Math.floor(i / 50)},` : '';
    return `{"type":"metrics","time":${1e12 + (from + i) * 7},${epoch}"step":${from + i},"values":{"loss":${loss},"acc":${i}}}\n`;
  }).join('');
  store.ingest.frame(id, 'a.ndjson', store.ingest.expectedOffset(id, 'a.ndjson'), Buffer.from(text));
}

const queries = (ids: readonly string[], more: Partial<z.input<typeof SeriesQuery>>): z.output<typeof SeriesQuery>[] =>
  ids.flatMap((run) => ['loss', 'acc', 'nothing'].map((metric) => SeriesQuery.parse({ run, metric, ...more })));

describe('series that are read together', () => {
  const lengths = [0, 1, 20, 159, 160, 700, 1024, 1025, 5000];
  const ids = [...lengths.map((length) => `r${length}`), 'unknown'];

  it('are the same as those read one by one, folded or not, on every axis and in every range', () => {
    const folder = temporary();
    const store = openStore(folder);
    for (const length of lengths) log(store, folder, `r${length}`, length);
    for (const state of ['pending', 'folded']) {
      for (const x of ['step', 'time', 'epoch'] as const) {
        for (const more of [
          { points: 61 },
          { points: 300 },
          { points: 20_000 },
          { from: 15, to: 600 },
          { after: 10 },
        ]) {
          const all = queries(ids, { x, ...more });
          const one = all.map((query) => store.series.read(query));
          expect(store.series.readSome(all), `${state} ${x} ${JSON.stringify(more)}`).toEqual(one);
        }
      }
      while (store.series.fold());
    }
    store.close();
  });

  it('are the same points when they come packed', () => {
    const folder = temporary();
    const store = openStore(folder);
    for (const length of lengths) log(store, folder, `r${length}`, length);
    for (const x of ['step', 'time', 'epoch'] as const) {
      const all = queries(ids, { x, points: 300 });
      const plain = store.series.readSome(all).map((one) => merge(undefined, one, null));
      const packed = store.series.readSome(all.map((query) => ({ ...query, packed: true })));
      expect(packed.some((one) => one.packed !== undefined)).toBe(true);
      expect(
        packed.map((one) => merge(undefined, one, null)),
        x,
      ).toEqual(plain);
    }
    store.close();
  });

  it('show the same extrema from an overview, the first time and every later one', () => {
    const folder = temporary();
    const store = openStore(folder);
    for (const length of lengths) log(store, folder, `r${length}`, length);
    while (store.series.fold());
    const all = queries(ids, { points: 60 });
    const first = store.series.readSome(all);
    expect(store.series.readSome(all)).toEqual(first);
    for (const [i, { x, y, total, inRange, metric }] of first.entries()) {
      expect(x.length).toBeLessThanOrEqual(80);
      expect(inRange).toBe(total);
      const whole = store.series.read({ ...all[i]!, points: 100_000 });
      const finite = (values: typeof y): number[] => values.filter((value) => typeof value === 'number');
      expect(Math.max(...finite(y))).toBe(Math.max(...finite(whole.y)));
      expect(Math.min(...finite(y))).toBe(Math.min(...finite(whole.y)));
      if (metric === 'loss') expect(y.includes('NaN')).toBe(whole.y.includes('NaN'));
    }
    store.close();
    const again = openStore(folder);
    expect(again.series.readSome(all)).toEqual(first);
  });

  it('are in the order of the time on its axis, also when the steps fall', () => {
    const folder = temporary();
    const store = openStore(folder);
    store.runs.insert(newRun(folder, 'falls'));
    store.runs.update('falls', { status: 'completed', endedAt: 9e12 });
    const text = Array.from(
      { length: 2000 },
      (_, i) => `{"type":"metrics","time":${1e12 + i * 7},"step":${2000 - i},"values":{"loss":${i}}}\n`,
    ).join('');
    store.ingest.frame('falls', 'a.ndjson', 0, Buffer.from(text));
    log(store, folder, 'rises', 2000);
    while (store.series.fold());
    const [steps, times] = (['step', 'time'] as const).map((x) => queries(['falls', 'rises'], { points: 60, x }));
    for (let turn = 0; turn < 2; turn++) {
      for (const asked of [times!, steps!]) {
        for (const { x, y, metric, total } of store.series.readSome(asked)) {
          expect(x).toEqual([...x].sort((a, b) => a - b));
          if (metric === 'loss' && total > 0) expect(y.length).toBeGreaterThan(20);
        }
      }
    }
    const [falls] = store.series.readSome(times!);
    expect([falls!.y[0], falls!.y.at(-1)]).toEqual([0, 1999]);
  });

  it('are read anew when an ended run has grown, and are gone with their run', () => {
    const folder = temporary();
    const store = openStore(folder);
    log(store, folder, 'r1', 800);
    log(store, folder, 'r2', 800);
    while (store.series.fold());
    const all = queries(['r1', 'r2'], { points: 60 });
    store.series.readSome(all);
    append(store, 'r1', 800, 50);
    expect(store.series.readSome(all)[1]).toMatchObject({ total: 850, inRange: 850 });
    expect(store.series.readSome(all)[1]!.x.at(-1)).toBe(849);
    while (store.series.fold());
    expect(store.series.readSome(all)[1]!.x.at(-1)).toBe(849);
    store.runs.purge(['r1']);
    expect(store.series.readSome(all)[0]).toMatchObject({ total: 0, x: [] });
    store.close();
  });

  it('stop when the time is over, after at least one', () => {
    const folder = temporary();
    const store = openStore(folder);
    for (const length of lengths) log(store, folder, `r${length}`, length);
    const all = queries(ids, {});
    expect(store.series.readSome(all, 0)).toHaveLength(1);
    expect(store.series.readSome(all, Infinity)).toHaveLength(all.length);
    store.close();
  });
});

describe('objectives that are prepared', () => {
  const overviews = (folder: string): unknown[] => {
    const db = new DatabaseSync(join(folder, 'store.db'));
    const rows = db
      .prepare(
        `SELECT runs.id, overviews.count FROM overviews JOIN series ON series.id = overviews.series
         JOIN runs ON runs.key = series.run ORDER BY runs.key`,
      )
      .all();
    db.close();
    return rows.map((row) => ({ ...row }));
  };

  it('are those of long ended runs, a few at a time, and read as they would be without', () => {
    const folder = temporary();
    const store = openStore(folder);
    for (let i = 0; i < 250; i++) log(store, folder, `r${i}`, i % 50 === 0 ? 400 : 5, i !== 100);
    expect(store.series.prepare()).toBe(true);
    while (store.series.fold());
    const all = queries(['r0', 'r1', 'r50', 'r100', 'r200'], { points: 60 });
    // No time: each call looks at some runs, and makes nothing.
    expect(store.series.prepare(0)).toBe(true);
    expect(overviews(folder)).toEqual([]);
    let calls = 0;
    while (store.series.prepare()) calls++;
    expect(calls).toBeGreaterThan(1);
    expect(overviews(folder)).toEqual(['r0', 'r50', 'r150', 'r200'].map((id) => ({ id, count: 400 })));
    expect(store.series.prepare()).toBe(false);
    // A run that was passed while it was live is prepared once it has ended.
    store.runs.update('r100', { status: 'completed', endedAt: Date.now() });
    while (store.series.fold());
    while (store.series.prepare());
    expect(overviews(folder)).toContainEqual({ id: 'r100', count: 400 });
    const read = store.series.readSome(all);
    store.close();
    const other = new DatabaseSync(join(folder, 'store.db'));
    other.exec('DELETE FROM overviews');
    other.close();
    const again = openStore(folder);
    expect(again.series.readSome(all)).toEqual(read);
    // A later run is prepared, too.
    log(again, folder, 'late', 300);
    while (again.series.fold());
    while (again.series.prepare());
    again.close();
    expect(overviews(folder)).toContainEqual({ id: 'late', count: 300 });
  });
});

describe('folding', () => {
  it('leaves no point in the inbox, also when points came while it was under way', () => {
    const folder = temporary();
    const store = openStore(folder);
    store.batch(() => {
      for (let i = 0; i < 300; i++) log(store, folder, `r${i}`, 10);
    });
    store.series.fold(0);
    append(store, 'r0', 10, 5);
    while (store.series.fold(0));
    expect(store.series.read({ run: 'r0', metric: 'acc' }).total).toBe(15);
    store.close();
    const db = new DatabaseSync(join(folder, 'store.db'));
    expect(db.prepare('SELECT count(*) n FROM inbox').get()).toEqual({ n: 0 });
    expect(db.prepare('SELECT count(*) n FROM chunks').get()).toEqual({ n: 600 });
    db.close();
  });
});
