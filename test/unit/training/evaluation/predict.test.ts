/** A network trained on real files, saved as a run saves it, and used on other files. */
import { inEnglish } from '../../../../src/format/said.js';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { PNG } from 'pngjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Network } from '../../../../src/experiment/network/index.js';
import { TrainerLine } from '../../../../src/protocol/trainer/index.js';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import { loadModelFile, saveWeights } from '../../../../src/training/checkpoints/checkpoint.js';
import { parseCsv } from '../../../../src/training/data/csv/parse.js';
import { divisionsOf, loadDataset, openData } from '../../../../src/training/data/index.js';
import { npy } from '../../../../src/training/export/npz.js';
import { evaluateSaved, predictSaved, type PredictContext } from '../../../../src/training/evaluation/predict.js';
import { Random } from '../../../../src/training/random.js';
import { loadSaved, MODEL_FILE, modelFile, savedMetadata } from '../../../../src/training/checkpoints/saved.js';
import { SavedModel } from '../../../../src/training/checkpoints/savedModel.js';
import { Training } from '../../../../src/training/loop/train.js';
import { network, Notes } from '../support.js';
import { buildTrainer } from '../trainerProgram.js';

let folder: string;
const context = (): PredictContext => ({
  folder,
  batch: 16,
  signal: new AbortController().signal,
  onProgress: () => undefined,
});

/** Trains a network into a run's folder and returns the last metrics of the training. */
async function trained(
  name: string,
  section: Record<string, unknown>,
): Promise<{ run: string; metrics: Record<string, number> }> {
  const settings: Network = network(section);
  const dataset = await loadDataset(settings.data, {
    folder,
    validation: settings.validation,
    loss: settings.loss.name,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  const notes = new Notes();
  const training = new Training({
    network: settings,
    dataset,
    seed: 1,
    log: notes,
    cheapReads: true,
    evaluationBatch: 64,
  });
  await training.run();
  const run = join(folder, name);
  await saveWeights(join(run, MODEL_FILE), await training.weights(), savedMetadata(settings, dataset));
  const spec = { version: 1, id: name, experiment: 'x', file: join(folder, 'x.tune.yaml'), search: null, trial: null };
  const more = { params: {}, argv: ['node'], cwd: folder, env: {}, seed: 1, objective: null, createdAt: 0 };
  await writeFile(join(run, 'run.json'), JSON.stringify({ ...spec, ...more }));
  training.dispose();
  return { run, metrics: Object.assign({}, ...notes.points.map(({ values }) => values)) };
}

/** Returns CSV rows whose class depends on city and size; one class's name is a formula. */
function rows(count: number, seed: number, withTarget: boolean): string {
  const random = new Random(seed);
  const lines = Array.from({ length: count }, () => {
    const size = 50 + 100 * random.uniform();
    const city = random.uniform() < 0.5 ? 'Rome' : '"Oslo, N"';
    const kind = size + (city === 'Rome' ? 30 : 0) > 115 ? '=big()' : 'small';
    return [size.toFixed(2), city, ...(withTarget ? [kind] : [])].join(',');
  });
  return [`size,city${withTarget ? ',kind' : ''}`, ...lines].join('\n');
}

beforeAll(async () => {
  await wasm.start();
  await tf.setBackend('wasm');
  folder = await mkdtemp(join(tmpdir(), 'tunesmith predict ☃ '));
  await writeFile(join(folder, 'kinds.csv'), rows(300, 1, true));
});

const kinds = {
  data: { csv: { file: 'kinds.csv', target: 'kind' } },
  layers: [{ dense: { units: 8, activation: 'relu' } }, { dense: 2 }],
  loss: 'crossEntropy',
  optimizer: { name: 'adam', learningRate: 0.05 },
  epochs: 5,
};

describe('a table', () => {
  let model: SavedModel;
  let run: string;
  let metrics: Record<string, number>;
  beforeAll(async () => {
    ({ run, metrics } = await trained('table', kinds));
    model = new SavedModel(await loadSaved(run));
  });

  it("is evaluated on the run's own examples with the metrics of the training", async () => {
    const { values, examples, confusion } = await evaluateSaved(model, run, [], context());
    expect(examples).toBe(60);
    for (const [name, value] of Object.entries(values)) expect(value, name).toBeCloseTo(metrics[`val/${name}`]!, 6);
    expect(values.accuracy).toBeGreaterThan(0.9);
    expect(confusion!.rows.flat().reduce((a, b) => a + b)).toBe(60);
  });

  it('standardizes other files as in the training, whatever their columns and order', async () => {
    await writeFile(join(folder, 'one.csv'), 'kind,city,size\nsmall,Rome,52\n');
    const { values, confusion } = await evaluateSaved(model, run, ['one.csv'], context());
    expect(values.accuracy).toBe(1);
    expect(confusion!.classes).toEqual(['=big()', 'small']);
    expect(confusion!.rows).toEqual([
      [0, 0],
      [0, 1],
    ]);
  });

  it('is predicted without its target, and no cell is a formula', async () => {
    await writeFile(join(folder, 'new.csv'), `${rows(40, 7, false)}\n149,Atlantis`);
    const out = join(folder, 'predictions.csv');
    const { examples, columns, notes } = await predictSaved(model, ['new.csv'], out, context());
    expect([examples, columns]).toEqual([41, ['row', 'prediction', 'probability:=big()', 'probability:small']]);
    expect(notes.map(inEnglish)).toEqual(['column "city": 1 value(s) do not occur in the training examples: Atlantis']);
    const text = await readFile(out, 'utf8');
    const [header, ...lines] = parseCsv(text, out, ',').map(({ fields }) => fields);
    expect(header).toEqual(columns);
    const sizes = rows(40, 7, true).split('\n').slice(1);
    lines.forEach(([row, prediction, big, small], i) => {
      expect(row).toBe(String(i + 1));
      expect(Number(big) + Number(small)).toBeCloseTo(1, 5);
      expect(prediction).toBe(Number(big) > 0.5 ? "'=big()" : 'small');
    });
    const right = lines.filter(([, prediction], i) => sizes[i]?.endsWith(prediction!.replace(/^'/, '')));
    expect(right.length).toBeGreaterThan(35);
  });

  it('explains an invalid file', async () => {
    await writeFile(join(folder, 'no-city.csv'), 'size,kind\n3,small\n');
    await writeFile(join(folder, 'strange.csv'), 'size,city,kind\n3,Rome,tiny\n');
    const judge = (...files: string[]): Promise<unknown> => evaluateSaved(model, run, files, context());
    await expect(judge('no-city.csv')).rejects.toThrow(/no-city.csv has no column "city"/);
    await expect(judge('strange.csv')).rejects.toThrow(/strange.csv:2: column "kind": class "tiny" is not among/);
    await expect(judge('new.csv')).rejects.toThrow(/new.csv has no column "kind" \(target\)/);
    await expect(judge('a.csv', 'b.csv')).rejects.toThrow(/takes one CSV file/);
    await expect(judge('nowhere.csv')).rejects.toThrow(/nowhere.csv does not exist/);
  });

  it('can be stopped while it opens files, and leaves no partial output', async () => {
    const aborter = new AbortController();
    const out = join(folder, 'stopped/out.csv');
    const signal = aborter.signal;
    const opening = predictSaved(model, ['nowhere.csv'], out, { ...context(), signal });
    aborter.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
    const later = new AbortController();
    const onProgress = (): void => later.abort(new Error('enough'));
    const working = predictSaved(model, ['kinds.csv'], out, { ...context(), signal: later.signal, onProgress });
    await expect(working).rejects.toThrow('enough');
    expect(await readdir(join(folder, 'stopped'))).toEqual([]);
  });

  it('leaks no tensors', async () => {
    const before = tf.memory().numTensors;
    await evaluateSaved(model, run, ['kinds.csv'], context());
    await predictSaved(model, ['kinds.csv'], join(folder, 'again.csv'), context());
    expect(tf.memory().numTensors).toBe(before);
  });

  it('the program does the same', async () => {
    const trainer = await buildTrainer(folder);
    const ask = async (...args: string[]): Promise<TrainerLine> => {
      const env = { ...process.env, TUNESMITH_BACKEND: 'wasm', TUNESMITH_HOME: join(folder, 'home') };
      const { stdout } = await promisify(execFile)(process.execPath, [trainer, ...args], { env }).catch(
        (error: { stdout: string }) => error,
      );
      return TrainerLine.parse(JSON.parse(stdout.trim().split('\n').at(-1)!));
    };
    const { values } = await evaluateSaved(model, run, ['kinds.csv'], context());
    const answer = await ask('--evaluate', run, folder, '', 'kinds.csv');
    expect(answer).toMatchObject({ type: 'evaluated', data: 'kinds.csv', examples: 300 });
    expect((answer as { metrics: Record<string, number> }).metrics.loss).toBeCloseTo(values.loss!, 5);
    const out = join(folder, 'by-program.csv');
    expect(await ask('--predict', run, folder, out, '', '', 'new.csv')).toMatchObject({
      type: 'predicted',
      examples: 41,
    });
    const again = await ask('--predict', run, folder, out, '', '', 'new.csv');
    expect(again).toMatchObject({ type: 'error', message: expect.stringContaining('already exists') });
    expect(await ask('--predict', run, folder, out, '--force', '', 'new.csv')).toMatchObject({ type: 'predicted' });
    expect(await ask('--export', run, 'onnx', join(folder, 'x.onnx'))).toEqual({
      type: 'exported',
      files: [join(folder, 'x.onnx')],
    });
    const none = await ask('--export', folder, 'onnx', join(folder, 'y.onnx'));
    expect(none).toMatchObject({ type: 'error', message: expect.stringContaining('no saved network') });
  });
});

describe('arrays', () => {
  const lists = (values: number[], shape: number[]): Buffer =>
    npy('<f4', shape, Buffer.from(Float32Array.from(values).buffer));

  it('of numbers are predicted in their own unit', async () => {
    const random = new Random(3);
    const inputs = Array.from({ length: 400 }, () => random.normal());
    const targets = Array.from({ length: 200 }, (_, i) => 5000 + 300 * inputs[2 * i]! - 100 * inputs[2 * i + 1]!);
    await writeFile(join(folder, 'x.npy'), lists(inputs, [200, 2]));
    await writeFile(join(folder, 'y.npy'), lists(targets, [200]));
    const section = {
      data: { npy: { inputs: 'x.npy', targets: 'y.npy' } },
      layers: [{ dense: 1 }],
      loss: 'mse',
      optimizer: { name: 'sgd', learningRate: 0.1 },
      epochs: 8,
    };
    const { run } = await trained('numbers', section);
    const model = new SavedModel(await loadSaved(run));
    const { values } = await evaluateSaved(model, run, ['x.npy', 'y.npy'], context());
    expect(values.r2).toBeGreaterThan(0.999);
    const out = join(folder, 'numbers.csv');
    await predictSaved(model, ['x.npy'], out, context());
    const [header, first] = parseCsv(await readFile(out, 'utf8'), out, ',').map(({ fields }) => fields);
    expect(header).toEqual(['row', 'prediction']);
    expect(Math.abs(Number(first![1]) - targets[0]!)).toBeLessThan(20);
    const judge = (...files: string[]): Promise<unknown> => evaluateSaved(model, run, files, context());
    await expect(judge('x.npy')).rejects.toThrow(/name the file of targets too/);
    await expect(judge('y.npy', 'y.npy')).rejects.toThrow(/holds examples of 1, but this network takes 2/);
    await writeFile(join(folder, 'short.npy'), lists([1], [1]));
    await expect(judge('x.npy', 'short.npy')).rejects.toThrow(/holds 1 numbers, but 200 examples need 200/);
    model.dispose();
  });
});

it('images: evaluates a folder of classes, predicts single files and a folder without classes', async () => {
  const photo = async (path: string, bright: boolean): Promise<void> => {
    const image = new PNG({ width: 4, height: 4 });
    for (let i = 0; i < image.data.length; i++)
      image.data[i] = i % 4 === 3 ? 255 : (bright ? 200 : 20) + ((i * 7) % 30);
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), PNG.sync.write(image));
  };
  for (let i = 0; i < 10; i++) {
    await photo(`photos/day/${i}.png`, true);
    await photo(`photos/=night/${i}.png`, false);
  }
  await photo('loose/deep/a.png', true);
  await photo('loose/b.png', false);
  // macOS creates such a file beside every file on disks of other systems.
  await writeFile(join(folder, 'loose/._b.png'), 'no image');
  await writeFile(join(folder, 'loose/notes.txt'), 'of the day');
  const section = {
    data: { images: { folder: 'photos' } },
    layers: ['flatten', { dense: 2 }],
    loss: 'crossEntropy',
    optimizer: { name: 'adam', learningRate: 0.05 },
    epochs: 5,
  };
  const { run } = await trained('photos-run', section);
  const model = new SavedModel(await loadSaved(run));
  const { values, examples } = await evaluateSaved(model, run, ['photos'], context());
  expect([examples, values.accuracy]).toEqual([20, 1]);
  const out = join(folder, 'photos.csv');
  const { notes } = await predictSaved(model, ['loose', 'photos/day/3.png'], out, context());
  expect(notes.map(inEnglish)).toEqual(['loose: skipped all but PNG, JPEG, WebP and GIF files: 1 .txt']);
  const lines = parseCsv(await readFile(out, 'utf8'), out, ',').map(({ fields }) => fields.slice(0, 3));
  expect(lines).toEqual([
    ['row', 'file', 'prediction'],
    ['1', join('loose', 'b.png'), "'=night"],
    ['2', join('loose', 'deep', 'a.png'), 'day'],
    ['3', 'photos/day/3.png', 'day'],
  ]);
  await expect(evaluateSaved(model, run, ['loose'], context())).rejects.toThrow(
    /not among the training examples|subfolder/,
  );
  await expect(evaluateSaved(model, run, ['loose/b.png'], context())).rejects.toThrow(/not a folder of images/);
  model.dispose();
});

it('evaluates the network of one fold on the examples it has not seen', async () => {
  const settings = network({ ...kinds, folds: 3 });
  const data = await openData(settings.data, {
    folder,
    validation: null,
    loss: settings.loss.name,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  const division = divisionsOf(data, settings)[1]!;
  const dataset = await data.dataset(division, 1);
  const notes = new Notes();
  const training = new Training({
    network: settings,
    dataset,
    seed: 1,
    log: notes,
    cheapReads: true,
    evaluationBatch: 64,
  });
  await training.run();
  const run = join(folder, 'folds');
  await saveWeights(join(run, modelFile(2)), await training.weights(), savedMetadata(settings, dataset));
  await copyFile(join(run, modelFile(2)), join(run, modelFile(1)));
  await copyFile(join(folder, 'table/run.json'), join(run, 'run.json'));
  training.dispose();
  await data.close();
  await expect(loadSaved(run)).rejects.toThrow(/a network for each fold: name one, as in --fold 1/);
  await expect(loadSaved(run, 3)).rejects.toThrow(/no network of fold 3: only .* once they have ended/);
  const model = new SavedModel(await loadSaved(run, 2));
  const { values, examples } = await evaluateSaved(model, run, [], context(), 2);
  expect(examples).toBe(100);
  expect(values.accuracy).toBeCloseTo(notes.series('val/accuracy').at(-1)!, 6);
  model.dispose();
});

it('reports a damaged file', async () => {
  const run = join(folder, 'damaged');
  await mkdir(join(run, 'checkpoints'), { recursive: true });
  const refused = async (bytes: Buffer): Promise<void> => {
    await writeFile(join(run, MODEL_FILE), bytes);
    await expect(loadSaved(run)).rejects.toThrow(/the saved network .* can't be read/);
  };
  await refused(Buffer.from('nothing'));
  const header = Buffer.from('{"a":{"dtype":"F32","shape":[1000000000],"data_offsets":[0,4]}}');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  await refused(Buffer.concat([length, header, Buffer.alloc(4)]));
  const { weights, metadata } = await loadModelFile(join(folder, 'table', MODEL_FILE));
  for (const name of ['../../kernel', '/kernel', 'a\\b', '']) {
    await saveWeights(join(run, MODEL_FILE), [...weights, { ...weights[0]!, name }], metadata);
    await expect(loadSaved(run), name).rejects.toThrow(/is not the name of a weight/);
  }
  await saveWeights(join(run, MODEL_FILE), [], { format: 'tunesmith', network: '{}', data: '{}' });
  await expect(loadSaved(run)).rejects.toThrow(/can't be read/);
});
