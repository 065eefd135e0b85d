import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { validateNetwork, type Layer } from '../../../../src/experiment/network/index.js';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { startBackend } from '../../../../src/training/backends/index.js';
import { activations } from '../../../../src/training/layers/activations.js';
import { buildLayer } from '../../../../src/training/layers/index.js';
import { Adam } from '../../../../src/training/optimizers/adam.js';
import { Sgd } from '../../../../src/training/optimizers/sgd.js';
import { initialize } from '../../../../src/training/layers/initializers.js';
import { Random } from '../../../../src/training/random.js';
import '../../../../src/training/kernels/tensorflow.js';

beforeAll(() => startBackend(cpu));

type Cell = Record<'input' | 'state', number[][]> & { bias: number[]; stateBias: number[] | null };
const RECURRENT = JSON.parse(readFileSync(join(import.meta.dirname, '../reference/recurrent.json'), 'utf8')) as Record<
  'lstm' | 'gru',
  { weights: Cell; input: number[][]; output: number[][] }
>;

type Attention = Record<'input' | 'output' | 'upper' | 'gradient', number[][][]> & {
  weights: Record<string, number[] | number[][]>;
};
const ATTENTION = JSON.parse(readFileSync(join(import.meta.dirname, '../reference/attention.json'), 'utf8')) as Record<
  'whole' | 'causal',
  Attention
> & { heads: number };

const close = (got: ArrayLike<number>, wanted: ArrayLike<number>, digits = 5) =>
  Array.from(wanted).forEach((value, i) => expect(got[i]).toBeCloseTo(value, digits));

describe('optimizers follow their papers', () => {
  const gradients = [
    [1, -2],
    [0.5, 3],
    [-1, 0.1],
    [2, 2],
  ];
  const step = (optimizer: { step(gradient: tf.Tensor1D): tf.Tensor1D }, gradient: number[]) =>
    optimizer.step(tf.tensor1d(gradient)).dataSync();

  it('gradient descent', () => close(step(new Sgd(0.1), [1, -2]), [-0.1, 0.2]));

  it('Polyak momentum', () => {
    const optimizer = new Sgd(0.1, 0.9);
    const v = [0, 0];
    for (const gradient of gradients) {
      const change = step(optimizer, gradient);
      gradient.forEach((g, i) => (v[i] = 0.9 * v[i]! - 0.1 * g));
      close(change, v);
    }
  });

  it('Nesterov momentum, on a parabola where the point of the gradient matters', () => {
    const optimizer = new Sgd(0.1, 0.9, true);
    let held = 1;
    let [theta, v] = [1, 0];
    for (let i = 0; i < 10; i++) {
      held += step(optimizer, [2 * held])[0]!;
      v = 0.9 * v - 0.1 * 2 * (theta + 0.9 * v);
      theta += v;
      expect(held + optimizer.settle()!.dataSync()[0]!).toBeCloseTo(theta, 5);
    }
  });

  it('Adam', () => {
    const optimizer = new Adam(0.01, 0.9, 0.99, 1e-3);
    const [m, v] = [
      [0, 0],
      [0, 0],
    ];
    gradients.forEach((gradient, t) => {
      const change = step(optimizer, gradient);
      const wanted = gradient.map((g, i) => {
        m[i] = 0.9 * m[i]! + 0.1 * g;
        v[i] = 0.99 * v[i]! + 0.01 * g * g;
        return (-0.01 * (m[i]! / (1 - 0.9 ** (t + 1)))) / (Math.sqrt(v[i]! / (1 - 0.99 ** (t + 1))) + 1e-3);
      });
      close(change, wanted);
    });
  });
});

describe('layers', () => {
  const layer = (written: unknown): Layer =>
    validateNetwork({ data: 'mnist', layers: [written], loss: 'mse' }).network!.layers[0]!;
  const build = (written: unknown, inputShape: number[]) =>
    buildLayer(layer(written), { name: '1.test', inputShape, random: new Random(1) });
  const context = { training: true, random: new Random(1) };

  it.each([
    [{ dense: { units: 3, activation: 'tanh' } }, [4]],
    [{ conv: { filters: 2, kernel: 3, activation: 'sigmoid' } }, [5, 6, 2]],
    [{ conv: { filters: 2, kernel: [2, 3], stride: 2, padding: 'same' } }, [5, 6, 1]],
    [{ pool: { size: 2, kind: 'average' } }, [4, 4, 2]],
    ['batchNorm', [3, 3, 2]],
    [{ globalPool: 'average' }, [3, 3, 2]],
    [{ depthwiseConv: { kernel: 2, multiplier: 2, activation: 'sigmoid' } }, [4, 4, 2]],
    [{ depthwiseConv: { kernel: 3, stride: 2, padding: 'same' } }, [5, 5, 2]],
    ['layerNorm', [3, 4]],
    [{ reshape: [4, 3] }, [2, 6]],
    [{ residual: [{ dense: { units: 4, activation: 'tanh' } }, { dense: 4 }] }, [4]],
    [{ residual: [{ conv: { filters: 3, kernel: 3, stride: 2, padding: 'same', activation: 'sigmoid' } }] }, [4, 4, 2]],
    [{ attention: { heads: 2, width: 3 } }, [4, 5]],
    [{ attention: { heads: 2, causal: true, bias: false } }, [3, 4]],
    [{ position: 'learned' }, [4, 3]],
    ['position', [4, 3]],
    [{ recurrent: { cell: 'simple', units: 3 } }, [4, 2]],
    [{ recurrent: { cell: 'lstm', units: 2, sequences: true } }, [4, 2]],
    [{ recurrent: { cell: 'lstm', units: 2, gate: 'gaussian' } }, [3, 2]],
    [{ recurrent: { cell: 'gru', units: 3, bidirectional: true } }, [4, 2]],
    [{ recurrent: { cell: 'gated', units: 3, gate: 'trigonometric', bidirectional: true, sequences: true } }, [3, 2]],
    [{ recurrent: { cell: 'gated', units: 3, gate: 'gaussian' } }, [3, 2]],
  ])('%j: gradients agree with finite differences', (written, shape) => {
    const built = build(written, shape);
    const random = new Random(7);
    const size = shape.reduce((a, b) => a * b);
    const x = tf.tensor(
      Float32Array.from({ length: 3 * size }, () => random.normal()),
      [3, ...shape],
    );
    const out = built.forward(x, context);
    expect(out.shape.slice(1)).toEqual([...built.outputShape]);
    const weigh = tf.tensor(
      Float32Array.from({ length: out.size }, () => random.normal()),
      out.shape,
    );
    const f = (input: tf.Tensor) => tf.sum(tf.mul(built.forward(input, context), weigh)) as tf.Scalar;
    for (const { name, variable } of [
      { name: 'input', variable: tf.variable(x) },
      ...built.weights.filter((weight) => weight.trainable),
    ]) {
      const input = name === 'input' ? variable : x;
      const gradient = tf.variableGrads(() => f(input), [variable]).grads[variable.name]!.dataSync();
      const values = variable.dataSync().slice() as Float32Array;
      for (const at of [0, Math.floor(values.length / 2), values.length - 1]) {
        const shifted = (by: number) => {
          const copy = values.slice();
          copy[at]! += by;
          variable.assign(tf.tensor(copy, variable.shape));
          return f(input).dataSync()[0]!;
        };
        const difference = (shifted(1e-2) - shifted(-1e-2)) / 2e-2;
        variable.assign(tf.tensor(values, variable.shape));
        expect(Math.abs(gradient[at]! - difference)).toBeLessThan(2e-2 * Math.max(1, Math.abs(difference)));
      }
    }
  });

  it('an embedding selects rows, and its gradient flows to the selected rows', () => {
    const built = build({ embedding: { size: 5, width: 2 } }, [3]);
    const table = built.weights[0]!.variable;
    const words = tf.tensor2d([[0, 4, 4]]);
    const rows = table.dataSync();
    close(built.forward(words, context).dataSync(), [rows[0]!, rows[1]!, rows[8]!, rows[9]!, rows[8]!, rows[9]!]);
    const { grads } = tf.variableGrads(() => tf.sum(built.forward(words, context)) as tf.Scalar, [table]);
    close(grads[table.name]!.dataSync(), [1, 1, 0, 0, 0, 0, 0, 0, 2, 2]);
  });

  it.each(['lstm', 'gru'] as const)('%s agrees with PyTorch', (cell) => {
    const { weights, input, output } = RECURRENT[cell];
    const built = build({ recurrent: { cell, units: 3, sequences: true } }, [4, 2]);
    const [w, u, b, c] = built.weights.map((weight) => weight.variable);
    w!.assign(tf.tensor(weights.input));
    u!.assign(tf.tensor(weights.state));
    b!.assign(tf.tensor(weights.bias));
    c?.assign(tf.tensor(weights.stateBias!));
    close(built.forward(tf.tensor([input]), context).dataSync(), output.flat());
  });

  it.each(['whole', 'causal'] as const)('attention agrees with PyTorch, and so does its gradient: %s', (which) => {
    const { weights, input, output, upper, gradient } = ATTENTION[which];
    const built = build({ attention: { heads: ATTENTION.heads, causal: which === 'causal' } }, [5, 6]);
    for (const { name, variable } of built.weights) variable.assign(tf.tensor(weights[name.split('/').at(-1)!]!));
    const run = (x: tf.Tensor): tf.Tensor => built.forward(x, context);
    close(run(tf.tensor3d(input)).dataSync(), output.flat(2));
    const slope = tf.grad((x) => tf.sum(tf.mul(run(x), tf.tensor3d(upper))));
    close(slope(tf.tensor3d(input)).dataSync(), gradient.flat(2), 4);
  });

  it('spatial dropout drops whole channels', () => {
    const built = build({ spatialDropout: 0.5 }, [2, 2, 64]);
    const sums = Array.from(tf.sum(built.forward(tf.ones([1, 2, 2, 64]), context), [0, 1, 2]).dataSync());
    expect(new Set(sums)).toEqual(new Set([0, 8]));
  });

  it('orthogonal weights have orthonormal columns', () => {
    for (const [rows, columns] of [
      [6, 4],
      [3, 5],
    ] as const) {
      const w = initialize('orthogonal', [rows, columns], new Random(3)) as tf.Tensor2D;
      const gram = rows >= columns ? tf.matMul(w, w, true) : tf.matMul(w, w, false, true);
      close(gram.dataSync(), tf.eye(Math.min(rows, columns)).dataSync());
    }
  });

  it('repeat expands its layers to the requested depth', () => {
    const section = { data: 'mnist', loss: 'crossEntropy' };
    const inner = [{ dense: { units: 8, activation: 'relu' } }, { dropout: 0.1 }];
    const { network } = validateNetwork({
      ...section,
      layers: ['flatten', { repeat: { times: 3, layers: inner } }, { dense: 10 }],
    });
    expect(network!.layers.map(({ type }) => type).join(' ')).toBe(
      'flatten dense dropout dense dropout dense dropout dense',
    );
  });

  it('dropout preserves the mean, drops the requested share, and is inactive in inference', () => {
    const built = build({ dropout: 0.4 }, [1000]);
    const x = tf.ones([10, 1000]);
    const y = Array.from(built.forward(x, context).dataSync());
    expect(y.filter((value) => value === 0).length / y.length).toBeCloseTo(0.4, 1);
    expect(y.reduce((a, b) => a + b) / y.length).toBeCloseTo(1, 1);
    expect(built.forward(x, { ...context, training: false })).toBe(x);
  });

  it('batch normalization gives mean 0 and variance 1, and uses its moving averages in inference', () => {
    const built = build({ batchNorm: { momentum: 0.5 } }, [2]);
    const x = tf.tensor2d([
      [1, 10],
      [3, 30],
      [5, 50],
      [7, 70],
    ]);
    const y = built.forward(x, context);
    close(tf.mean(y, 0).dataSync(), [0, 0], 4);
    close(tf.mean(tf.square(y), 0).dataSync(), [1, 1], 2);
    // The moving averages are half way from (0, 1) to the mean 4 and the unbiased variance 20/3.
    close(built.weights[2]!.variable.dataSync(), [2, 20]);
    expect(built.weights[3]!.variable.dataSync()[0]).toBeCloseTo((1 + 20 / 3) / 2, 4);
    const after = built.forward(x, { ...context, training: false }).dataSync();
    expect(after[0]).toBeCloseTo((1 - 2) / Math.sqrt((1 + 20 / 3) / 2 + 1e-3), 4);
  });

  it('gelu, leaky relu and hard sigmoid follow their papers', () => {
    const at = (name: keyof typeof activations, x: number) => activations[name](tf.tensor1d([x])).dataSync()[0];
    expect(at('gelu', 1)).toBeCloseTo(0.8413447, 5);
    expect(at('leakyRelu', -2)).toBeCloseTo(-0.02);
    expect([at('hardSigmoid', -4), at('hardSigmoid', 0), at('hardSigmoid', 4)]).toEqual([0, 0.5, 1]);
  });

  it('relu has the right first and second derivative', () => {
    const x = tf.tensor1d([-1, 0.5, 2]);
    const cubed = (a: tf.Tensor) => tf.sum(tf.pow(tf.relu(a), 3)) as tf.Scalar;
    close(tf.grad(cubed)(x).dataSync(), [0, 0.75, 12]);
    close(
      tf
        .grad((a) => tf.sum(tf.grad(cubed)(a)))(x)
        .dataSync(),
      [0, 3, 12],
    );
  });

  it('says what to do when layers do not fit each other', () => {
    expect(() => build({ dense: 3 }, [4, 4, 1])).toThrow(/gets 4×4×1: put "- flatten" before it/);
    expect(() => build({ conv: { filters: 1, kernel: 9 } }, [4, 4, 1])).toThrow(/window of 9×9 does not fit into 4×4/);
    expect(() => build({ pool: 2 }, [16])).toThrow(/needs images/);
  });
});

it('random numbers are uniform or normal, reproducible by seed, and independent between named streams', () => {
  const random = new Random(5);
  const draws = Array.from({ length: 20_000 }, () => random.normal());
  expect(draws.reduce((a, b) => a + b) / draws.length).toBeCloseTo(0, 1);
  expect(draws.reduce((a, b) => a + b * b, 0) / draws.length).toBeCloseTo(1, 1);
  expect(new Random(9).fork('a').bits()).toBe(new Random(9).fork('a').bits());
  expect(new Random(9).fork('a').bits()).not.toBe(new Random(9).fork('b').bits());
  expect(new Random(9).bits()).not.toBe(new Random(10).bits());
});
