/** Tests several workers as real threads and processes. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as esbuild from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import type { Dataset } from '../../../../src/training/data/types.js';
import { deviceOf, divide, Workers } from '../../../../src/training/parallel/index.js';
import { loadState, saveState } from '../../../../src/training/checkpoints/resume.js';
import { Training } from '../../../../src/training/loop/train.js';
import { network, Notes, rings, stripes, until } from '../support.js';
import { buildTrainer } from '../trainerProgram.js';

let folder: string;
let entry: string;
const open: Workers[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith workers ☃ '));
  entry = await buildTrainer(folder);
  await wasm.start();
});
afterAll(async () => {
  await Promise.all(open.map((workers) => workers.close()));
  await rm(folder, { recursive: true });
});

async function start(count: number, kind: 'thread' | 'process' = 'thread', backend: 'wasm' | 'cpu' = 'wasm') {
  const workers = await Workers.start({ count, backend, kind, entry });
  open.push(workers);
  return workers;
}

const make = (section: Record<string, unknown>, dataset: Dataset, workers: Workers | null, notes = new Notes()) =>
  new Training({
    network: network(section),
    dataset,
    seed: 3,
    log: notes,
    cheapReads: true,
    evaluationBatch: 64,
    workers,
  });

/** Returns the process IDs of the workers of a process. */
function children(of = process.pid): number[] {
  const all = spawnSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).stdout.split('\n');
  const ours = all.map((line) => line.trim().split(/\s+/)).filter((words) => words.includes('--gradient-worker'));
  return ours.filter(([, parent]) => parent === String(of)).map(([pid]) => Number(pid));
}

const section = {
  layers: [{ dense: { units: 9, activation: 'tanh' } }, { dense: 2 }],
  loss: 'crossEntropy',
  optimizer: { name: 'sgd', learningRate: 0.3, momentum: 0.9 },
  // 70 examples make two batches of 30 and one of 10, with uneven parts for some numbers of workers.
  batchSize: 30,
  epochs: 2,
};

describe.each([
  ['three threads', 3, 'thread', 'wasm'],
  ['two processes', 2, 'process', 'cpu'],
] as const)('%s', (_, count, kind, backend) => {
  let workers: Workers;
  beforeAll(async () => {
    workers = await start(count, kind, backend);
    if (backend === 'cpu') await cpu.start();
    await tf.setBackend(backend);
  });
  it.each([
    ['plain', {}, rings(70)],
    ['class weights', { loss: { name: 'crossEntropy', classWeights: 'balanced', labelSmoothing: 0.1 } }, uneven()],
    [
      'images, changed and mixed; penalties; averages; two batches a step',
      {
        layers: [{ conv: { filters: 3, kernel: 3, activation: 'relu' } }, 'flatten', { dense: 2 }],
        augment: { shift: 1, rotate: 20, noise: 0.1 },
        mixup: 0.4,
        regularization: { l2: 1e-3 },
        ema: 0.8,
        accumulate: 2,
        constraint: { l1: 5 },
        clip: { norm: 1 },
      },
      stripes(70),
    ],
  ])('train like a single one: %s', async (__, more, dataset) => {
    const [alone, together] = [new Notes(), new Notes()];
    const one = make({ ...section, ...more }, dataset, null, alone);
    await one.run();
    const several = make({ ...section, ...more }, dataset, workers, together);
    await several.run();
    const [wanted, got] = [await one.weights(), await several.weights()];
    wanted.forEach(({ values }, i) => {
      values.forEach((value, j) => expect(got[i]!.values[j]).toBeCloseTo(value, 5));
    });
    for (const name of ['loss', 'accuracy', 'val/loss']) {
      together.series(name).forEach((value, i) => expect(value).toBeCloseTo(alone.series(name)[i]!, 5));
    }
    expect(together.series('loss').length).toBe(alone.series('loss').length);
    one.dispose();
    several.dispose();
  });
});

/** Returns two classes, one of them rare. */
function uneven(): Dataset {
  const dataset = rings(70);
  dataset.train.targets = Int32Array.from(dataset.train.targets, (label, i) => (i % 3 ? 0 : label));
  return dataset;
}

describe('several workers', () => {
  beforeAll(async () => {
    await tf.setBackend('wasm');
  });
  const mixed = { ...section, layers: [{ dense: 8 }, 'batchNorm', { dropout: 0.3 }, { dense: 2 }], optimizer: 'adam' };

  it('are reproducible with dropout and batch norm, also after a resume', async () => {
    const workers = await start(3);
    const results = [];
    for (let i = 0; i < 2; i++) {
      const run = make({ ...mixed, epochs: 4 }, rings(100), workers);
      await run.run();
      results.push(await run.weights());
      run.dispose();
    }
    expect(results[1]).toEqual(results[0]);
    // The moving averages cover the parts of all workers.
    const moved = results[0]!.find(({ name }) => name.endsWith('movingVariance'))!;
    expect([...moved.values].every((value) => value !== 1 && Number.isFinite(value))).toBe(true);

    const notes = new Notes();
    const first = new Training({
      network: network({ ...mixed, epochs: 4 }),
      dataset: rings(100),
      seed: 3,
      log: notes,
      cheapReads: true,
      evaluationBatch: 64,
      workers,
      onEpoch: async (now, epoch) => {
        if (epoch !== 2) return;
        await saveState(folder, await now.state());
        notes.stopRequested = 'stop';
      },
    });
    expect(await first.run()).toBe(false);
    const second = make({ ...mixed, epochs: 4 }, rings(100), await start(3));
    second.load(await loadState(folder));
    await second.run();
    expect(await second.weights()).toEqual(results[0]);
    first.dispose();
    second.dispose();
  });

  it('leak no tensors', async () => {
    const workers = await start(2);
    const before = tf.memory().numTensors;
    const run = make({ ...mixed, diagnostics: true }, rings(100), workers);
    await run.run();
    run.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it.skipIf(process.platform === 'win32')('end the training with a clear message when one is killed', async () => {
    const before = children();
    const workers = await start(2, 'process', 'cpu');
    const [pid] = children().filter((one) => !before.includes(one));
    const notes = new Notes();
    const run = make({ ...section, epochs: 10_000, logEvery: 1 }, rings(100), workers, notes);
    notes.onPoint = ({ step }) => {
      if (step === 5) process.kill(pid!, 'SIGKILL');
    };
    await expect(run.run()).rejects.toThrow(/^worker 1 of the training ended by itself \(SIGKILL\)/);
    run.dispose();
    await workers.close();
    expect(children()).not.toContain(pid);
  });

  it.skipIf(process.platform === 'win32')('exit when the training is killed', async () => {
    const program = join(folder, 'main.cjs');
    await esbuild.build({
      bundle: true,
      platform: 'node',
      format: 'cjs',
      mainFields: ['module', 'main'],
      logLevel: 'error',
      stdin: {
        contents: `import { Workers } from './src/training/parallel/index.js';
          const options = { count: 3, backend: 'cpu', kind: 'process', entry: ${JSON.stringify(entry)} };
          void Workers.start(options).then(() => console.log('ready'));`,
        resolveDir: process.cwd(),
        loader: 'ts',
      },
      outfile: program,
    });
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const pids = children(child.pid);
    expect(pids).toHaveLength(2);
    child.kill('SIGKILL');
    const alive = (pid: number) => {
      const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
      return stdout.trim() !== '' && !stdout.startsWith('Z');
    };
    await until(() => !pids.some(alive));
  });

  it('can’t outnumber the examples of a batch, and report why one can’t start', async () => {
    const workers = await start(3);
    expect(() => make({ ...section, batchSize: 2 }, rings(20), workers)).toThrow(
      "a batchSize of 2 can't be shared by 3 workers",
    );
    await expect(
      Workers.start({
        count: 2,
        backend: 'webgpu',
        kind: 'process',
        entry,
        env: { ...process.env, TUNESMITH_HOME: folder },
      }),
    ).rejects.toThrow(/^worker 1 of the training .*webgpu/);
  });
});

describe('parts', () => {
  it('are even, cover the whole batch, and the first is never empty', () => {
    const batch = (count: number) => ({
      count,
      inputs: Float32Array.from({ length: 2 * count }, (_, i) => i),
      targets: Float32Array.from({ length: count }, (_, i) => i),
    });
    expect(divide(batch(10), 4).map(({ count }) => count)).toEqual([3, 2, 3, 2]);
    expect(divide(batch(1), 3).map(({ count }) => count)).toEqual([1, 0, 0]);
    expect(divide(batch(7), 3).flatMap(({ inputs }) => [...inputs])).toEqual([...batch(7).inputs]);
    expect(divide(batch(7), 3).flatMap(({ targets }) => [...targets])).toEqual([...batch(7).targets]);
  });

  it('get one GPU each, as far as there are enough', () => {
    const devices = (visible?: string) =>
      [0, 1, 2].map((rank) => deviceOf(rank, { CUDA_VISIBLE_DEVICES: visible }).CUDA_VISIBLE_DEVICES);
    expect(devices('4,5')).toEqual(['4', '5', '4']);
    expect(devices('4')).toEqual([undefined, undefined, undefined]);
    expect(devices()).toEqual([undefined, undefined, undefined]);
  });
});
