import { marksOf } from '../../../src/drawing/runCurves.js';
import { describe, expect, it } from 'vitest';
import type { SeriesData } from '../../../src/protocol/engine/index.js';
import { continuation, isDownsampled, merge, nearest, type Series } from '../../../src/drawing/series.js';

const data = (change: Partial<SeriesData>): SeriesData => ({
  run: 'r',
  metric: 'm',
  mode: 'replace',
  total: change.x?.length ?? 0,
  inRange: change.x?.length ?? 0,
  x: [],
  y: [],
  ...change,
});

describe('merge', () => {
  it('appends new points', () => {
    const first = merge(undefined, data({ x: [0, 1], y: [5, 6] }), null);
    expect(continuation(first)).toBe(2);
    const second = merge(first, data({ mode: 'append', total: 4, x: [2, 3], y: [7, 'NaN'] }), null);
    expect(second.x).toEqual([0, 1, 2, 3]);
    expect(second.y[3]).toBeNaN();
    expect(second.stale).toBe(false);
    expect(continuation(second)).toBe(4);
    expect(first.x).toEqual([0, 1]);
  });

  it('puts late steps in their place', () => {
    const first = merge(undefined, data({ x: [0, 10, 20], y: [0, 1, 2] }), null);
    const second = merge(first, data({ mode: 'append', total: 5, x: [5, 30], y: [9, 3] }), null);
    expect(second.x).toEqual([0, 5, 10, 20, 30]);
    expect(second.y).toEqual([0, 9, 1, 2, 3]);
  });

  it('reads again if an append does not fit its points', () => {
    const orphan = merge(undefined, data({ mode: 'append', total: 10, x: [9], y: [1] }), null);
    expect(orphan.stale).toBe(true);
    expect(continuation(orphan)).toBeUndefined();
    const first = merge(undefined, data({ x: [0, 1], y: [5, 6] }), null);
    // Doubled: more points than the engine says there are.
    expect(merge(first, data({ mode: 'append', total: 3, x: [1, 2], y: [6, 7] }), null).stale).toBe(true);
  });

  it('never continues a downsampled or zoomed series', () => {
    const coarse = merge(undefined, data({ total: 100_000, inRange: 100_000, x: [0, 99_999], y: [1, 2] }), null);
    expect(isDownsampled(coarse)).toBe(true);
    expect(continuation(coarse)).toBeUndefined();
    const zoomed = merge(undefined, data({ total: 100, inRange: 2, x: [4, 5], y: [1, 2] }), { from: 4, to: 5 });
    expect(isDownsampled(zoomed)).toBe(false);
    expect(continuation(zoomed)).toBeUndefined();
  });

  it('keeps its points when nothing new came', () => {
    const first = merge(undefined, data({ x: [0, 1], y: [5, 6] }), null);
    const second = merge(first, data({ mode: 'append', total: 2 }), null);
    expect(second.x).toBe(first.x);
    expect(second.stale).toBe(false);
  });
});

describe('nearest', () => {
  const x = [0, 1, 5, 5, 9];
  it.each([
    [-3, 0],
    [0.6, 1],
    [3.1, 2],
    [7.1, 4],
    [99, 4],
  ])('of %d is %d', (at, index) => expect(nearest(x, at)).toBe(index));
  it('of nothing is nothing', () => expect(nearest([], 1)).toBe(-1));
});

describe('a long live series', () => {
  it('stays exact over a thousand appends', () => {
    let series: Series | undefined;
    for (let i = 0; i < 1000; i++) {
      series = merge(
        series,
        data({ mode: series ? 'append' : 'replace', total: i + 1, inRange: i + 1, x: [i], y: [i] }),
        null,
      );
    }
    expect(series!.x).toHaveLength(1000);
    expect(series!.stale).toBe(false);
  });
});

describe('marks of changes', () => {
  const curve = { x: [0, 10, 20], shown: [3, 2, 1] };
  const changes = [
    { name: 'lr', before: 0.01, after: 0.003, step: 11, time: 1500 },
    { name: 'momentum', before: 0.9, after: 0.95, step: 12, time: 1600 },
  ];
  it('are at the nearest point, several at one place together', () => {
    const text = 'lr 0.01 → 0.003, momentum 0.9 → 0.95';
    expect(marksOf({ changes }, curve, 'step', 0)).toEqual([{ x: 10, y: 2, text }]);
    expect(marksOf({ changes: changes.slice(0, 1) }, curve, 'time', 1480)).toEqual([
      { x: 20, y: 1, text: 'lr 0.01 → 0.003' },
    ]);
    expect(marksOf({ changes }, curve, 'epoch', 0)).toEqual([]);
    expect(marksOf({}, curve, 'step', 0)).toEqual([]);
  });
});
