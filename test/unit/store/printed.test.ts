/** Metrics read from the output, beside what the program records itself. */
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { meaningOf } from '../../../src/store/series/sameMetric.js';
import type { NewRun } from '../../../src/store/api.js';
import type { Store } from '../../../src/store/store.js';
import type { RunSpec } from '../../../src/protocol/run/runFolder.js';
import { journal, lines, newRun, openStore, temporary } from './helpers.js';

type Values = Record<string, number>;
const record = (step: number, values: Values): object => ({ type: 'metrics', time: 1e12 + step, step, values });

/** A run whose journals grow by the parts given, in that order; returned with a store that took them in one by one. */
function withParts(parts: [file: string, ...records: object[]][], spec: Partial<RunSpec> = {}): Store {
  const folder = temporary();
  const store = openStore(folder);
  const run = newRun(folder, 'r1', spec);
  store.runs.insert(run);
  const written = new Map<string, object[]>();
  for (const [file, ...records] of parts) {
    written.set(file, [...(written.get(file) ?? []), ...records]);
    write(run, file, written.get(file)!);
    store.ingest.poll('r1', file);
  }
  return store;
}

const write = (run: NewRun, file: string, records: object[]): void =>
  writeFileSync(journal(run, file), lines(...records));
const metrics = (store: Store): Values =>
  Object.fromEntries(Object.entries(store.runs.get('r1')!.metrics).map(([name, { count }]) => [name, count]));
const CLIENT = 'rank0-1.ndjson';
const PRINTED = 'output.ndjson';

describe('printed metrics', () => {
  it('are recorded while nobody else records, and marked', () => {
    const store = withParts([[PRINTED, record(1, { loss: 0.5, acc: 0.1 }), record(2, { loss: 0.4, acc: 0.2 })]]);
    expect(metrics(store)).toEqual({ loss: 2, acc: 2 });
    expect(store.runs.get('r1')!.metrics.acc).toMatchObject({ last: 0.2, source: 'output' });
    expect(store.runs.get('r1')!.objective).toMatchObject({ value: 0.4 });
  });

  it('give way to recorded metrics of the same meaning, whichever came first, except for the objective', () => {
    const printed = record(1, { loss: 0.5, acc: 0.1, 'test/average_loss': 3, lr: 0.1 });
    const logged = record(1, {
      'train/loss': 0.6,
      'Train Accuracy': 0.2,
      'val/loss': 0.4,
      'charts/learning_rate': 0.1,
    });
    const later = record(2, { loss: 0.4, acc: 0.2, 'test/average_loss': 2, lr: 0.1 });
    const orders: [string, ...object[]][][] = [
      [
        [PRINTED, printed],
        [CLIENT, logged],
        [PRINTED, later],
      ],
      [
        [CLIENT, logged],
        [PRINTED, printed, later],
      ],
      [
        [PRINTED, printed, later],
        [CLIENT, logged],
      ],
    ];
    for (const parts of orders) {
      const store = withParts(parts);
      const recorded = { 'train/loss': 1, 'Train Accuracy': 1, 'val/loss': 1, 'charts/learning_rate': 1 };
      expect(metrics(store)).toEqual({ loss: 2, 'test/average_loss': 2, ...recorded });
      expect(store.runs.get('r1')!.objective).toMatchObject({ metric: 'loss', value: 0.4 });
    }
  });

  it('mean the same by other names of libraries and loggers', () => {
    const same = [
      ['loss', 'train/loss', 'Train Loss', 'training_loss', 'losses/loss', 'train_loss_step', 'loss/train'],
      ['val_loss', 'Validation/Average Loss', 'eval/val loss', 'validLoss', 'loss/val'],
      ['test/accuracy', 'Test Acc', 'test_acc_epoch'],
      ['episodic_return', 'charts/episodic_return'],
      ['epoch'],
      ['eval/loss', 'eval_loss'],
      ['validation_0/logloss', 'validation_0-logloss'],
      ['train/rmse', 'train-rmse'],
    ];
    const keys = same.map((names) => new Set(names.map(meaningOf)));
    expect(keys.map(({ size }) => size)).toEqual(same.map(() => 1));
    expect(new Set(keys.flatMap((set) => [...set])).size).toBe(same.length);
  });

  it('never mix with metrics that the program records by the same name, which decide the objective', () => {
    for (const parts of [
      [
        [PRINTED, record(1, { loss: 0.1 })],
        [CLIENT, record(1, { loss: 0.6 })],
        [PRINTED, record(2, { loss: 0.05 })],
      ],
      [
        [CLIENT, record(1, { loss: 0.6 })],
        [PRINTED, record(1, { loss: 0.1 }), record(2, { loss: 0.05 })],
      ],
    ] as [string, ...object[]][][]) {
      const store = withParts(parts);
      expect(store.series.points('r1', 'loss').points.map(({ value }) => value)).toEqual([0.6]);
      expect(store.runs.get('r1')!.objective).toMatchObject({ value: 0.6, step: 1 });
      expect(store.runs.get('r1')!.metrics.loss).not.toHaveProperty('source');
    }
  });

  it('that the person requested by patterns stay beside the program’s own', () => {
    const store = withParts([
      ['patterns.ndjson', record(1, { speed: 3, loss: 9 })],
      [CLIENT, record(1, { loss: 0.6 })],
      ['patterns.ndjson', record(2, { speed: 4, loss: 9 })],
    ]);
    expect(metrics(store)).toEqual({ loss: 1, speed: 2 });
    expect(store.runs.get('r1')!.metrics.speed).toMatchObject({ source: 'output' });
  });

  it('stay beside the use of the machine', () => {
    const store = withParts([
      ['system.ndjson', record(2, { 'system/cpu_percent': 90 })],
      [PRINTED, record(1, { loss: 0.5 })],
      ['system.ndjson', record(4, { 'system/cpu_percent': 95 })],
    ]);
    expect(metrics(store)).toEqual({ loss: 1, 'system/cpu_percent': 2 });
    expect(store.runs.get('r1')!.metrics['system/cpu_percent']).toMatchObject({ source: 'system' });
  });

  it('of thousands of points are gone with all their chunks', () => {
    const folder = temporary();
    const store = openStore(folder);
    const run = newRun(folder, 'r1', { objective: null });
    store.runs.insert(run);
    write(
      run,
      PRINTED,
      Array.from({ length: 20_000 }, (_, i) => record(i, { acc: i })),
    );
    while (store.ingest.poll('r1', PRINTED).more);
    while (store.series.fold());
    expect(metrics(store)).toEqual({ acc: 20_000 });
    write(run, CLIENT, [record(1, { acc: 0.5 })]);
    store.ingest.poll('r1', CLIENT);
    expect(store.series.points('r1', 'acc')).toMatchObject({ total: 1, points: [{ value: 0.5 }] });
    store.close();
    const again = openStore(folder);
    expect(again.series.read({ run: 'r1', metric: 'acc' })).toMatchObject({ total: 1, y: [0.5] });
  });
});
