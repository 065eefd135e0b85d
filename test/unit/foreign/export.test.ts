/** Exports, read back with our readers; `verifyExports.py` reads them with the libraries themselves, if there are any. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { exportMlflow } from '../../../src/foreign/export/mlflow.js';
import { exportOptuna } from '../../../src/foreign/export/optuna.js';
import { exportParquet } from '../../../src/foreign/export/parquet.js';
import type { ExportSource } from '../../../src/foreign/export/source.js';
import { parsePython } from '../../../src/foreign/plain.js';
import { exportTensorBoard } from '../../../src/foreign/export/tensorboard.js';
import type { MetricPoint, Run } from '../../../src/protocol/engine/index.js';
import { fromWire, type WireNumber } from '../../../src/protocol/values/index.js';
import { run } from '../editor/samples.js';
import { readWhole, runsIn } from './support.js';

const VALUES: Record<string, WireNumber[]> = {
  'val/loss': [1, 0.5, 'NaN', 0.25],
  'val/loss/min': ['Infinity'],
  'öd..d': [-7],
};
const summary = (values: WireNumber[]): Run['metrics'][string] => ({
  ...{ last: values.at(-1)!, lastStep: values.length - 1, min: 0, max: 1, count: values.length },
});
const metrics = Object.fromEntries(Object.entries(VALUES).map(([name, values]) => [name, summary(values)]));
const base = { metrics, experiment: 'digits', createdAt: 1.7e12, startedAt: 1.7e12, endedAt: 1.7e12 + 5000 };
const runs: Run[] = [
  run({
    ...{ id: 'a1', name: 'first', status: 'completed', ...base },
    params: { lr: 0.5, width: 4, opt: 'adam', bias: true, layers: [1, 2] },
    floats: { width: true },
    objective: { metric: 'val/loss', goal: 'minimize', value: 0.25, step: 3 },
  }),
  run({
    ...{ id: 'b2', name: 'first', status: 'failed', ...base, createdAt: 1.7e12 + 1 },
    params: { lr: 1, width: 8, opt: null },
    objective: { metric: 'val/loss', goal: 'minimize', value: null, step: null },
  }),
  run({ id: 'c3', name: 'no objective', status: 'completed', ...base, params: {}, objective: null }),
];
const source: ExportSource = {
  runs,
  async *points(_run, metric) {
    const all = VALUES[metric]!.map((value, step): MetricPoint => ({ step, time: 1.7e12 + step, value, epoch: null }));
    yield all.slice(0, 2);
    yield all.slice(2);
  },
};
let folder: string;
const at = (name: string): string => path.join(folder, name);
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'tunesmith-export-'));
  await exportTensorBoard(source, at('tensorboard'));
  await exportMlflow(source, at('mlflow'));
  await exportOptuna(source, at('optuna.db'));
  await exportParquet(source, at('runs.parquet'), false);
  await exportParquet(source, at('points.parquet'), true);
});

const LOSS = VALUES['val/loss']!.map(fromWire);

test('TensorBoard: scalars at their steps, and hyperparameters', () => {
  const found = runsIn(at('tensorboard'));
  expect(found.map(({ name }) => name)).toEqual(['first-a1', 'first-b2', 'no_objective-c3']);
  const read = readWhole(found[0]!).found;
  expect(read.of('val/loss')).toEqual(LOSS);
  expect(read.scalars).toContainEqual(['val/loss', 0.25, 3]);
  expect(read.times[1]).toBeCloseTo(1.7e12 + 1, 1);
  expect(read.allParams).toEqual({ lr: 0.5, width: 4, opt: 'adam', bias: true, layers: '[1,2]' });
  expect(read.known.status).toBe('completed');
});

test('MLflow: metrics, typed parameters, and names that it does not take under others', async () => {
  const found = runsIn(at('mlflow'));
  expect(found.map(({ name }) => name).sort()).toEqual(['first', 'first', 'no objective']);
  const reads = found.map((each) => readWhole(each).found);
  const read = reads.find(({ allParams }) => allParams.lr === 0.5)!;
  expect(read.of('val/loss')).toEqual(LOSS);
  expect(read.allParams).toEqual({ lr: 0.5, width: 4, opt: 'adam', bias: true, layers: '[1,2]' });
  expect(read.allFloats).toEqual({ width: true });
  expect(new Set(read.scalars.map(([name]) => name)).size).toBe(3);
  const { notes } = await exportMlflow(source, at('again'));
  expect(notes).toEqual([expect.stringContaining('"val/loss/min"'), expect.stringContaining('"öd..d"')]);
});

test('Optuna: a study with trials, those without an objective left out', async () => {
  const found = runsIn(at('optuna.db'));
  expect(found.map(({ name, experiment }) => [name, experiment])).toEqual([
    ['trial 0', 'digits'],
    ['trial 1', 'digits'],
  ]);
  const [first, second] = found.map((each) => readWhole(each).found);
  expect(first!.known).toMatchObject({ status: 'completed', objective: { metric: 'value', goal: 'minimize' } });
  expect(first!.known.createdAt).toBe(1.7e12);
  expect(first!.of('value')).toEqual([0.25]);
  expect(first!.of('intermediate')).toEqual(LOSS);
  expect(first!.allParams).toEqual({ lr: 0.5, width: 4, opt: 'adam', bias: true, layers: '[1,2]' });
  expect(first!.allFloats).toEqual({ width: true });
  expect(second!.known.status).toBe('failed');
  expect(second!.allParams).toEqual({ lr: 1, width: 8, opt: null });
  writeFileSync(at('there.db'), '');
  await expect(exportOptuna(source, at('there.db'))).rejects.toThrow('EEXIST');
});

type Found = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any
/** A Python with the libraries. */
const python = process.env.TUNESMITH_EXPORT_PYTHON ?? 'python3';
const has = spawnSync(python, ['-c', 'import pandas, pyarrow, tensorboard, optuna, mlflow']).status === 0;
test.skipIf(!has)(
  'the libraries themselves read all of it',
  () => {
    const verify = path.join(import.meta.dirname, 'verifyExports.py');
    const found = parsePython(
      execFileSync(python, ['-W', 'ignore', verify, folder], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    ) as Found;
    expect(found.tensorboard['digits/first'].scalars['val/loss']).toEqual([
      [0, '1.0'],
      [1, '0.5'],
      [2, 'nan'],
      [3, '0.25'],
    ]);
    expect(found.mlflow['digits/no objective'].metrics['val/loss']).toHaveLength(4);
    expect(found.optuna.digits).toMatchObject({
      direction: 'MINIMIZE',
      best: { lr: 0.5, width: 4, opt: 'adam', bias: true },
      after: 3,
    });
    expect(found.runs.rows[0]).toMatchObject({
      id: 'a1',
      'param:lr': 0.5,
      'param:opt': 'adam',
      'param:layers': '[1,2]',
      'metric:val/loss': 0.25,
    });
    expect(found.points.rows).toHaveLength(18);
    expect(found.points.rows[1]).toEqual({
      run: 'a1',
      metric: 'val/loss',
      step: 1,
      epoch: null,
      time: 1.7e12 + 1,
      value: 0.5,
    });
  },
  120_000,
);
