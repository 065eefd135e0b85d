/** Compares the fast path for plain chains of layers with the general path. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import { batchValues } from '../../../../src/training/loop/batches.js';
import type { Dataset, HeldExamples } from '../../../../src/training/data/types.js';
import { FastChain } from '../../../../src/training/kernels/chain/index.js';
import { gradientOf } from '../../../../src/training/loop/gradient.js';
import type { GradientParts } from '../../../../src/training/loop/gradientTypes.js';
import { buildLoss } from '../../../../src/training/losses/index.js';
import { buildModel } from '../../../../src/training/model.js';
import { Parameters } from '../../../../src/training/loop/parameters.js';
import { Random } from '../../../../src/training/random.js';
import { network, Notes, plane, rings, stripes, training } from '../support.js';

beforeAll(async () => {
  await cpu.start();
  await wasm.start();
});

function partsOf(section: Record<string, unknown>, dataset: Dataset): GradientParts {
  const settings = network(section);
  const model = buildModel(settings, dataset, new Random(2));
  // Random biases reveal errors that the initial biases of 0 would hide.
  const random = new Random(3);
  for (const { variable } of model.weights) {
    tf.tidy(() =>
      variable.assign(
        tf.tensor(
          Float32Array.from({ length: variable.size }, () => random.normal() / 2),
          variable.shape,
        ),
      ),
    );
  }
  const parameters = new Parameters(model.weights);
  return { ...dataset, model, parameters, loss: buildLoss(settings.loss, dataset, model.outputs) };
}

const hidden = [
  { dense: { units: 9, activation: 'tanh' } },
  { dropout: 0.4 },
  { dense: { units: 5, activation: 'relu' } },
];
const classes = { layers: [...hidden, { dense: 2 }], loss: 'crossEntropy' };

describe('a plain chain of layers', () => {
  it('has the derivative of its outputs along a direction, after a step on the batch', async () => {
    await tf.setBackend('wasm');
    const layers = [{ dense: { units: 9, activation: 'tanh' } }, { activation: 'elu' }, { dense: 5 }, { dense: 2 }];
    const dataset = rings(40);
    const { parameters, ...parts } = partsOf({ ...classes, layers }, dataset);
    const fast = FastChain.of({ parameters, ...parts })!;
    const order = Int32Array.from({ length: 40 }, (_, i) => i);
    const batch = batchValues(dataset, dataset.train as HeldExamples, order, 0, 13);
    const random = new Random(8);
    const v = tf.tensor1d(Float32Array.from({ length: parameters.count }, () => random.normal()));
    const theta = tf.clone(parameters.vector);
    const at = (by: number): Float32Array => {
      parameters.assign(tf.tidy(() => tf.add(theta, tf.mul(v, by))));
      return fast.outputs(batch, new Random(1))!;
    };
    const [up, down] = [at(0.001), at(-0.001)];
    parameters.assign(theta);
    expect(fast.tangents(batch, parameters.vector, v)).toBeNull();
    tf.dispose(Object.values(fast.take(batch, new Random(1))));
    const got = fast.tangents(batch, parameters.vector, v)!;
    got.forEach((value, i) => expect(value).toBeCloseTo((up[i]! - down[i]!) / 0.002, 2));
    // Nothing is known for another batch or at other weights.
    expect(fast.tangents({ ...batch }, parameters.vector, v)).toBeNull();
    expect(fast.tangents(batch, theta, v)).toBeNull();
    fast.dispose();
  });

  it.each<[string, Record<string, unknown>, Dataset]>([
    ['classes', classes, rings(60)],
    ['label smoothing', { ...classes, loss: { name: 'crossEntropy', labelSmoothing: 0.1 } }, rings(60)],
    ['images, flattened', { ...classes, layers: ['flatten', ...classes.layers] }, stripes(60)],
    [
      'one output',
      { layers: [...hidden, { dense: 1 }], loss: { name: 'binaryCrossEntropy', labelSmoothing: 0.2 } },
      rings(60),
    ],
    ['two outputs', { layers: [...hidden, { dense: 2 }], loss: 'binaryCrossEntropy' }, rings(60)],
    ['squares', { layers: [...hidden, { dense: 1 }], loss: 'mse' }, plane(60)],
    ['absolute values', { layers: [...hidden, { dense: 1 }], loss: 'mae' }, plane(60)],
    ['huber', { layers: [...hidden, { dense: 1 }], loss: { name: 'huber', delta: 0.3 } }, plane(60)],
    [
      'dropout first, no bias, activations apart and last',
      {
        layers: [
          { dropout: 0.2 },
          { activation: 'softsign' },
          { dense: { units: 6, bias: false } },
          { activation: 'elu' },
          { dropout: 0.1 },
          { dense: { units: 1, activation: 'sigmoid' } },
        ],
        loss: 'mse',
      },
      plane(60),
    ],
    [
      'convolutions and maximum pooling, padded and strided',
      {
        layers: [
          { conv: { filters: 3, kernel: 3, padding: 'same', activation: 'relu' } },
          { pool: { size: 3, stride: 2, padding: 'same' } },
          { dropout: 0.3 },
          { conv: { filters: 5, kernel: 2, stride: 2, bias: false } },
          { activation: 'tanh' },
          'flatten',
          { dense: 2 },
        ],
        loss: 'crossEntropy',
      },
      stripes(60),
    ],
    [
      'pooling of values that tie',
      { layers: [{ activation: 'relu6' }, { pool: 2 }, 'flatten', { dense: 2 }], loss: 'crossEntropy' },
      stripes(60),
    ],
    ...(['simple', 'lstm', 'gru', 'gated'] as const).map((cell, i): [string, Record<string, unknown>, Dataset] => {
      const gate = (['sigmoid', 'sigmoid', 'gaussian', 'trigonometric'] as const)[i]!;
      return [
        `${cell}, both ways, one above the other`,
        {
          layers: [
            { reshape: [6, 6] },
            { recurrent: { cell, gate, units: 5, sequences: true, bidirectional: true } },
            { dropout: 0.2 },
            { recurrent: { cell, gate: 'sigmoid', units: 3 } },
            { dense: 2 },
          ],
          loss: 'crossEntropy',
        },
        stripes(60),
      ];
    }),
  ])('has the same loss, correct predictions and gradient: %s', async (_, section, dataset) => {
    await tf.setBackend('wasm');
    const parts = partsOf(section, dataset);
    const fast = FastChain.of(parts)!;
    expect(fast).not.toBeNull();
    const order = Int32Array.from({ length: 60 }, (_, i) => i);
    for (const [from, to] of [
      [0, 7],
      [7, 60],
    ] as const) {
      const values = batchValues(dataset, dataset.train as HeldExamples, order, from, to);
      const got = fast.take(values, new Random(5));
      const wanted = gradientOf(parts, values, new Random(5));
      const [loss, right] = await got.result.data();
      const [wantedLoss, wantedRight] = await wanted.result.data();
      expect(loss).toBeCloseTo(wantedLoss!, 5);
      expect(right).toBe(wantedRight);
      const [a, b] = await Promise.all([got.gradient.data(), wanted.gradient.data()]);
      expect(a.length).toBe(b.length);
      a.forEach((value, i) => expect(Math.abs(value - b[i]!), `${i}`).toBeLessThan(2e-6 + 2e-5 * Math.abs(b[i]!)));
    }
    fast.dispose();
  });

  it('rejects unsupported networks', async () => {
    await tf.setBackend('wasm');
    const others: Record<string, unknown>[] = [
      { ...classes, layers: [...hidden, 'batchNorm', { dense: 2 }] },
      { ...classes, layers: [{ dense: { units: 3, activation: 'mish' } }, { dense: 2 }] },
      { ...classes, loss: 'hinge' },
      { ...classes, loss: { name: 'crossEntropy', classWeights: 'balanced' } },
    ];
    for (const section of others) expect(FastChain.of(partsOf(section, rings(20)))).toBeNull();
    await tf.setBackend('cpu');
    expect(FastChain.of(partsOf(classes, rings(20)))).toBeNull();
  });

  it('learns the same as on another backend, and leaks no tensors', async () => {
    const section = {
      layers: [{ dense: { units: 16, activation: 'relu' } }, { dropout: 0.1 }, { dense: 2 }],
      loss: 'crossEntropy',
      optimizer: { name: 'adam', learningRate: 0.01 },
      ema: 0.9,
      batchSize: 30,
      epochs: 3,
      diagnostics: true,
    };
    const curves: number[][] = [];
    for (const backend of ['wasm', 'cpu']) {
      await tf.setBackend(backend);
      const before = tf.memory().numTensors;
      const notes = new Notes();
      const trained = training(section, rings(100), notes);
      await trained.run();
      trained.dispose();
      expect(tf.memory().numTensors).toBe(before);
      curves.push([...notes.series('loss'), ...notes.series('val/loss'), ...notes.series('val/accuracy')]);
    }
    expect(curves[0]!.length).toBeGreaterThan(12);
    curves[0]!.forEach((value, i) => expect(value).toBeCloseTo(curves[1]![i]!, 4));
  });
});
