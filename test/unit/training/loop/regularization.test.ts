import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  normalizeOptimizer,
  validateNetwork,
  type WrittenOptimizer,
} from '../../../../src/experiment/network/index.js';
import { cpu } from '../../../../src/training/backends/cpu.js';
import type { Weight } from '../../../../src/training/layers/types.js';
import { Parameters } from '../../../../src/training/loop/parameters.js';
import { Random } from '../../../../src/training/random.js';
import { buildRegularizer, Regularizer } from '../../../../src/training/regularization/penalties.js';
import { Stepper } from '../../../../src/training/loop/stepper.js';
import { Notes, rings, training } from '../support.js';

beforeAll(async () => {
  await cpu.start();
  await tf.setBackend('cpu');
});

const none = { l1: 0, l2: 0, maxNorm: 0 };
const weight = (shape: number[], more: Partial<Weight> = {}, size = 2): Weight => {
  const random = new Random(shape.length);
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => size * random.normal());
  return { name: shape.join(), variable: tf.variable(tf.tensor(values, shape)), trainable: true, ...more };
};
const lengths = (variable: tf.Variable, axes: number[]): number[] =>
  Array.from(tf.sqrt(tf.sum(tf.square(variable), axes)).dataSync());

describe('penalties', () => {
  it.each([
    ['L1', { l1: 0.3, l2: 0, maxNorm: 0 }],
    ['L2', { l1: 0, l2: 0.2, maxNorm: 0 }],
    ['elastic', { l1: 0.1, l2: 0.4, maxNorm: 0 }],
  ])('%s: gradient agrees with finite differences; layers override it; biases have none', async (_, all) => {
    const weights = [weight([3, 2]), weight([2]), weight([2, 4], { regularization: { l1: 0.7 } })];
    const parameters = new Parameters(weights);
    const regularizer = new Regularizer(weights, all);
    const theta = parameters.vector;
    const gradient = tf.tidy(() => regularizer.addTo(tf.zerosLike(theta), theta).dataSync());
    const values = theta.dataSync() as Float32Array;
    for (let i = 0; i < values.length; i++) {
      const at = (by: number) => {
        const moved = values.slice();
        moved[i]! += by;
        return regularizer.penalty(tf.tensor1d(moved));
      };
      const difference = ((await at(1e-2)) - (await at(-1e-2))) / 2e-2;
      expect(gradient[i]).toBeCloseTo(difference, 2);
    }
    expect([...gradient.slice(6, 8)]).toEqual([0, 0]);
    const sum = (from: number, to: number, l1: number) =>
      values.slice(from, to).reduce((total, w) => total + l1 * Math.abs(w) + all.l2 * w * w, 0);
    expect(await regularizer.penalty(theta)).toBeCloseTo(sum(0, 6, all.l1) + sum(8, 16, 0.7), 4);
  });

  it('are absent by default', () => {
    expect(buildRegularizer([weight([2, 2])], none)).toBeNull();
    expect(buildRegularizer([weight([2])], { l1: 1, l2: 1, maxNorm: 1 })).toBeNull();
    expect(buildRegularizer([weight([2, 2], { regularization: { l2: 0 } })], { ...none, l2: 1 })).toBeNull();
  });

  it('are logged separately from the loss, which excludes them', async () => {
    const section = {
      layers: [{ dense: { units: 4, l2: 0 } }, { dense: 2 }],
      loss: 'crossEntropy',
      optimizer: { name: 'sgd', learningRate: 1e-9 },
      epochs: 2,
    };
    const [plain, penalized] = [new Notes(), new Notes()];
    for (const [notes, more] of [
      [plain, {}],
      [penalized, { regularization: { l2: 100 } }],
    ] as const) {
      const run = training({ ...section, ...more }, rings(50), notes);
      await run.run();
      if (notes === penalized) {
        const last = run.model.weights[2]!.variable.dataSync() as Float32Array;
        const sum = last.reduce((total, w) => total + w * w, 0);
        expect(notes.series('penalty').at(-1)).toBeCloseTo(100 * sum, 2);
      }
      run.dispose();
    }
    expect(plain.series('penalty')).toEqual([]);
    expect(penalized.series('penalty').length).toBe(penalized.series('loss').length);
    penalized.series('loss').forEach((value, i) => expect(value).toBeCloseTo(plain.series('loss')[i]!, 4));
  });

  it('L1 shrinks weights of useless inputs to almost 0, L2 shrinks all weights', async () => {
    const norms: Record<string, number> = {};
    for (const [name, regularization] of [
      ['none', {}],
      ['l2', { l2: 0.2 }],
      ['l1', { l1: 0.2 }],
    ] as const) {
      const run = training(
        { layers: [{ dense: 2 }], loss: 'crossEntropy', optimizer: { name: 'sgd', learningRate: 0.1 }, regularization },
        rings(200),
      );
      await run.run();
      const kernel = run.model.weights[0]!.variable.dataSync() as Float32Array;
      norms[name] = Math.sqrt(kernel.reduce((sum, w) => sum + w * w, 0));
      run.dispose();
    }
    expect(norms.l2).toBeLessThan(norms.none! / 2);
    // A line can't separate rings, so no weight is useful.
    expect(norms.l1).toBeLessThan(0.1);
  });
});

describe('max-norm', () => {
  const step = (
    weights: Weight[],
    optimizer: WrittenOptimizer = { name: 'sgd', learningRate: 0.1 },
    ema: number | null = null,
  ) => {
    const parameters = new Parameters(weights);
    const network = { optimizer: normalizeOptimizer(optimizer), clip: { norm: null, value: null }, accumulate: 1, ema };
    const stepper = new Stepper(network, parameters, buildRegularizer(weights, { ...none, maxNorm: 1.5 }));
    const random = new Random(3);
    return {
      parameters,
      stepper,
      step: () =>
        tf.tidy(() => {
          const values = Float32Array.from({ length: parameters.count }, () => random.normal());
          stepper.take(tf.tensor1d(values), false);
        }),
    };
  };

  it('bounds the weights into each output, of every kind of kernel', () => {
    const dense = weight([6, 3]);
    const conv = weight([3, 3, 2, 4]);
    const depthwise = weight([3, 3, 2, 2], { inputAxes: [0, 1] });
    const table = weight([5, 4], { inputAxes: [1] });
    const bias = weight([4], {}, 50);
    const free = weight([4, 4], { regularization: { maxNorm: 0 } }, 9);
    const tight = weight([2, 3], { regularization: { maxNorm: 0.1 } });
    const { step: take } = step([dense, conv, bias, depthwise, table, free, tight]);
    for (let i = 0; i < 3; i++) take();
    for (const [{ variable }, axes, bound, columns] of [
      [dense, [0], 1.5, 3],
      [conv, [0, 1, 2], 1.5, 4],
      [depthwise, [0, 1], 1.5, 4],
      [table, [1], 1.5, 5],
      [tight, [0], 0.1, 3],
    ] as const) {
      const all = lengths(variable, [...axes]);
      expect(all).toHaveLength(columns);
      expect(Math.max(...all)).toBeLessThan(bound * (1 + 1e-5));
    }
    expect(Math.max(...lengths(free.variable, [0]))).toBeGreaterThan(5);
    expect(lengths(bias.variable, [0])[0]).toBeGreaterThan(5);
  });

  it('projects to the nearest point: shorter columns stay, longer ones keep their direction', () => {
    const kernel: Weight = {
      name: 'k',
      variable: tf.variable(
        tf.tensor2d([
          [3, 0.3],
          [4, 0.4],
        ]),
      ),
      trainable: true,
    };
    const projected = new Regularizer([kernel], { ...none, maxNorm: 2 }).project(tf.tensor1d([3, 0.3, 4, 0.4]));
    [1.2, 0.3, 1.6, 0.4].forEach((value, i) => expect(projected.dataSync()[i]).toBeCloseTo(value, 6));
  });

  it.each([
    ['Nesterov', { name: 'sgd', learningRate: 0.5, momentum: 0.9, nesterov: true }, null],
    ['a moving average', { name: 'adam', learningRate: 0.5 }, 0.9],
  ] as const)('also holds for the evaluated weights with %s, and leaks no tensors', (_, optimizer, ema) => {
    const kernel = weight([5, 3]);
    const { step: take, stepper, parameters } = step([kernel], optimizer, ema);
    for (let i = 0; i < 4; i++) take();
    const before = tf.memory().numTensors;
    take();
    const offset = stepper.settle()!;
    parameters.add(offset);
    offset.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(Math.max(...lengths(kernel.variable, [0]))).toBeLessThan(1.5 * (1 + 1e-5));
  });
});

it('max-norm applies to recurrent layers and embeddings that set it', async () => {
  const layers = [
    { embedding: { size: 5, width: 3, maxNorm: 0.02 } },
    { recurrent: { cell: 'gru', units: 3, maxNorm: 0.5, bidirectional: true } },
    { dense: 2 },
  ];
  const dataset = rings(40);
  // An embedding takes whole numbers.
  for (const { inputs } of [dataset.train, dataset.validation!]) {
    const words = inputs as Float32Array;
    words.forEach((x, i) => (words[i] = Math.round(2 + x)));
  }
  const run = training({ layers, loss: 'crossEntropy', optimizer: 'adam', epochs: 1 }, dataset);
  await run.run();
  const bounded = (name: string, axis: number) =>
    Math.max(...lengths(run.model.weights.find((each) => each.name === name)!.variable, [axis]));
  expect(bounded('1.embedding/table', 1)).toBeCloseTo(0.02, 5);
  for (const way of ['forward', 'backward']) {
    for (const part of ['input', 'state']) expect(bounded(`2.recurrent/${way}/${part}`, 0)).toBeCloseTo(0.5, 5);
  }
  expect(bounded('3.dense/kernel', 0)).toBeGreaterThan(0.51);
  run.dispose();
});

describe('how it is written', () => {
  const base = { data: 'mnist', layers: [{ dense: 10 }] as unknown[], loss: 'crossEntropy' };

  it('a layer’s normal form contains only the settings it sets', () => {
    const { network } = validateNetwork({
      ...base,
      regularization: { l2: 1e-4 },
      layers: [
        { dense: { units: 5, l1: 0.1, maxNorm: null } },
        { separableConv: { filters: 2, kernel: 3, l2: 0 } },
        { recurrent: { units: 3, l1: 0.2 } },
        { embedding: { size: 3, width: 2, l2: 0.3 } },
        { dense: 10 },
      ],
    });
    expect(network!.regularization).toEqual({ l1: 0, l2: 1e-4, maxNorm: 0 });
    expect(network!.layers.map((layer) => ('regularization' in layer ? layer.regularization : null))).toEqual([
      { l1: 0.1 },
      { l2: 0 },
      { l2: 0 },
      { l1: 0.2 },
      { l2: 0.3 },
      null,
    ]);
  });

  it.each([
    [{ regularization: { l1: -1 } }, 'l1 must be at least 0'],
    [{ regularization: { l3: 1 } }, 'unknown key "l3"'],
    [{ regularization: 0.1 }, 'regularization must be a group of settings'],
    [{ layers: [{ dense: { units: 2, maxNorm: -2 } }] }, 'maxNorm must be at least 0'],
  ])('%j: %s', (more, message) => {
    const [problem] = validateNetwork({ ...base, ...more }).problems!;
    expect(problem!.message).toContain(message);
  });
});
