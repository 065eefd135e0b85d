import { inEnglish, verbatim } from '../../../../src/format/said.js';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { normalizeTransform } from '../../../../src/experiment/network/index.js';
import { backendById, startBackend } from '../../../../src/training/backends/index.js';
import { activationOf } from '../../../../src/training/layers/activations.js';
import { smoothingAt } from '../../../../src/training/layers/smoothRelu.js';
import { Feed } from '../../../../src/training/loop/batches.js';
import { gradientOf } from '../../../../src/training/loop/gradient.js';
import type { GradientParts } from '../../../../src/training/loop/gradientTypes.js';
import { Parameters } from '../../../../src/training/loop/parameters.js';
import { buildLoss } from '../../../../src/training/losses/index.js';
import { buildLayers, buildModel } from '../../../../src/training/model.js';
import { Random } from '../../../../src/training/random.js';
import { insertNorms } from '../../../../src/training/transform/insert.js';
import { LocalGradient } from '../../../../src/training/transform/local.js';
import type { Dataset } from '../../../../src/training/data/types.js';
import { PRESENT } from '../present.js';
import { network, Notes, rings, stripes, training } from '../support.js';

beforeAll(async () => void (await startBackend(backendById('wasm'))));

async function valuesOf(variables: readonly { name: string; variable: tf.Variable }[]) {
  const all = [];
  for (const { name, variable } of variables) {
    all.push({ name, shape: variable.shape, values: Float32Array.from(await variable.data()) });
  }
  return all;
}

async function partsOf(layers: unknown[], dataset: Dataset, count = 32) {
  const whole = network({ layers, loss: 'crossEntropy' });
  const model = buildModel(whole, dataset, new Random(5));
  const parameters = new Parameters(model.weights);
  const loss = buildLoss(whole.loss, dataset, model.outputs);
  const order = Int32Array.from({ length: dataset.train.count }, (_, i) => i);
  const batch = await new Feed(dataset, dataset.train, order, count).batch(0, count);
  const parts: GradientParts = { ...dataset, model, parameters, loss, frozen: null };
  return { whole, model, parts, batch };
}

describe('normalised and whitened inputs', () => {
  const LAYERS = [
    { conv: { filters: 5, kernel: 3, activation: 'relu' } },
    { conv: { filters: 4, kernel: 2, activation: 'tanh', bias: false } },
    'flatten',
    { dense: { units: 6, activation: 'relu' } },
    { dense: 2 },
  ];
  for (const kind of ['normalise', 'whiten'] as const) {
    it(`${kind} without changing the mapping, and have mean 0 and variance 1`, async () => {
      const dataset = stripes(64);
      const { whole, model, parts, batch } = await partsOf(LAYERS, dataset, 64);
      const shape = { layers: whole.layers, weights: await valuesOf(model.weights) };
      const settings = normalizeTransform({ [kind]: ['2.conv', -1] });
      if (settings?.kind !== kind) throw new Error('no such transformation');
      const result = await insertNorms(shape, settings, null, { ...parts, batches: [batch] });
      expect(result.came).toEqual([0, 1, 1, 2, 3, 4, 4]);
      expect(inEnglish(result.news)).toMatch(/the inputs of 2\.conv, 5\.dense$/);
      const after = buildLayers(result.shape.layers, dataset.inputShape, new Random(1));
      expect(after.weights.map(({ name }) => name).sort()).toEqual(result.shape.weights.map(({ name }) => name).sort());
      for (const { name, variable } of after.weights) {
        const given = result.shape.weights.find((one) => one.name === name)!;
        tf.tidy(() => variable.assign(tf.tensor(given.values, variable.shape)));
      }
      const context = { training: false, random: new Random(0) };
      const inputs = tf.tensor(batch.inputs, [64, ...dataset.inputShape]);
      const [was, now] = tf.tidy(() => [model.forward(inputs, context), after.forward(inputs, context)]);
      const [a, b] = [await was!.data(), await now!.data()];
      a.forEach((value, i) => expect(b[i]!).toBeCloseTo(value, 3));
      // The inputs of the last layer: correlations of what varies are those of the identity.
      const last = tf.tidy(() => {
        const before = after.layers.slice(0, -1).reduce((x, layer) => layer.forward(x, context), inputs as tf.Tensor);
        const rows = tf.reshape(before, [64, -1]) as tf.Tensor2D;
        return tf.div(tf.matMul(rows, rows, true, false), 64).arraySync() as number[][];
      });
      const varied = last.filter((row, i) => row[i]! > 0.5).length;
      expect(varied).toBeGreaterThan(2);
      last.forEach((row, i) => {
        // Variances near the norm's ε end below 1.
        expect(row[i]).toBeLessThan(1.01);
        if (kind === 'whiten') row.forEach((value, j) => j !== i && expect(Math.abs(value)).toBeLessThan(0.05));
      });
      tf.dispose([inputs, was!, now!]);
      after.dispose();
      model.dispose();
    });
  }

  it.each([
    [['1.conv'], /1\.conv pads its inputs with zeros/],
    [['flatten'], /2\.flatten is of the type flatten/],
    [['3.conv'], /there is no layer "3\.conv"; the layers are 1\.conv, 2\.flatten, 3\.dense/],
  ])('are refused where the mapping would change: %s', async (layers, why) => {
    const padded = [{ conv: { filters: 3, kernel: 3, padding: 'same' } }, 'flatten', { dense: 2 }];
    const { whole, model, parts, batch } = await partsOf(padded, stripes(40));
    const shape = { layers: whole.layers, weights: await valuesOf(model.weights) };
    const settings = { kind: 'normalise', layers, retrain: 0 } as const;
    await expect(insertNorms(shape, settings, null, { ...parts, batches: [batch] })).rejects.toThrow(why);
    model.dispose();
  });
});

describe.each(PRESENT)('smooth functions in place of ReLU on $id', (backend) => {
  beforeAll(async () => void (await startBackend(backend)));

  it.each(['softplus', 'gaussian'] as const)('a network with %s has the gradient of its loss', async (by) => {
    const layers = [
      { conv: { filters: 2, kernel: 3, activation: 'relu' } },
      'flatten',
      { dense: { units: 6, activation: 'relu' } },
      { dense: 2 },
    ];
    const { model, parts, batch } = await partsOf(layers, stripes(24), 16);
    const smooth = { ...parts, smooth: { by, width: 0.7 } };
    const { result, gradient } = gradientOf(smooth, batch, new Random(1));
    const { parameters } = parts;
    const theta = tf.clone(parameters.vector);
    const random = new Random(2);
    for (let probe = 0; probe < 4; probe++) {
      const v = tf.tensor1d(Float32Array.from({ length: parameters.count }, () => random.normal()));
      const lossAt = async (by: number): Promise<number> => {
        parameters.assign(tf.tidy(() => tf.add(theta, tf.mul(v, by))));
        const at = gradientOf(smooth, batch, new Random(1));
        const [loss] = await at.result.data();
        tf.dispose([at.result, at.gradient]);
        return loss!;
      };
      const difference = ((await lossAt(0.003)) - (await lossAt(-0.003))) / 0.006;
      const slope = (await tf.tidy(() => tf.sum(tf.mul(gradient, v))).data())[0]!;
      expect(Math.abs(slope - difference)).toBeLessThan(0.01 * Math.abs(difference) + 2e-3);
      v.dispose();
    }
    tf.dispose([theta, result, gradient]);
    parameters.dispose();
    model.dispose();
  });

  it.each(['softplus', 'gaussian'] as const)('%s approaches ReLU, and has the derivative of its form', async (by) => {
    const x = tf.tensor1d([-2, -0.3, 0.1, 0.4, 3]);
    const at = (width: number) => (y: tf.Tensor) => activationOf('relu')(y, { smooth: { by, width } });
    const near = await at(0.01)(x).data();
    [0, 0, 0.1, 0.4, 3].forEach((value, i) => expect(near[i]).toBeCloseTo(value, 3));
    const slope = await tf
      .grad((y: tf.Tensor) => at(0.7)(y))(x)
      .data();
    const h = 0.01;
    const [up, down] = [await at(0.7)(tf.add(x, h)).data(), await at(0.7)(tf.sub(x, h)).data()];
    slope.forEach((value, i) => expect(value).toBeCloseTo((up[i]! - down[i]!) / (2 * h), 3));
    expect(await activationOf('relu')(x, {}).data()).toEqual(Float32Array.of(0, 0, 0.1, 0.4, 3));
    x.dispose();
  });

  it('shrink to their last width', () => {
    const widths = [1, 2, 3].map((epoch) => smoothingAt({ by: 'softplus', from: 1, to: 0.01 }, epoch, 3).width);
    widths.forEach((width, i) => expect(width).toBeCloseTo([1, 0.1, 0.01][i]!, 9));
    expect(smoothingAt({ by: 'softplus', from: 1, to: 0.01 }, 1, 1).width).toBe(0.01);
  });

  it('train a network that is evaluated with ReLU', async () => {
    const notes = new Notes();
    const run = training(
      {
        layers: [{ dense: { units: 16, activation: 'relu' } }, { dense: 2 }],
        loss: 'crossEntropy',
        optimizer: { name: 'adam', learningRate: 0.02 },
        epochs: 12,
        transform: { smooth: { by: 'gaussian', from: 1, to: 0.02 } },
      },
      rings(160),
      notes,
    );
    await run.run();
    expect(notes.series('transform/width')).toHaveLength(12);
    expect(notes.series('val/accuracy').at(-1)).toBeGreaterThan(0.9);
    run.dispose();
  });
});

describe.each(PRESENT)('local targets on $id', (backend) => {
  beforeAll(async () => void (await startBackend(backend)));

  const LAYERS = [
    { dense: { units: 7, activation: 'tanh' } },
    { dense: { units: 6, activation: 'relu' } },
    { dense: { units: 5, activation: 'tanh' } },
    { dense: 2 },
  ];
  it('give the gradient of the loss with one step, and zeros for the other layers', async () => {
    const { model, parts, batch } = await partsOf(LAYERS, rings(64));
    const frozen = { layers: [0, 3], statistics: true };
    const turned = { ...parts, frozen, turn: { from: 1, to: 3 } };
    const tensors = tf.memory().numTensors;
    const own = await new LocalGradient(turned, { steps: 1, rate: 0.1 }, new Random(1)).take(batch, 0);
    const plain = gradientOf({ ...parts, frozen }, batch, new Random(1));
    const [a, b] = [await own.gradient.data(), await plain.gradient.data()];
    const size = Math.max(...b.map(Math.abs));
    a.forEach((value, i) => expect(Math.abs(value - b[i]!)).toBeLessThan(2e-3 * size));
    const [x, y] = [await own.result.data(), await plain.result.data()];
    expect(x[0]).toBeCloseTo(y[0]!, 6);
    expect(x[1]).toBe(y[1]);
    const more = await new LocalGradient(turned, { steps: 5, rate: 0.1 }, new Random(1)).take(batch, 0);
    const several = Float32Array.from(await more.gradient.data());
    expect(several.some((value, i) => Math.abs(value - b[i]!) > 0.01 * size)).toBe(true);
    const dot = several.reduce((sum, value, i) => sum + value * b[i]!, 0);
    expect(dot).toBeGreaterThan(0);
    tf.dispose([own.gradient, own.result, plain.gradient, plain.result, more.gradient, more.result]);
    expect(tf.memory().numTensors).toBe(tensors);
    model.dispose();
  });

  it('train one sub-mapping per epoch, and the whole learns', async () => {
    const notes = new Notes();
    const said: string[] = [];
    notes.message = (_, text) => void said.push(inEnglish(verbatim(text)));
    const run = training(
      {
        layers: LAYERS,
        loss: 'crossEntropy',
        optimizer: { name: 'adam', learningRate: 0.02 },
        epochs: 16,
        transform: { local: { steps: 3 } },
      },
      rings(160),
      notes,
    );
    await run.run();
    expect(said.slice(0, 5)).toEqual([1, 2, 3, 4, 1].map((layer, i) => `epoch ${i + 1} trains ${layer}.dense`));
    expect(notes.series('val/accuracy').at(-1)).toBeGreaterThan(0.9);
    run.dispose();
  });
});
