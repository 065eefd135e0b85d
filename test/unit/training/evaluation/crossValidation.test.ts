import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validateNetwork } from '../../../../src/experiment/network/index.js';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import { CrossValidation } from '../../../../src/training/evaluation/crossValidation.js';
import { HeldReader } from '../../../../src/training/data/arrayFile.js';
import { divisionsOf } from '../../../../src/training/data/index.js';
import { openParts } from '../../../../src/training/data/parts.js';
import { foldIndexes } from '../../../../src/training/data/split.js';
import type { Dataset, HeldExamples } from '../../../../src/training/data/types.js';
import { summary } from '../../../../src/training/evaluation/folds.js';
import { network, Notes, rings, training } from '../support.js';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tunesmith складки ü '));
let datasets: Dataset[];
beforeAll(async () => {
  await wasm.start();
  await tf.setBackend('wasm');
  datasets = await divided(90, 3);
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** Returns the data sets of the folds. If `memory` (bytes) is too small for the examples, they are read on demand. */
async function divided(count: number, folds: number, memory = 1e9): Promise<Dataset[]> {
  const { train, inputShape, classes, outputs } = rings(count);
  const { inputs, targets } = train as HeldExamples;
  const data = openParts(
    {
      name: 'rings',
      task: 'classification',
      inputShape,
      classes,
      outputs,
      given: null,
      memory,
      limit: null,
      main: { inputs: new HeldReader(inputs, 2), targets },
      scale: 'standardize',
    },
    { signal: new AbortController().signal, onProgress: () => undefined },
  );
  const divisions = divisionsOf(data, { validation: null, folds, fold: null });
  return Promise.all(divisions.map((division) => data.dataset(division, folds)));
}

const section = {
  layers: [{ dense: { units: 6, activation: 'relu' } }, { dropout: 0.1 }, { dense: 2 }],
  loss: 'crossEntropy',
  optimizer: { name: 'adam', learningRate: 0.05 },
  batchSize: 10,
  epochs: 4,
};

function validation(
  more: Record<string, unknown>,
  notes: Notes,
  onEpoch?: (all: CrossValidation, epoch: number) => Promise<void>,
) {
  return new CrossValidation({
    network: network({ ...section, ...more }),
    datasets,
    seed: 1,
    log: notes,
    cheapReads: true,
    evaluationBatch: 64,
    onEpoch,
  });
}

const figures = (notes: Notes) =>
  notes.points.map(({ values, step, epoch }) => ({
    step,
    epoch,
    ...Object.fromEntries(Object.entries(values).filter(([name]) => !/samples_per_second|^system/.test(name))),
  }));

const judged = (values: Record<string, number>) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => name.startsWith('val/')));

describe('folds', () => {
  it('validate on each example once and are stratified by class', () => {
    const classes = Int32Array.from({ length: 103 }, (_, i) => (i % 10 === 0 ? 1 : 0));
    const all = foldIndexes(103, 5, classes);
    expect(all.flatMap(({ validation }) => [...validation!]).sort((a, b) => a - b)).toEqual([...classes.keys()]);
    for (const { train, validation } of all) {
      expect(new Set([...train, ...validation!]).size).toBe(103);
      expect([20, 21]).toContain(validation!.length);
      expect([2, 3]).toContain(validation!.filter((i) => classes[i] === 1).length);
    }
    expect(foldIndexes(103, 5, classes)).toEqual(all);
    expect(() => foldIndexes(3, 5, null)).toThrow('3 examples are too few for folds: 5');
  });

  it('fit scales to the training examples of each fold', () => {
    const factors = datasets.map(({ inputScale }) => inputScale.factor);
    expect(new Set(factors).size).toBe(3);
  });

  it.each([
    [{ folds: 5, validation: 0.2 }, /remove "validation"/],
    [{ fold: 2 }, /fold needs the number of folds/],
    [{ folds: 3, fold: 4 }, /fold must be from 1 to 3/],
    [{ folds: 1 }, /folds must be at least 2/],
  ])('refuses %j', (more, message) => {
    const { problems } = validateNetwork({ data: 'mnist', ...section, ...more });
    expect(problems!.map((problem) => problem.message).join()).toMatch(message);
  });
});

it('summarizes the folds by means and standard deviations', () => {
  expect(
    summary([
      { loss: 1, 'val/r2': 0.5, own: 1 },
      { loss: 3, 'val/r2': 0.8 },
    ]),
  ).toEqual({
    loss: 2,
    'val/r2': 0.65,
    'val/r2_std': expect.closeTo(0.3 / Math.SQRT2, 12) as number,
  });
});

describe('cross-validation', () => {
  it('trains one network per fold as if it were alone, and logs means after every epoch', async () => {
    const notes = new Notes();
    const before = tf.memory().numTensors;
    const all = validation({}, notes);
    expect(await all.run()).toBe(true);
    for (let fold = 1; fold <= 3; fold++) {
      const alone = new Notes();
      const one = training(section, datasets[fold - 1]!, alone);
      await one.run();
      for (const name of ['loss', 'val/loss', 'val/accuracy'])
        expect(notes.series(`fold${fold}/${name}`)).toEqual(alone.series(name));
      expect(await all.trainings[fold - 1]!.weights()).toEqual(await one.weights());
      one.dispose();
    }
    const means = notes.points.filter(({ values }) => 'val/loss' in values);
    expect(means.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    const losses = [1, 2, 3].map((fold) => notes.series(`fold${fold}/val/loss`));
    means.forEach(({ values }, epoch) => {
      const mean = losses.reduce((sum, series) => sum + series[epoch]!, 0) / 3;
      expect(values['val/loss']).toBeCloseTo(mean, 12);
      expect(values['val/loss_std']).toBeGreaterThan(0);
    });
    expect(all.final['val/accuracy']).toBe(means.at(-1)!.values['val/accuracy']);
    const { confusion } = all.confusion!;
    expect(confusion.rows.flat().reduce((a, b) => a + b)).toBe(90);
    expect(notes.fractions.at(-1)).toBe(1);
    expect(Math.max(...notes.fractions.slice(0, -1).map((fraction) => fraction!))).toBeLessThanOrEqual(1);
    all.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('adopts changed hyperparameters in all folds at the same epoch', async () => {
    const notes = new Notes();
    const all = validation({}, notes);
    notes.onPoint = ({ values }) => {
      // At this point the second fold is in its second epoch, which the last fold has not started.
      if (notes.series('fold2/loss').length !== 8 || !('fold2/loss' in values)) return;
      all.change(network({ ...section, batchSize: 20, epochs: 3, optimizer: { name: 'adam', learningRate: 0.01 } }));
    };
    expect(await all.run()).toBe(true);
    for (let fold = 1; fold <= 3; fold++) {
      const ends = notes.points.filter(({ values }) => `fold${fold}/val/loss` in values);
      expect(ends.map(({ step }) => step)).toEqual([6, 12, 15]);
    }
    all.dispose();
  });

  it.each([
    ['as it is', {}],
    [
      'with early stopping',
      { optimizer: { name: 'adam', learningRate: 0.5 }, epochs: 6, earlyStopping: { patience: 0 }, ema: 0.5 },
    ],
  ])('resumes to the same results after it was killed: %s', async (_, more) => {
    const whole = new Notes();
    const uninterrupted = validation(more, whole);
    await uninterrupted.run();

    const first = new Notes();
    let saved = 0;
    const interrupted = validation(more, first, async (all, epoch) => {
      if (epoch > 3) return;
      fs.rmSync(folder, { recursive: true });
      fs.mkdirSync(folder);
      await all.save(folder);
      saved = epoch;
    });
    // Stops during the second fold's turn.
    first.onPoint = ({ epoch, values }) => {
      if (epoch! > 3.4 && 'fold2/loss' in values) first.stopRequested = 'stop';
    };
    expect(await interrupted.run()).toBe(false);
    expect(saved).toBe(3);
    const { folds } = JSON.parse(fs.readFileSync(path.join(folder, 'folds.json'), 'utf8')) as {
      folds: { final: unknown }[];
    };
    // The resumed folds include one that had stopped early.
    expect(folds.some(({ final }) => final !== null)).toBe('earlyStopping' in more);

    const second = new Notes();
    const resumed = validation(more, second);
    expect(await resumed.load(folder)).toBe(3);
    await resumed.run();
    expect(figures(second)).toEqual(figures(whole).filter(({ epoch }) => epoch! > 3));
    expect(judged(resumed.final)).toEqual(judged(uninterrupted.final));
    expect(resumed.confusion).toEqual(uninterrupted.confusion);
    for (const [i, one] of resumed.trainings.entries())
      expect(await one.weights()).toEqual(await uninterrupted.trainings[i]!.weights());
    for (const each of [uninterrupted, interrupted, resumed]) each.dispose();
  });

  it('keeps counting the best epoch of a fold that stopped early', async () => {
    const notes = new Notes();
    const all = validation(
      { optimizer: { name: 'sgd', learningRate: 2 }, epochs: 9, earlyStopping: { patience: 1 } },
      notes,
    );
    await all.run();
    const own = [1, 2, 3].map((fold) => notes.series(`fold${fold}/val/loss`));
    expect(new Set(own.map((series) => series.length)).size).toBeGreaterThan(1);
    const longest = Math.max(...own.map((series) => series.length));
    const last = own.map((series) => (series.length === longest ? series.at(-1)! : Math.min(...series)));
    expect(notes.series('val/loss')).toHaveLength(longest);
    expect(notes.series('val/loss').at(-1)).toBeCloseTo(last.reduce((a, b) => a + b) / 3, 10);
    expect(all.final['val/loss']).toBeCloseTo(own.reduce((sum, series) => sum + Math.min(...series), 0) / 3, 10);
    all.dispose();
  });

  it('keeps NaN metrics as NaN after it was killed', async () => {
    const data = openParts(
      {
        name: 'three',
        task: 'regression',
        inputShape: [1],
        classes: null,
        outputs: 1,
        given: null,
        limit: null,
        main: { inputs: new HeldReader(Float32Array.of(1, 2, 3), 1), targets: Float32Array.of(2, 1, 5) },
        scale: 'none',
        memory: 1e9,
      },
      { signal: new AbortController().signal, onProgress: () => undefined },
    );
    const divisions = divisionsOf(data, { validation: null, folds: 3, fold: null });
    const three = await Promise.all(divisions.map((division) => data.dataset(division, 3)));
    const settings = network({
      layers: [{ dense: 1 }],
      loss: 'mse',
      optimizer: { name: 'sgd', learningRate: 0.01 },
      epochs: 3,
      // The first epoch is kept as the best.
      earlyStopping: { patience: 9, threshold: 1e9 },
    });
    const all = (onEpoch?: (all: CrossValidation) => Promise<void>) =>
      new CrossValidation({
        network: settings,
        datasets: three,
        seed: 1,
        log: new Notes(),
        cheapReads: true,
        evaluationBatch: 64,
        onEpoch,
      });
    fs.rmSync(folder, { recursive: true });
    fs.mkdirSync(folder);
    const whole = all((now) => now.save(folder));
    await whole.run();
    // R² is undefined for a single example.
    expect(whole.final['val/r2']).toBeNaN();
    const resumed = all();
    await resumed.load(folder);
    await resumed.run();
    expect(judged(resumed.final)).toEqual(judged(whole.final));
    for (const each of [whole, resumed]) each.dispose();
  });

  it('refuses checkpoints with another number of folds, and those of a single training', async () => {
    fs.rmSync(folder, { recursive: true });
    fs.mkdirSync(folder);
    const all = validation({ epochs: 1 }, new Notes());
    await expect(all.load(folder)).rejects.toThrow(/does not belong to this cross-validation/);
    fs.writeFileSync(path.join(folder, 'folds.json'), JSON.stringify({ version: 1, epoch: 1, folds: [{}, {}] }));
    await expect(all.load(folder)).rejects.toThrow('it has 2 folds, not 3');
    all.dispose();
  });

  it('reads examples that don’t fit in memory', async () => {
    const held = new Notes();
    const one = validation({ epochs: 2 }, held);
    await one.run();
    const read = new Notes();
    const small = new CrossValidation({
      network: network({ ...section, epochs: 2 }),
      datasets: await divided(90, 3, 100),
      seed: 1,
      log: read,
      cheapReads: true,
      evaluationBatch: 64,
    });
    await small.run();
    expect(figures(read)).toEqual(figures(held));
    for (const each of [one, small]) each.dispose();
  });
});
