import { describe, expect, it } from 'vitest';
import { fromWire } from '../../../src/protocol/values/index.js';
import type { Store } from '../../../src/store/store.js';
import { newRun, openStore, random, temporary } from './helpers.js';

interface Point {
  step: number;
  epoch: number | null;
  value: number;
}

/** Logs points as a client would, in pieces, and returns the store. */
function fill(store: Store, folder: string, points: readonly Point[], id = 'r1', piece = 5000): void {
  store.runs.insert(newRun(folder, id));
  let offset = 0;
  for (let from = 0; from < points.length; from += piece) {
    const text = points
      .slice(from, from + piece)
      .map(({ step, epoch, value }, i) => {
        const shown = Number.isFinite(value) ? String(value) : `"${value}"`;
        const at = epoch === null ? '' : `"epoch":${epoch},`;
        return `{"type":"metrics","time":${1e12 + (from + i) * 10},${at}"step":${step},"values":{"loss":${shown}}}\n`;
      })
      .join('');
    const bytes = Buffer.from(text);
    const result = store.ingest.frame(id, 'a.ndjson', offset, bytes);
    offset += bytes.length;
    expect(result?.next).toBe(offset);
  }
}

const next = random(3);
const wave = (n: number): Point[] =>
  Array.from({ length: n }, (_, i) => ({
    step: i * 2,
    epoch: Math.floor(i / 500),
    value: Math.sin(i / 300) + (next() - 0.5) * 0.1,
  }));

/** Output columns hold what is highest and lowest in each column of the input, give or take one column. */
function checkExtrema(points: readonly Point[], xs: number[], ys: number[], columns: number): void {
  const low = Math.min(...xs);
  const width = (Math.max(...xs) - low) / columns;
  const column = (x: number): number => Math.min(columns - 1, Math.floor((x - low) / width));
  const shownMax = new Array<number>(columns + 2).fill(-Infinity);
  const shownMin = new Array<number>(columns + 2).fill(Infinity);
  xs.forEach((x, i) => {
    const y = ys[i] as number;
    if (!Number.isFinite(y)) return;
    for (const c of [column(x), column(x) + 1, column(x) + 2]) {
      shownMax[c] = Math.max(shownMax[c] as number, y);
      shownMin[c] = Math.min(shownMin[c] as number, y);
    }
  });
  const hidden = points.filter(
    ({ step, value }) =>
      Number.isFinite(value) &&
      (value > (shownMax[column(step) + 1] as number) || value < (shownMin[column(step) + 1] as number)),
  );
  expect(hidden).toEqual([]);
}

describe('series', () => {
  it.each([0, 1, 255, 1023, 1024, 1025, 5000, 16_384, 70_000])('gives %i points back exactly', (n) => {
    const folder = temporary();
    const store = openStore(folder);
    const points = wave(n);
    fill(store, folder, points, 'r1', 777);
    const read = (from: Store): void => {
      const series = from.series.read({ run: 'r1', metric: 'loss', points: 2_000_000 });
      expect(series.total).toBe(n);
      expect(series.x).toEqual(points.map((point) => point.step));
      expect(series.y).toEqual(points.map((point) => point.value));
      const logged = from.series.points('r1', 'loss', { offset: 3, limit: 2000 }).points;
      expect(logged.map((point) => point.value)).toEqual(points.slice(3, 2003).map((point) => point.value));
    };
    read(store);
    store.close();
    const again = openStore(folder);
    read(again);
    while (again.series.fold());
    read(again);
    again.close();
    read(openStore(folder));
  });

  it('shows the extrema of every column, whatever the zoom', () => {
    const folder = temporary();
    const store = openStore(folder);
    const points = wave(300_000);
    (points[123_457] as Point).value = 99;
    (points[222_222] as Point).value = -99;
    (points[150_001] as Point).value = NaN;
    (points[150_002] as Point).value = Infinity;
    fill(store, folder, points);
    for (const [from, to, budget] of [
      [-Infinity, Infinity, 2000],
      [-Infinity, Infinity, 300],
      [-Infinity, Infinity, 30_000],
      [100_000, 400_001, 2000],
      [246_000, 247_900, 200],
    ] as const) {
      const bounds = Number.isFinite(from) ? { from, to } : {};
      const inside = points.filter((point) => point.step >= from && point.step <= to);
      const series = store.series.read({ run: 'r1', metric: 'loss', points: budget, ...bounds });
      expect(series.inRange).toBe(inside.length);
      expect(series.x.length).toBeLessThanOrEqual(budget * 1.4);
      expect(series.x).toEqual([...series.x].sort((a, b) => a - b));
      const ys = series.y.map(fromWire);
      // Every point given was logged.
      expect(series.x.filter((x, i) => !Object.is((points[x / 2] as Point).value, ys[i]))).toEqual([]);
      checkExtrema(inside, series.x, ys, Math.max(1, Math.floor(budget / 3)));
      if (inside.some((point) => point.value === 99)) expect(ys).toContain(99);
      if (inside.some((point) => Number.isNaN(point.value))) expect(series.y).toContain('NaN');
    }
    const zoomed = store.series.read({ run: 'r1', metric: 'loss', from: 246_000, to: 248_000 });
    expect(zoomed.x.length).toBe(1001);
    expect(zoomed.y).toEqual(points.slice(123_000, 124_001).map((point) => point.value));
  });

  it('takes steps in any order and more than once, and sorts when read', () => {
    const folder = temporary();
    const store = openStore(folder);
    const points: Point[] = Array.from({ length: 20_000 }, (_, i) => ({
      step: Math.floor(next() * 5000) - 100,
      epoch: null,
      value: i,
    }));
    fill(store, folder, points);
    const expected = points.map((point, i) => ({ ...point, i })).sort((a, b) => a.step - b.step || a.i - b.i);
    const all = store.series.read({ run: 'r1', metric: 'loss', points: 100_000 });
    expect(all.x).toEqual(expected.map((point) => point.step));
    expect(all.y).toEqual(expected.map((point) => point.value));
    const part = store.series.read({ run: 'r1', metric: 'loss', points: 100_000, from: 100, to: 200 });
    expect(part.y).toEqual(expected.filter((p) => p.step >= 100 && p.step <= 200).map((point) => point.value));
    const few = store.series.read({ run: 'r1', metric: 'loss', points: 600 });
    expect(few.inRange).toBe(20_000);
    expect(Math.max(...few.y.map(fromWire))).toBe(19_999);
    expect(Math.min(...few.y.map(fromWire))).toBe(0);
    expect(store.runs.get('r1')?.metrics.loss).toMatchObject({ count: 20_000, last: 19_999, min: 0, max: 19_999 });
  });

  it('appends for a chart that has the older points', () => {
    const folder = temporary();
    const store = openStore(folder);
    fill(store, folder, wave(1500));
    const query = { run: 'r1', metric: 'loss', points: 2000 };
    const newer = store.series.read({ ...query, after: 1490 });
    expect(newer).toMatchObject({ mode: 'append', total: 1500, inRange: 1500 });
    expect(newer.x).toEqual(Array.from({ length: 10 }, (_, i) => (1490 + i) * 2));
    expect(store.series.read({ ...query, after: 1500 }).x).toEqual([]);
    expect(store.series.read({ ...query, after: 1501 }).mode).toBe('replace');
    expect(store.series.read({ ...query, points: 1000, after: 1490 }).mode).toBe('replace');
  });

  it('reads by time and by epoch; points without an epoch are not on that axis', () => {
    const folder = temporary();
    const store = openStore(folder);
    const points = wave(9000).map((point, i) => (i % 3 === 0 ? { ...point, epoch: null } : point));
    fill(store, folder, points);
    const times = store.series.read({ run: 'r1', metric: 'loss', x: 'time', points: 10_000 });
    expect(times.x).toEqual(points.map((_, i) => 1e12 + i * 10));
    const epochs = store.series.read({ run: 'r1', metric: 'loss', x: 'epoch', points: 10_000 });
    expect(epochs.inRange).toBe(6000);
    expect(epochs.x).toEqual(points.flatMap((point) => (point.epoch === null ? [] : [point.epoch])));
    const few = store.series.read({ run: 'r1', metric: 'loss', x: 'epoch', from: 2, to: 11, points: 60 });
    expect(few.inRange).toBe(points.filter((p) => p.epoch !== null && p.epoch >= 2 && p.epoch <= 11).length);
    expect(few.x.every((x) => x >= 2 && x <= 11)).toBe(true);
  });

  it('keeps many interleaved series apart through sweeps of the inbox', () => {
    const folder = temporary();
    let store = openStore(folder);
    const runs = 40;
    const offsets = new Array<number>(runs).fill(0);
    for (let r = 0; r < runs; r++) store.runs.insert(newRun(folder, `r${r}`));
    const rounds = 60;
    for (let round = 0; round < rounds; round++) {
      if (round % 25 === 24) {
        store.close();
        store = openStore(folder);
      }
      store.batch(() => {
        for (let r = 0; r < runs; r++) {
          let text = '';
          for (let i = 0; i < 40; i++) {
            const step = round * 40 + i;
            const values = Array.from({ length: 5 }, (_, m) => `"m${m}":${step * 1000 + r * 10 + m}`).join(',');
            text += `{"step":${step},"values":{${values}}}\n`;
          }
          const bytes = Buffer.from(text);
          store.ingest.frame(`r${r}`, 'a.ndjson', offsets[r] as number, bytes);
          offsets[r] = (offsets[r] as number) + bytes.length;
        }
      });
    }
    for (const r of [0, 17, 39]) {
      for (const m of [0, 4]) {
        const { points } = store.series.points(`r${r}`, `m${m}`);
        expect(points.map((point) => point.value)).toEqual(
          Array.from({ length: rounds * 40 }, (_, step) => step * 1000 + r * 10 + m),
        );
      }
    }
  });
});
