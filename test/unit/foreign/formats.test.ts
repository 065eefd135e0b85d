/** Every format, as its library writes it; cut, damaged and growing files cost no more than their part. */
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { DatabaseError } from '../../../src/foreign/sqlite/database.js';
import type { FoundRun } from '../../../src/foreign/types.js';
import { copyOf, fixture, readWhole, runsIn, type Collector } from './support.js';

const byName = (runs: FoundRun[], name: string): FoundRun => {
  const run = runs.find((each) => each.name === name);
  if (!run) throw new Error(`no ${name} among ${runs.map((each) => each.name).join(', ')}`);
  return run;
};
const THIRDS = [1, 1 / 2, 1 / 3];
const find = (folder: string, ending: string): string =>
  path.join(
    folder,
    (readdirSync(folder, { recursive: true }) as string[]).find((name) => name.endsWith(ending))!,
  );

describe('MLflow', () => {
  test.each(['file store', 'database'])('%s', (kind) => {
    const runs = runsIn(fixture('mlflow')).filter(({ inner }) => (inner === '') === (kind === 'file store'));
    expect(runs).toHaveLength(1);
    expect(runs[0]).toMatchObject({ format: 'mlflow', experiment: 'digits', name: 'first' });
    const { found, place } = readWhole(runs[0]!);
    expect(found.of('val/loss')).toEqual(THIRDS);
    expect(found.of('odd')).toEqual([NaN, -Infinity]);
    expect(found.scalars).toContainEqual(['odd', -Infinity, 2]);
    expect(found.allParams).toEqual({ lr: 0.1, layers: 3, width: 4, opt: 'adam', bias: true });
    expect(found.allFloats).toEqual({ width: true });
    expect(found.known).toMatchObject({ status: 'completed', note: 'a note', name: 'first' });
    expect(found.known.createdAt).toBeLessThan(found.known.endedAt!);
    expect(found.allInfo).toMatchObject({ team: 'a' });
    const again = readWhole(runs[0]!, JSON.parse(JSON.stringify(place)) as typeof place).found;
    expect([again.scalars, again.allParams, again.allInfo]).toEqual([[], {}, {}]);
  });

  test('new lines of a metric are read on', () => {
    const folder = copyOf('mlflow');
    const run = runsIn(folder).find(({ inner }) => inner === '')!;
    const { place } = readWhole(run);
    appendFileSync(find(folder, path.join('val', 'loss')), '1700000000000 0.25 3\n1700000000001 0.2');
    expect(readWhole(run, place).found.scalars).toEqual([['val/loss', 0.25, 3]]);
  });
});

test('W&B', () => {
  const [run, ...others] = runsIn(fixture('wandb'));
  expect(others).toEqual([]);
  const { found } = readWhole(run!);
  expect(found.of('loss')).toEqual(THIRDS);
  expect(found.of('nested.acc')).toEqual([0, 1, 2]);
  expect(found.of('odd')).toEqual([NaN]);
  expect(found.scalars.filter(([name]) => name.startsWith('many/'))).toHaveLength(1000);
  expect(found.allParams).toEqual({ lr: 0.1, width: 4, 'net.layers': [1, 2], opt: 'adam' });
  expect(found.allFloats).toEqual({ width: true });
  expect(found.known).toMatchObject({ experiment: 'proj', name: 'first', tags: ['a'], note: 'n', status: 'completed' });
  expect(found.allInfo).toEqual({ 'summary.best': 7 });
  expect(found.allMedia.map(({ name, mime }) => [name, mime])).toEqual([
    ['weights', 'application/vnd.tunesmith.histogram+json'],
    ['picture', 'image/png'],
  ]);
  expect(JSON.parse(String(Buffer.from(found.allMedia[0]!.bytes)))).toEqual({ counts: [1, 2], edges: [0, 1, 3] });
  expect(found.warnings).toEqual([]);
});

test('Lightning', () => {
  const [run, ...others] = runsIn(fixture('lightning'));
  expect(others).toEqual([]);
  expect(run).toMatchObject({ name: 'version_0', experiment: 'lightning_logs' });
  const { found } = readWhole(run!);
  expect(found.of('val/loss')).toEqual([1, 1]);
  expect(found.scalars.filter(([name]) => name === 'train/loss').map(([, , step]) => step)).toEqual([1, 3, 5, 7]);
  expect(found.allParams).toEqual({ hidden: 4, lr: 0.1 });
});

test('a single file is imported with what lies beside it', () => {
  const file = find(fixture('lightning'), 'metrics.csv');
  const [run, ...others] = runsIn(file);
  expect([run!.path, others]).toEqual([file, []]);
  expect(readWhole(run!).found.allParams).toEqual({ hidden: 4, lr: 0.1 });
  expect(runsIn(find(fixture('lightning'), 'hparams.yaml'))).toEqual([]);
});

describe('Keras', () => {
  test('rows by epoch', () => {
    const [run] = runsIn(fixture('keras'));
    const { found } = readWhole(run!);
    expect(found.scalars.map(([name, , step]) => [name, step]).slice(0, 3)).toEqual([
      ['loss', 0],
      ['val_loss', 0],
      ['loss', 1],
    ]);
  });

  test('added rows, and a file rewritten with one more column', () => {
    const folder = copyOf('keras');
    const file = path.join(folder, 'training.log');
    writeFileSync(file, 'epoch,loss\n0,1.5\n1,1.2');
    const [run] = runsIn(folder);
    const first = readWhole(run!);
    expect(first.found.scalars).toEqual([['loss', 1.5, 0]]);
    appendFileSync(file, '5\n');
    const second = readWhole(run!, first.place);
    expect(second.found.scalars).toEqual([['loss', 1.25, 1]]);
    writeFileSync(file, 'epoch,loss,acc\n0,1.5,\n1,1.25,\n2,1,0.5\n');
    expect(readWhole(run!, second.place).found.scalars).toEqual([
      ['loss', 1, 2],
      ['acc', 0.5, 2],
    ]);
  });

  test('tables of data are not logs', () => {
    const folder = copyOf('keras');
    writeFileSync(path.join(folder, 'train.csv'), 'age,epoch,name\n1,2,x\n');
    writeFileSync(path.join(folder, 'sales.csv'), 'epoch,amount\n1,2\n');
    expect(runsIn(folder).map(({ name }) => name)).toEqual(['training']);
  });
});

test('Hugging Face Trainer: the newest checkpoint has everything', () => {
  const [run, ...others] = runsIn(fixture('transformers'));
  expect(others).toEqual([]);
  const { found } = readWhole(run!);
  expect(found.scalars).toEqual([
    ['learning_rate', 5e-5, 1],
    ['loss', 1.5, 1],
    ['eval_loss', 0.5, 2],
    ['loss', NaN, 3],
  ]);
  expect(found.allInfo).toMatchObject({ best_metric: 0.5, max_steps: 10 });
});

describe('Optuna', () => {
  const check = (file: string): void => {
    const runs = runsIn(fixture('optuna')).filter((run) => path.basename(run.path) === file);
    expect(runs.map(({ name }) => name)).toEqual([0, 1, 2, 3, 4].map((i) => `trial ${i}`));
    expect(runs[0]!.experiment).toBe('quad');
    const trials = runs.map((run) => readWhole(run).found);
    expect(trials.map(({ known }) => known.status)).toEqual([
      'completed',
      'completed',
      'pruned',
      'failed',
      'completed',
    ]);
    expect(trials[0]!.allParams).toEqual({ x: 1, layers: 2, opt: null });
    expect(trials[0]!.allFloats).toEqual({ x: true });
    expect(trials[0]!.of('intermediate')).toEqual([1, 2, 3]);
    expect(trials[0]!.of('value')).toEqual([3]);
    expect(trials[0]!.allInfo).toEqual({ note: 'hi' });
    expect(trials[0]!.known.objective).toEqual({ metric: 'value', goal: 'minimize' });
    expect(trials[0]!.known.createdAt).toBeLessThan(trials[0]!.known.endedAt!);
    expect(['adam', 'sgd', null]).toContain(trials[1]!.allParams.opt);
  };
  test('database', () => check('optuna.db'));
  test('journal', () => check('optuna.log'));
});

test('Trackio', () => {
  const [run, ...others] = runsIn(fixture('trackio'));
  expect(others).toEqual([]);
  expect(run).toMatchObject({ name: 'first', experiment: 'proj' });
  const { found } = readWhole(run!);
  expect(found.of('loss')).toEqual(THIRDS);
  expect(found.of('odd')).toEqual([Infinity]);
  expect(found.allParams).toEqual({ lr: 0.1, 'net.layers': 3 });
});

test('DVCLive and DVC', () => {
  const runs = runsIn(fixture('dvclive'));
  const live = readWhole(byName(runs, 'live')).found;
  expect(live.of('train/loss')).toEqual(THIRDS);
  expect(live.allParams).toEqual({ lr: 0.1, 'net.layers': 3 });
  const run = byName(runs, 'dvclive');
  const { found, place } = readWhole(run);
  expect(found.allParams).toEqual({ lr: 0.1, width: 4 });
  expect(found.scalars).toEqual([
    ['train.loss', 1 / 3, 0],
    ['step', 2, 0],
  ]);
  expect(readWhole(run, place).found.scalars).toEqual([]);
});

/** Where a format's run is in one file that can be cut. */
const CUT: [fixtureName: string, file: string][] = [
  ['wandb', '.wandb'],
  ['lightning', 'metrics.csv'],
  ['keras', 'training.log'],
  ['transformers', path.join('checkpoint-10', 'trainer_state.json')],
  ['optuna', 'optuna.log'],
  ['optuna', 'optuna.db'],
  ['trackio', 'proj.db'],
  ['mlflow', 'mlflow.db'],
  ['dvclive', 'loss.tsv'],
];
describe('cut and damaged files', () => {
  test.each(CUT)('%s: %s gives the intact part, and never more', (name, ending) => {
    const folder = copyOf(name);
    const file = find(folder, ending);
    const all = readFileSync(file);
    const values = (): string[] => runsIn(folder).flatMap((run) => allOf(run));
    const whole = new Set(values());
    const step = Math.max(1, Math.ceil(all.length / 400));
    for (let length = all.length - 1; length >= 0; length -= step) {
      writeFileSync(file, all.subarray(0, length));
      const found = values();
      if (!file.endsWith('.csv') && !file.endsWith('.log')) for (const value of found) expect(whole).toContain(value);
    }
  });

  test.each(CUT)('%s: %s with changed bytes neither throws nor hangs', (name, ending) => {
    const folder = copyOf(name);
    const file = find(folder, ending);
    const all = readFileSync(file);
    const step = Math.max(1, Math.ceil(all.length / 400));
    for (let at = 0; at < all.length; at += step) {
      const changed = Buffer.from(all);
      changed[at]! ^= 0xff;
      writeFileSync(file, changed);
      runsIn(folder).forEach((run) => allOf(run));
    }
  });
});

describe('hostile databases', () => {
  const schema = `CREATE TABLE study_directions (direction, study_id, objective);
    CREATE TABLE trials (trial_id, number, study_id, state, datetime_start, datetime_complete);
    CREATE TABLE trial_params (trial_id, param_name, param_value, distribution_json);
    CREATE TABLE trial_values (trial_id, objective, value);
    CREATE TABLE trial_intermediate_values (trial_id, step, intermediate_value);`;
  const open = (sql: string): FoundRun[] => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tunesmith-hostile-'));
    const db = new DatabaseSync(path.join(folder, 'optuna.db'));
    db.exec(`${schema} INSERT INTO trials VALUES (1, 0, 1, 'COMPLETE', '', ''); ${sql}`);
    db.close();
    return runsIn(folder);
  };

  test('plain tables are read', () => {
    expect(open(`CREATE TABLE studies (study_id, study_name); INSERT INTO studies VALUES (1, 's')`)).toHaveLength(1);
  });

  test('a view that never ends is not read', () => {
    const endless =
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS study_id, i AS study_name FROM n';
    expect(open(`CREATE VIEW studies AS ${endless}`)).toEqual([]);
  });

  test('columns that compute something are not read', () => {
    expect(
      open(`CREATE TABLE studies (study_id, study_name AS (hex(zeroblob(400000000)))); INSERT INTO studies VALUES (1)`),
    ).toEqual([]);
  });

  test('a value of 32 MiB costs the run, not the memory', () => {
    const before = process.memoryUsage().rss;
    const runs = open(`CREATE TABLE studies (study_id, study_name); INSERT INTO studies VALUES (1, 's');
      INSERT INTO trial_params VALUES (1, hex(zeroblob(16777216)), 1, '')`);
    for (const run of runs) expect(() => readWhole(run)).toThrow(DatabaseError);
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 2 ** 20);
  });
});

/** The values of a run as texts; none if it can't be read, for the reasons that an import reports. */
function allOf(run: FoundRun): string[] {
  let found: Collector;
  try {
    found = readWhole(run).found;
  } catch (error) {
    if (error instanceof DatabaseError) return [];
    throw error;
  }
  return found.scalars.map((scalar) => JSON.stringify(scalar));
}
