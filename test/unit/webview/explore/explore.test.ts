import { describe, expect, it } from 'vitest';
import type { Run } from '../../../../src/protocol/engine/index.js';
import type { Params } from '../../../../src/protocol/values/index.js';
import { columnsOf, ranks, type Column } from '../../../../src/drawing/runs/plotColumns.js';
import { importanceOf } from '../../../../src/drawing/runs/importance.js';
import { distribution, hypervolumes, lanes, paretoFront, surface } from '../../../../webview/model/explore/shapes.js';

const run = (at: number, params: Params, value: number | null, change: Partial<Run> = {}): Run =>
  ({
    ...{ id: `r${at}`, name: `r${at}`, params, status: 'completed', tags: [], device: null, search: null },
    ...{ createdAt: at, startedAt: at * 1000, endedAt: at * 1000 + 500, info: {} },
    metrics: value === null ? {} : { loss: { last: value, lastStep: 1, min: value, max: value, count: 1 } },
    objective: { metric: 'loss', goal: 'minimize', value, step: 1 },
    ...change,
  }) as Run;
const keyed = (columns: readonly Column[], key: string): Column => columns.find((one) => one.key === key)!;

describe('columns', () => {
  const runs = [
    run(1, { lr: 1e-4, opt: 'adam', same: 1 }, 3),
    run(2, { lr: 1e-1, opt: 'sgd', same: 1 }, 2),
    run(3, { lr: 1e-2, opt: 'adam', same: 1 }, null),
    run(4, { lr: 1e-3, same: 1 }, 1, { objective: { metric: 'other', goal: 'maximize', value: 9, step: 1 } }),
  ];
  it('are those in which the runs differ, the objective by one definition', () => {
    const columns = columnsOf(runs.slice(0, 3));
    expect(columns.map(({ key }) => key)).toEqual(['objective', 'param:lr', 'param:opt', 'order', 'metric:loss']);
    expect(keyed(columns, 'param:lr')).toMatchObject({ kind: 'number', log: true });
    expect(keyed(columns, 'param:opt')).toMatchObject({ kind: 'choice' });
    expect(runs.map((one) => keyed(columns, 'objective').of(one))).toEqual([3, 2, undefined, undefined]);
  });
  it('rank equal values alike', () => {
    expect(ranks([5, 1, 5, 9])).toEqual([0.5, 0, 0.5, 1]);
    expect(ranks([3])).toEqual([0.5]);
  });
});

describe('importance from a few runs', () => {
  const many = Array.from({ length: 24 }, (_, i) => {
    const x = (i * 7) % 24;
    return run(i, { x, noise: (i * 11) % 24, kind: i % 2 === 0 ? 'a' : 'b' }, (x - 12) ** 2);
  });
  it('finds what decides, also if it is best in the middle, and how sure that is', () => {
    const columns = columnsOf(many);
    const params = columns.filter(({ key }) => key.startsWith('param:'));
    const [first, ...others] = importanceOf(many, params, keyed(columns, 'objective'));
    expect(first!.column.key).toBe('param:x');
    expect(first!.share).toBeGreaterThan(0.7);
    expect(first!.low).toBeGreaterThan(0.6);
    for (const other of others) {
      expect(other.share).toBeLessThan(0.35);
      expect(other.low).toBeLessThanOrEqual(other.share);
      expect(other.high).toBeGreaterThanOrEqual(other.share);
    }
    expect(importanceOf(many, params, keyed(columns, 'objective'))[0]!.low).toBe(first!.low);
  });
  it('gives pure chance about nothing on average', () => {
    let state = 1;
    const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
    const shares = Array.from({ length: 60 }, () => {
      const runs = Array.from({ length: 8 }, (_, i) => run(i, { x: random() }, random()));
      const columns = columnsOf(runs);
      return importanceOf(runs, [keyed(columns, 'param:x')], keyed(columns, 'objective'))[0]!.share;
    });
    expect(shares.reduce((a, b) => a + b, 0) / shares.length).toBeLessThan(0.2);
  });
  it('says nothing from four runs', () => {
    const columns = columnsOf(many.slice(0, 4));
    expect(importanceOf(many.slice(0, 4), columns, keyed(columns, 'objective'))).toEqual([]);
  });
});

describe('fronts', () => {
  const points = [
    [1, 5],
    [2, 2],
    [3, 3],
    [5, 1],
    [2, 2],
  ].map(([x, y], i) => ({ run: run(i, {}, 1), x: x!, y: y! }));
  const ids = (list: readonly { run: Run }[]) => list.map((point) => point.run.id);
  it('hold what none beats in both, for every pair of goals', () => {
    expect(ids(paretoFront(points, ['minimize', 'minimize']))).toEqual(['r0', 'r1', 'r3']);
    expect(ids(paretoFront(points, ['maximize', 'maximize']))).toEqual(['r0', 'r2', 'r3']);
    expect(ids(paretoFront(points, ['maximize', 'minimize']))).toEqual(['r3']);
  });
  it('grow in volume, by hand', () => {
    const volumes = hypervolumes(points, ['minimize', 'minimize']).map(({ volume }) => volume);
    // Costs in units: (0, 1), (1/4, 1/4), (1/2, 1/2), (1, 0), (1/4, 1/4).
    expect(volumes[0]).toBeCloseTo(0);
    expect(volumes.slice(1)).toEqual([0.5625, 0.5625, 0.5625, 0.5625]);
    const better = [...points, { run: run(9, {}, 1), x: 1, y: 1 }];
    expect(hypervolumes(better, ['minimize', 'minimize']).at(-1)!.volume).toBe(1);
  });
});

it('distributes, lays runs on lanes, and smooths a surface', () => {
  expect(distribution([3, 1])).toEqual([
    { value: 1, share: 0.5 },
    { value: 3, share: 1 },
  ]);
  const on = (at: number, device: string, from: number, to: number | null) =>
    run(at, {}, 1, { device, startedAt: from, endedAt: to });
  const rows = lanes([on(1, 'gpu:0', 0, 10), on(2, 'gpu:0', 5, 20), on(3, 'gpu:0', 12, null), on(4, 'cpu', 0, 1)], 30);
  expect(rows.map(({ name, bars }) => [name, bars.map((bar) => [bar.run.id, bar.to])])).toEqual([
    ['cpu', [['r4', 1]]],
    [
      'gpu:0',
      [
        ['r1', 10],
        ['r3', 30],
      ],
    ],
    ['gpu:0', [['r2', 20]]],
  ]);
  const cells = surface([
    { x: 0.1, y: 0.1, value: 1 },
    { x: 0.2, y: 0.2, value: 0 },
  ]);
  expect(cells[2]![2]).toBeGreaterThan(cells[5]![5]!);
  expect(cells[23]![23]).toBeNull();
});
