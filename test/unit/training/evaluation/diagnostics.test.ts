import { inEnglish, verbatim } from '../../../../src/format/said.js';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { Notes, plane, rings, training } from '../support.js';

beforeAll(async () => {
  await cpu.start();
  await tf.setBackend('cpu');
});

const length = (values: ArrayLike<number>): number => Math.hypot(...Array.from(values));

it('logs the size of gradients and updates at the end of every epoch', async () => {
  const notes = new Notes();
  const dataset = plane(20);
  // With one step of plain gradient descent per epoch, the update is the gradient times the rate.
  const section = {
    layers: [{ dense: { units: 3, activation: 'tanh' } }, { dense: 1 }],
    loss: 'mse',
    optimizer: { name: 'sgd', learningRate: 0.1 },
    batchSize: 20,
    epochs: 3,
    diagnostics: true,
  };
  const run = training(section, dataset, notes);
  const start = run.model.weights.map(({ variable }) => variable.dataSync().slice());
  await run.run();
  const points = notes.points.filter(({ values }) => 'grad/1.dense' in values).map(({ values }) => values);
  expect(points).toHaveLength(3);
  const norms = [length([...start[0]!, ...start[1]!]), length([...start[2]!, ...start[3]!])];
  ['1.dense', '2.dense'].forEach((layer, i) => {
    expect(points[0]![`grad/${layer}`]).toBeGreaterThan(0);
    expect(points[0]![`update/${layer}`]).toBeCloseTo((0.1 * points[0]![`grad/${layer}`]!) / norms[i]!, 5);
  });
  run.dispose();
});

it('does not affect the training, leaks no tensors, and is off by default', async () => {
  const before = tf.memory().numTensors;
  const losses: number[][] = [];
  for (const diagnostics of [undefined, true]) {
    const notes = new Notes();
    const layers = [{ dense: 4 }, 'batchNorm', { dense: 2 }];
    const section = { layers, loss: 'crossEntropy', optimizer: 'adam', accumulate: 3, epochs: 3, diagnostics };
    const run = training(section, rings(100), notes);
    await run.run();
    losses.push(notes.series('loss'));
    expect(notes.series('grad/2.batchNorm')).toHaveLength(diagnostics ? 3 : 0);
    expect(notes.series('update/3.dense')).toHaveLength(diagnostics ? 3 : 0);
    run.dispose();
  }
  expect(losses[1]).toEqual(losses[0]);
  expect(tf.memory().numTensors).toBe(before);
});

describe('activations', () => {
  it('are measured: mean, deviation, zeros and saturation', async () => {
    const notes = new Notes();
    const section = {
      layers: [{ dense: { units: 6, activation: 'relu' } }, { dense: { units: 4, activation: 'tanh' } }, { dense: 2 }],
      loss: 'crossEntropy',
      optimizer: { name: 'sgd', learningRate: 1e-9 },
      batchSize: 30,
      epochs: 1,
      diagnostics: true,
    };
    const dataset = rings(60);
    const run = training(section, dataset, notes);
    const [w1, , w2] = run.model.weights.map(({ variable }) => variable);
    await run.run();
    const x = tf.tensor2d(Float32Array.from(dataset.train.inputs as Float32Array), [60, 2]);
    const hidden = tf.relu(tf.matMul(x, w1 as unknown as tf.Tensor2D)).dataSync();
    const second = tf.tanh(tf.matMul(tf.tensor2d(hidden, [60, 6]), w2 as unknown as tf.Tensor2D)).dataSync();
    const last = notes.points.at(-2)!.values;
    const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
    expect(last['activation_mean/1.dense']).toBeCloseTo(mean(hidden), 5);
    expect(last['activation_zeros/1.dense']).toBeCloseTo(mean(Array.from(hidden, (v) => Number(v === 0))), 5);
    const centre = mean(second);
    const deviation = Math.sqrt(mean(Array.from(second, (v) => (v - centre) ** 2)));
    expect(last['activation_deviation/2.dense']).toBeCloseTo(deviation, 5);
    expect(last['activation_saturated/2.dense']).toBeCloseTo(
      mean(Array.from(second, (v) => Number(Math.abs(v) > 0.98))),
      5,
    );
    expect(last).not.toHaveProperty('activation_zeros/2.dense');
    expect(last).not.toHaveProperty('activation_saturated/1.dense');
    run.dispose();
  });

  it('counts dead units and warns about them', async () => {
    const notes = new Notes();
    const texts: string[] = [];
    notes.message = (level, text) => void texts.push(`${level}: ${inEnglish(verbatim(text))}`);
    const section = {
      layers: [{ dense: { units: 10, activation: 'relu' } }, { dense: 2 }],
      loss: 'crossEntropy',
      optimizer: { name: 'sgd', learningRate: 1e-3 },
      epochs: 5,
      diagnostics: true,
    };
    const run = training(section, rings(100), notes);
    run.model.weights[1]!.variable.assign(tf.tensor1d([-50, -50, -50, -50, -50, -50, -50, -50, 1, 1]));
    run.parameters.reread();
    await run.run();
    expect(notes.series('activation_dead/1.dense')).toEqual(Array(5).fill(expect.closeTo(0.8, 6)));
    expect(texts).toEqual([
      expect.stringMatching(/^warning: after epoch \d: 80 % of the units of layer 1\.dense are 0/),
    ]);
    run.dispose();
  });
});

it('logs how much memory is used', async () => {
  const notes = new Notes();
  const run = training({ layers: [{ dense: 2 }], loss: 'crossEntropy', epochs: 2 }, rings(50), notes);
  await run.run();
  expect(notes.series('system/memory_mb').every((mb) => mb > 20 && mb < 1e5)).toBe(true);
  expect(notes.series('system/tensors_mb')).toHaveLength(2);
  run.dispose();
});

it('warns about overfitting in a regression, whatever the unit of the targets', async () => {
  const texts: string[] = [];
  const notes = new Notes();
  notes.message = (_, text) => void texts.push(inEnglish(verbatim(text)));
  const dataset = plane(12);
  // The targets are pure noise, in thousands, so whatever is learned does not generalize.
  const noise = (count: number, seed: number) =>
    Float32Array.from({ length: count }, (_, i) => 5000 * Math.sin((i + 1) * seed));
  dataset.train.targets = noise(12, 91.7);
  dataset.validation.targets = noise(100, 57.3);
  dataset.targetScale = null;
  const run = training(
    {
      layers: [{ dense: { units: 64, activation: 'tanh' } }, { dense: 1 }],
      loss: 'mse',
      optimizer: { name: 'adam', learningRate: 30 },
      epochs: 60,
      batchSize: 4,
    },
    dataset,
    notes,
  );
  await run.run();
  expect(texts.join()).toMatch(/overfits: the loss is 0\.\d+ of .* on the training examples, but \d/);
  run.dispose();
});
