/** Logs made to harm whoever reads them: cut at every byte, giant, deep, circular, and with links that lead out of their folder. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { copyOutput } from '../../../src/foreign/import/copyOutput.js';
import { handArtifacts } from '../../../src/foreign/mlflow/artifacts.js';
import { MediaBudget } from '../../../src/foreign/mediaBudget.js';
import { mediaOf } from '../../../src/foreign/wandb/files.js';
import { Collector, copyOf, readWhole, runsIn } from './support.js';

const temporary = (): string => mkdtempSync(path.join(tmpdir(), 'tunesmith-hostile-'));
const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const WANDB_RUN = path.join('wandb', 'offline-run-20261129_152104-vqm6jyt4');

describe('cut at every byte', () => {
  const MLRUN = path.join('mlruns', '694416667569302498', '6cdd2f34652840129be91bb9170ab159');
  test.each([
    ['mlflow', path.join(MLRUN, 'meta.yaml')],
    ['mlflow', path.join(MLRUN, 'metrics', 'val', 'loss')],
    ['mlflow', path.join(MLRUN, 'params', 'lr')],
    ['mlflow', path.join(MLRUN, 'tags', 'mlflow.note.content')],
    ['dvclive', 'dvc.yaml'],
    ['dvclive', 'params.yaml'],
    ['dvclive', path.join('live', 'params.yaml')],
    ['dvclive', path.join('live', 'metrics.json')],
    ['lightning', path.join('lightning_logs', 'version_0', 'hparams.yaml')],
    ['wandb', path.join(WANDB_RUN, 'files', 'media', 'images', 'picture_4_7899d6ced52159786ff0.png')],
  ])('%s: %s', (name, file) => {
    const folder = copyOf(name);
    rmSync(path.join(folder, 'mlflow.db'), { force: true });
    const all = readFileSync(path.join(folder, file));
    for (let length = 0; length <= all.length; length++) {
      writeFileSync(path.join(folder, file), all.subarray(0, length));
      for (const run of runsIn(folder)) readWhole(run);
    }
    expect(runsIn(folder).length).toBeGreaterThan(0);
  });

  test('W&B: the data of tables and charts', () => {
    const tables = [
      { columns: ['id', 'x'], data: [[1, { _type: 'image-file', path: 'media/x.png', caption: 'é' }]] },
      { columns: ['Actual', 'Predicted', 'nPredictions'], data: [['cat', 'dog', 3]] },
      { columns: ['class', 'fpr', 'tpr'], data: [['a', 0, 'NaN']] },
    ];
    for (const table of tables) {
      const all = Buffer.from(JSON.stringify(table));
      for (let length = 0; length < all.length; length++) {
        const { mime } = mediaOf('rows', 'a.table.json', all.subarray(0, length));
        expect(mime).toBe('application/octet-stream');
      }
    }
  });

  test('MLflow: artifacts', () => {
    const store = temporary();
    for (const file of ['a.png', 'a.json', 'a.html', 'a.csv', 'a.wav']) {
      const all = Buffer.from('\x89PNG\r\n\x1a\n{"a":[1,2]}<p>RIFF', 'latin1');
      for (let length = 0; length <= all.length; length++) {
        writeFileSync(path.join(store, file), all.subarray(0, length));
        expect(handArtifacts(store, [], new MediaBudget(), new Collector()).names).toContain(file);
      }
    }
  });

  test('W&B: output that grows, shrinks and is cut within a letter is copied as it is', () => {
    const folder = temporary();
    const [from, to] = [path.join(folder, 'output.log'), path.join(folder, 'copy.log')];
    const all = Buffer.from('epoch 1 é\u001b[31mloss\r\n\0');
    for (let length = 0; length <= all.length; length++) {
      writeFileSync(from, all.subarray(0, length));
      copyOutput(from, to);
      expect(readFileSync(to)).toEqual(all.subarray(0, length));
    }
    writeFileSync(from, 'x');
    copyOutput(from, to);
    expect(readFileSync(to)).toEqual(all);
  });
});

describe('JSON made to harm its reader', () => {
  test('W&B: cells, columns, classes and points', () => {
    for (const columns of [
      ['a', 'b', 'c'],
      ['Actual', 'Predicted', 'nPredictions'],
      ['class', 'recall', 'precision'],
      ['class', 'fpr', 'tpr'],
    ]) {
      for (const text of ['{"toString":1,"valueOf":1}', `{"_type":"image-file","path":{"toString":1}}`, deep(50_000)]) {
        const row = `[${text},${text},${text}]`;
        const table = Buffer.from(`{"columns":${JSON.stringify(columns)},"data":[${row},${row}]}`);
        const { mime } = mediaOf('rows', 'a.table.json', table);
        expect(['text/csv', 'application/vnd.tunesmith.plot+json']).toContain(mime);
        mediaOf('rows', 'a.table.json', Buffer.from(`{"columns":[${text}],"data":[]}`));
      }
    }
  });

  test('Trainer: facts', () => {
    const folder = temporary();
    const file = path.join(folder, 'trainer_state.json');
    writeFileSync(
      file,
      `{"log_history":[{"step":1,"loss":2}],"best_metric":${deep(50_000)},"trial_params":${deep(9000)}}`,
    );
    const { found } = readWhole(runsIn(folder)[0]!);
    expect(found.scalars).toEqual([['loss', 2, 1]]);
  });

  test('Optuna: names, numbers and attributes', () => {
    const folder = temporary();
    const lines: object[] = [{ op_code: 0, worker_id: 'w', study_name: 's', directions: [1] }];
    lines.push({ op_code: 4, study_id: 0, datetime_start: '' });
    const names = ['{"toString":1,"valueOf":1}', deep(50_000)];
    const hostile = names.flatMap((each) => [
      `{"op_code":0,"study_name":${each},"directions":${each}}`,
      `{"op_code":4,"study_id":${each}}`,
      `{"op_code":4,"study_id":0,"state":${each},"params":{"a":${each}},"distributions":{"a":${each}},"user_attrs":{"a":${each}}}`,
      `{"op_code":5,"trial_id":${each}}`,
      `{"op_code":5,"trial_id":0,"param_name":${each},"param_value_internal":${each},"distribution":${each}}`,
      `{"op_code":6,"trial_id":0,"state":${each},"values":${each}}`,
      `{"op_code":7,"trial_id":0,"step":${each},"intermediate_value":${each}}`,
      `{"op_code":8,"trial_id":0,"user_attr":{"a":${each}}}`,
    ]);
    const end = { op_code: 6, trial_id: 0, state: 1, values: [3] };
    const text = [...lines.map((line) => JSON.stringify(line)), ...hostile, JSON.stringify(end)].join('\n');
    writeFileSync(path.join(folder, 'optuna.log'), `${text}\n`);
    const runs = runsIn(folder);
    expect(readWhole(runs[0]!).found.of('value')).toEqual([3]);
    for (const run of runs) readWhole(run);
  });
});

describe('folders made to harm their reader', () => {
  test('W&B: a folder of files that is a link leads nowhere', () => {
    const [folder, secret] = [copyOf('wandb'), temporary()];
    const run = path.join(folder, WANDB_RUN);
    cpSync(path.join(run, 'files'), secret, { recursive: true });
    writeFileSync(path.join(secret, 'output.log'), 'secret');
    const moved = path.join(temporary(), path.basename(run));
    mkdirSync(moved);
    cpSync(path.join(run, 'run-vqm6jyt4.wandb'), path.join(moved, 'run-vqm6jyt4.wandb'));
    symlinkSync(secret, path.join(moved, 'files'));
    const [found] = runsIn(moved);
    expect(found!.output).toBeUndefined();
    expect(readWhole(found!).found.allMedia.map(({ name }) => name)).toEqual(['weights']);
  });

  test('MLflow: links among the artifacts, to files, folders and themselves, are not followed', () => {
    const [store, secret] = [temporary(), temporary()];
    writeFileSync(path.join(secret, 'key.txt'), 'secret');
    symlinkSync(path.join(secret, 'key.txt'), path.join(store, 'a.txt'));
    symlinkSync(secret, path.join(store, 'b'));
    symlinkSync(store, path.join(store, 'round'));
    symlinkSync('self', path.join(store, 'self'));
    const sink = new Collector();
    expect(handArtifacts(store, [], new MediaBudget(), sink)).toEqual({ names: [], more: false });
    expect(handArtifacts(path.join(store, 'b'), [], new MediaBudget(), sink).names).toEqual([]);
    expect(sink.allMedia).toEqual([]);
  });

  test('MLflow: giant artifacts are left out, and so is what is beyond 1 GiB in all', () => {
    const store = temporary();
    for (let i = 0; i < 3; i++) {
      writeFileSync(path.join(store, `${i}.png`), '');
      truncateSync(path.join(store, `${i}.png`), i === 0 ? 2 ** 40 : 2 ** 20);
    }
    const [sink, budget] = [new Collector(), new MediaBudget()];
    expect(budget.takes(2 ** 30 - 1.5 * 2 ** 20)).toBe(true);
    expect(handArtifacts(store, [], budget, sink).names).toHaveLength(3);
    expect(sink.allMedia.map(({ name }) => name)).toEqual(['1.png']);
    expect(Object.values(sink.allInfo)).toEqual([`2 in ${store}`]);
  });

  test('a file that a log names again and again is read up to 1 GiB', () => {
    const budget = new MediaBudget();
    const taken = Array.from({ length: 100 }, () => budget.takes(32 * 2 ** 20)).filter(Boolean);
    expect([taken.length, budget.leftOut]).toEqual([32, 68]);
    const small = new MediaBudget();
    for (let i = 0; i < 10_001; i++) small.takes(1);
    expect(small.leftOut).toBe(1);
  });
});
