import * as assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { api, lensesOf, open, until, workspaceFolder, write } from './support.js';

const command = <T>(name: string, ...args: unknown[]) =>
  vscode.commands.executeCommand<T>(`tunesmith.${name}`, ...args);

const FILE = `name: net
network:
  data: { csv: { file: net.csv, target: kind } }
  layers: [{ dense: { units: 8, activation: relu } }, { dense: 2 }]
  loss: crossEntropy
  optimizer: { name: sgd, learningRate: 0.0001 } # too low
  epochs: 1
  seed: 1
  backend: wasm
`;
const rows = Array.from({ length: 200 }, (_, i) => `${(i * 37) % 101},${(i * 37) % 101 > 50 ? 'high' : 'low'}`);

describe('the files of a training', function () {
  this.timeout(120_000);
  const at = (name: string) => path.join(workspaceFolder().uri.fsPath, name);
  let file: string;

  before(() => {
    write('net.csv', ['x,kind', ...rows].join('\n'));
    file = write('net.tune.yaml', FILE);
  });

  const over = async (id: string) => {
    const { engines } = await api();
    return until(
      'the end of the run',
      () => {
        const run = engines.findRun(id)?.run;
        return run && run.endedAt !== null && run;
      },
      90_000,
    );
  };

  it('is exported, evaluated and used', async () => {
    await open(file);
    const run = await over(await command<string>('run.start', file));
    assert.equal(run.status, 'completed', run.error?.message);
    assert.deepEqual(await command('run.exportModel', run.id, 'onnx', at('net.onnx')), [at('net.onnx')]);
    assert.ok(existsSync(at('net.onnx')));
    assert.equal(await command('run.exportModel', run.id, 'onnx', at('net.onnx')), undefined, 'what is there stays');
    const metrics = await command<Record<string, number>>('run.evaluate', run.id, [at('net.csv')]);
    assert.ok(metrics.accuracy! >= 0 && metrics.loss! > 0);
    assert.match(vscode.window.activeTextEditor!.document.getText(), /^# net 1\n\n200 examples: /);
    const found = await command<{ explained: unknown[]; calibration: { ece: number } | null }>(
      'run.examine',
      run.id,
      [at('net.csv')],
      ['explain', 'calibrate'],
    );
    assert.equal(found.explained.length, 12);
    assert.ok(found.calibration!.ece >= 0);
    assert.match(vscode.window.activeTextEditor!.document.getText(), /## Calibration[^]*## Explanations/);
    assert.equal(await command('run.predict', run.id, [at('net.csv')], at('net-p.csv')), 200);
    assert.match(readFileSync(at('net-p.csv'), 'utf8'), /^row,prediction,probability:high,probability:low\n1,/);
  });

  it('a network is found for a table', async () => {
    const found = await command<{ file: string; test: number }>('data.findNetwork', at('net.csv'), 'kind', '15s');
    assert.equal(found.file, at('net.network/net.best.tune.yaml'));
    assert.ok(found.test >= 0 && found.test <= 1);
    assert.ok(existsSync(at('net.network/net.report.md')));
  });

  it('a range test suggests a learning rate, which is written in its place', async () => {
    assert.ok((await lensesOf(file)).includes('5: Find learning rate'));
    const run = await over(await command<string>('run.lrRange', file));
    assert.equal(run.status, 'completed', run.error?.message);
    assert.equal(typeof run.info.lr_suggestion, 'number');
    await command('run.useLearningRate', run.id);
    const text = readFileSync(file, 'utf8');
    assert.equal(text, FILE.replace('0.0001', String(run.info.lr_suggestion)));
  });
});
