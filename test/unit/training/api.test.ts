/** `tunesmith/training` as a person's program uses it: the bundle, run by the module host in its own process. */
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as esbuild from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunClient } from '../../../src/client/index.js';
import { JournalRecord } from '../../../src/protocol/run/journal.js';
import type { Run } from '../../../src/training/api/types.js';

/** Checks at compile time that the run passed to a module has everything its type promises. */
export const promised = (run: RunClient): Run => run;
const EXAMPLE = resolve('examples/parts/train.ts');
let folder: string;
let runs = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith parts ☃ '));
  await esbuild.build({
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    outdir: folder,
    mainFields: ['module', 'main'],
    logLevel: 'error',
    entryPoints: {
      module: 'src/client/module/host.ts',
      training: 'src/training/api/index.ts',
      trainer: 'src/training/main.ts',
    },
  });
  const file = 'tfjs-backend-wasm-simd.wasm';
  await copyFile(join('node_modules/@tensorflow/tfjs-backend-wasm/dist', file), join(folder, file));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a module as the engine does. */
async function start(module: string, params: Record<string, number> = {}) {
  const run = join(folder, `run ${runs++}`);
  await mkdir(join(run, 'journal'), { recursive: true });
  const env = { TUNESMITH_BACKEND: 'wasm', TUNESMITH_RUN_DIR: run, TUNESMITH_RUN_ID: 'test', TUNESMITH_SEED: '3' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'module.cjs'), module], {
    env: { ...process.env, ...env, TUNESMITH_PARAMS: JSON.stringify(params) },
    encoding: 'utf8',
    cwd: folder,
  });
  const names = await readdir(join(run, 'journal'));
  const text = (await Promise.all(names.map((name) => readFile(join(run, 'journal', name), 'utf8')))).join('');
  const records = text.split('\n').flatMap((line) => {
    if (!line || line.startsWith('\0')) return [];
    return [JournalRecord.parse({ type: 'metrics', ...(JSON.parse(line) as object) })];
  });
  const metrics = records.flatMap((record) => (record.type === 'metrics' ? [record.values] : []));
  const series = (name: string) => metrics.flatMap((values) => (name in values ? [values[name] as number] : []));
  const finish = records.find((record) => record.type === 'finish');
  return { status, output: stdout + stderr, series, finish, run };
}

async function program(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

describe('a custom loop of the trainer’s parts', () => {
  it('the example learns two spirals with a custom loss', async () => {
    const { status, output, series, finish } = await start(EXAMPLE, { lr: 0.03, units: 32, gamma: 1, epochs: 25 });
    expect([status, output]).toEqual([0, '']);
    expect(finish).toMatchObject({ status: 'completed' });
    expect(series('val/accuracy')).toHaveLength(25);
    expect(series('val/accuracy').at(-1)).toBeGreaterThan(0.9);
    expect(series('loss').length).toBe(25 * 15);
  });

  it('the example type-checks against the declaration', async () => {
    const compilerOptions = {
      noEmit: true,
      strict: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: true,
      types: [],
      target: 'es2023',
      lib: ['es2023', 'dom'],
      module: 'nodenext',
      moduleResolution: 'nodenext',
    };
    const tsc = resolve('node_modules/typescript/bin/tsc');
    // TensorFlow.js's types are available in one case and missing in the other.
    await copyFile(resolve('media/training.d.ts'), join(folder, 'tunesmith.d.ts'));
    await copyFile(EXAMPLE, join(folder, 'train.ts'));
    for (const files of [
      [resolve('media/training.d.ts'), EXAMPLE],
      [join(folder, 'tunesmith.d.ts'), join(folder, 'train.ts')],
    ]) {
      const config = await program('tsconfig.json', JSON.stringify({ compilerOptions, files }));
      expect(spawnSync(process.execPath, [tsc, '-p', config], { encoding: 'utf8' }).stdout).toBe('');
    }
  });

  it('every part follows its section of the schema, including the error messages', async () => {
    const module = await program(
      'parts.mjs',
      `import * as api from 'tunesmith/training';
       import { createRequire } from 'node:module';
       const said = (f) => { try { f(); return null; } catch (error) { return error.name + ': ' + error.message; } };
       export default async function (run) {
         const { name, device } = await api.startBackend();
         const inputs = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * 7.3));
         const targets = Float32Array.from({ length: 30 }, (_, i) => 2 * inputs[2 * i] - inputs[2 * i + 1] + 1);
         const data = api.makeData({ inputs, targets, inputShape: [2], validation: 0.2 });
         const net = api.network([{ dense: 1 }], data, { seed: 1 });
         const mse = api.loss('mse', data);
         const sgd = api.optimizer({ name: 'sgd', learningRate: 0.2, momentum: 0.5 }, net);
         const seen = [];
         for (let epoch = 0; epoch < 60; epoch++)
           for await (const { inputs, targets, count } of api.batches(data, 'train', { size: 10, seed: epoch })) {
             if (epoch === 0) seen.push(count);
             await sgd.minimize(() => mse(net.forward(inputs, { training: true }), targets));
           }
         const values = await net.values();
         const weights = values.flatMap(({ values }) => Array.from(values, (value) => Math.round(100 * value) / 100));
         const images = api.makeData({ inputs: new Float32Array(64).fill(1), targets: [0, 1, 0, 1], inputShape: [4, 4, 1], classes: ['a', 'b'] });
         const pixels = new Float32Array(16).fill(1);
         api.augmentation({ noise: 0.1 }, images).apply(pixels, new Float32Array([1, 0]), 1);
         const required = createRequire(import.meta.url)('tunesmith/training');
         console.log(JSON.stringify({
           name, device, seen, weights,
           r2: (await api.evaluate(net, 'mse', data)).r2 > 0.999,
           half: api.schedule({ name: 'cosine' }, 10).at(5),
           noisy: pixels.some((value) => value !== 1),
           same: required.network === api.network,
           mistakes: [
             said(() => api.optimizer('adm', net)),
             said(() => api.network([{ dense: { unit: 3 } }], data)),
             said(() => api.loss('crossEntropy', {})),
             said(() => api.makeData({ inputs: [1, 2, 3], targets: [1], inputShape: [2] })),
             said(() => api.makeData({ inputs: [1, 2], targets: [0, 5], inputShape: [1], classes: ['a', 'b'] })),
             said(() => api.augmentation({ shift: 2 }, data)),
           ],
         }));
       }`,
    );
    const { status, output } = await start(module);
    expect(status, output).toBe(0);
    const result = JSON.parse(output) as Record<string, unknown>;
    const { mistakes, ...rest } = result;
    expect(rest).toEqual({
      name: 'wasm',
      device: 'cpu',
      seen: [10, 10, 4],
      weights: [2, -1, 1],
      r2: true,
      noisy: true,
      same: true,
      half: expect.closeTo(0.5, 9),
    });
    expect(mistakes).toEqual([
      expect.stringContaining('unknown optimizer "adm"; did you mean "adam"?'),
      expect.stringContaining('units must be a number'),
      'TrainingError: data must come from loadData or makeData',
      "TrainingError: the examples don't fit each other: 3 inputs, 2 per example, but 1 targets, 1 per example",
      'TrainingError: the examples: target 1 is 5, which is not an index of the 2 classes',
      expect.stringContaining('augment is for images'),
    ]);
  });
});

describe('the whole training from a program', () => {
  const whole = (more: string) => `
    import { makeData, train } from 'tunesmith/training';
    export default async function (run) {
      const inputs = Array.from({ length: 400 }, (_, i) => Math.sin(i * 12.9));
      const targets = Array.from({ length: 200 }, (_, i) => Number(inputs[2 * i] > inputs[2 * i + 1]));
      const data = makeData({ inputs, targets, inputShape: [2], classes: ['no', 'yes'] });
      const section = {
        layers: [{ dense: 2 }], loss: 'crossEntropy', batchSize: 20, epochs: 12,
        optimizer: { name: 'adam', learningRate: run.params.number('lr', 0.1) }, ${more}
      };
      const { completed, metrics, weights } = await train(run, section, { data });
      console.log(JSON.stringify({ completed, accuracy: metrics['val/accuracy'], weights: weights.length }));
    }`;

  it('logs, saves checkpoints and returns the network', async () => {
    const { status, output, series, finish, run } = await start(await program('whole.mjs', whole('')), { lr: 0.1 });
    expect(status, output).toBe(0);
    expect(finish).toMatchObject({ status: 'completed' });
    expect(series('val/accuracy')).toHaveLength(12);
    const last = JSON.parse(output.trim().split('\n').at(-1)!) as { accuracy: number };
    expect(last).toEqual({ completed: true, accuracy: series('val/accuracy').at(-1), weights: 2 });
    expect(last.accuracy).toBeGreaterThan(0.9);
    expect(await readdir(join(run, 'checkpoints'))).toContain('model.safetensors');
  });

  it('shares batches between workers of the trainer', async () => {
    const alone = await start(await program('alone.mjs', whole('')), { lr: 0.1 });
    const shared = await start(await program('shared.mjs', whole('workers: 2')), { lr: 0.1 });
    expect(shared.status, shared.output).toBe(0);
    expect(shared.series('val/loss').at(-1)).toBeCloseTo(alone.series('val/loss').at(-1)!, 5);
  });

  it('also runs on its own, and reports errors in the section', async () => {
    const module = await program('self.mjs', whole(''));
    const failed = await start(await program('wrong.mjs', whole('clip: { nrm: 1 },')), { lr: 0.1 });
    expect(failed.status).toBe(1);
    expect(failed.output).toContain('clip.nrm: unknown key "nrm"; did you mean "norm"?');
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'module.cjs'), module], {
      env: { ...process.env, TUNESMITH_BACKEND: 'wasm', TUNESMITH_PARAMS: '{"lr":0.1}' },
      encoding: 'utf8',
      cwd: folder,
    });
    expect(status, stderr).toBe(0);
    expect(stdout).toContain('"completed":true');
    expect(await readdir(folder)).not.toContain('checkpoints');
  });
});

it('reports an error at its place in the person’s module, and does not suggest installing a misspelled name', async () => {
  const wrong = await program(
    'wrong data.mjs',
    `import { makeData } from 'tunesmith/training';
     export default function () {
       makeData({ inputs: [1, 2, 3], targets: [1], inputShape: [2] });
     }`,
  );
  const { status, output } = await start(wrong);
  expect(status).toBe(1);
  expect(output.startsWith(`${wrong}:3:8: TrainingError: the examples don't fit each other`), output).toBe(true);
  const misspelt = await program('misspelt.mjs', "import 'tunesmith/trainning'; export default () => {};");
  const { output: said } = await start(misspelt);
  expect(said).toMatch(
    /Cannot find package 'tunesmith'.*\nModules may import 'tunesmith\/training'; it need not be installed\.\s*$/s,
  );
  expect(said).not.toMatch(/npm install/);
});
