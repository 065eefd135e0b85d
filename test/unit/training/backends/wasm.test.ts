import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { tryBackend } from '../../../../src/training/backends/choosing/trial.js';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import { recurrent } from '../../../../src/training/layers/recurrent.js';
import { Random } from '../../../../src/training/random.js';

const random = new Random(3);
const numbers = (length: number) => Float32Array.from({ length }, () => random.normal());

/** Runs the same computation on both backends. */
async function both(work: () => tf.Tensor): Promise<[Float32Array, Float32Array]> {
  const results: Float32Array[] = [];
  for (const backend of ['wasm', 'cpu']) {
    await tf.setBackend(backend);
    results.push((await tf.tidy(work).data()).slice() as Float32Array);
  }
  return results as [Float32Array, Float32Array];
}

function expectClose([got, wanted]: [Float32Array, Float32Array]): void {
  expect(got.length).toBe(wanted.length);
  const scale = Math.max(...wanted.map(Math.abs));
  for (let i = 0; i < got.length; i++) expect(Math.abs(got[i]! - wanted[i]!)).toBeLessThanOrEqual(1e-5 * scale);
}

beforeAll(async () => {
  await cpu.start();
  await wasm.start();
});

describe('kernels composed for WebAssembly agree with the reference', () => {
  const cases = [
    { image: [7, 6], kernel: [3, 3], stride: 1, pad: 'valid' },
    { image: [7, 6], kernel: [3, 2], stride: 1, pad: 'same' },
    { image: [8, 9], kernel: [3, 3], stride: 2, pad: 'same' },
    { image: [9, 8], kernel: [2, 3], stride: 2, pad: 'valid' },
    { image: [5, 5], kernel: [5, 5], stride: 1, pad: 'valid' },
    { image: [6, 6], kernel: [1, 1], stride: 3, pad: 'valid' },
  ] as const;
  it.each(cases)('convolution gradients: %j', async ({ image, kernel, stride, pad }) => {
    const x = numbers(2 * image[0] * image[1] * 3);
    const w = numbers(kernel[0] * kernel[1] * 3 * 4);
    for (const which of [0, 1] as const) {
      const result = await both(() => {
        const inputs = tf.tensor4d(x, [2, image[0], image[1], 3]);
        const filter = tf.tensor4d(w, [kernel[0], kernel[1], 3, 4]);
        const f = (a: tf.Tensor, b: tf.Tensor) => {
          const y = tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad);
          return tf.sum(tf.square(y));
        };
        return tf.grads(f)([inputs, filter])[which]!;
      });
      expectClose(result);
    }
  });

  it('convolutions of several images at a time, and of one channel', async () => {
    for (const [batch, channels, stride] of [
      [5, 8, 1],
      [3, 1, 2],
    ] as const) {
      const x = numbers(batch * 400 * channels);
      const [w, upper] = [numbers(25 * channels * 3), numbers(batch * 400 * 3)];
      const size = stride === 1 ? 400 : 100;
      for (const which of [null, 0, 1]) {
        const result = await both(() => {
          const inputs = tf.tensor4d(x, [batch, 20, 20, channels]);
          const filter = tf.tensor4d(w, [5, 5, channels, 3]);
          const f = (a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, 'same');
          if (which === null) return f(inputs, filter);
          const slopes = tf.reshape(tf.tensor1d(upper.subarray(0, batch * size * 3)), [
            batch,
            20 / stride,
            20 / stride,
            3,
          ]);
          return tf.grads((a, b) => tf.sum(tf.mul(f(a, b), slopes)))([inputs, filter])[which]!;
        });
        expectClose(result);
      }
    }
  });

  it.each([
    ['lstm', 'sigmoid', 5, 3, true],
    ['lstm', 'gaussian', 6, 3, false],
    ['lstm', 'trigonometric', 5, 4, false],
    ['lstm', 'sigmoid', 4, 1, false],
    ['gru', 'sigmoid', 5, 3, true],
    ['gru', 'sigmoid', 8, 1, false],
    ['gru', 'gaussian', 5, 3, true],
    ['gru', 'trigonometric', 6, 4, false],
    ['gated', 'sigmoid', 5, 3, true],
    ['gated', 'gaussian', 4, 1, false],
    ['gated', 'trigonometric', 7, 4, false],
    ['simple', 'sigmoid', 5, 3, true],
    ['simple', 'sigmoid', 4, 1, false],
  ] as const)(
    '%s, gates %s, %i units over %i steps, and its gradients (both ways: %s)',
    async (cell, gate, units, time, both2) => {
      const x = numbers(3 * time * 4);
      const upper = numbers(3 * time * units * 2);
      const settings = {
        type: 'recurrent',
        cell,
        units,
        gate,
        sequences: true,
        bidirectional: both2,
      } as const;
      const weights = 3 * (both2 ? 2 : 1) + (cell === 'gru' ? (both2 ? 2 : 1) : 0);
      for (let which = -2; which < weights; which++) {
        const result = await both(() => {
          const layer = recurrent(settings, { name: 'r', inputShape: [time, 4], random: new Random(5) });
          // The biases begin at 0, where a wrong one would not be seen.
          for (const { variable } of layer.weights) {
            if (variable.rank === 1) variable.assign(tf.linspace(-1, 1, variable.size));
          }
          const inputs = tf.tensor3d(x, [3, time, 4]);
          const context = { training: true, random: new Random(1) };
          const run = (a: tf.Tensor): tf.Tensor => layer.forward(a, context);
          const width = units * (both2 ? 2 : 1);
          const slopes = tf.tensor3d(upper.subarray(0, 3 * time * width), [3, time, width]);
          const f = (a: tf.Tensor): tf.Scalar => tf.sum(tf.mul(run(a), slopes));
          const { variable } = layer.weights[Math.max(0, which)]!;
          const value =
            which === -2
              ? run(inputs)
              : which === -1
                ? tf.grad(f)(inputs)
                : tf.variableGrads(() => f(inputs), [variable]).grads[variable.name]!;
          return tf.clone(value);
        });
        expectClose(result);
      }
    },
  );

  it.each([
    { size: 2, stride: 2, pad: 'valid' },
    { size: 3, stride: 2, pad: 'same' },
    { size: 3, stride: 1, pad: 'valid' },
  ] as const)('max pool gradient: %j', async ({ size, stride, pad }) => {
    for (const channels of [3, 4, 9]) {
      // Rounded, so that some maxima tie.
      const x = numbers(2 * 7 * 6 * channels).map((value) => Math.round(2 * value));
      const result = await both(() =>
        tf.grad((a) => tf.sum(tf.square(tf.maxPool(a as tf.Tensor4D, size, stride, pad))))(
          tf.tensor4d(x, [2, 7, 6, channels]),
        ),
      );
      expectClose(result);
    }
  });

  it.each([1, 2])('average pool gradient at borders agrees with finite differences: stride %i', async (stride) => {
    const x = numbers(7 * 6);
    const f = (a: tf.Tensor) =>
      tf.sum(tf.square(tf.avgPool(tf.reshape(a, [1, 7, 6, 1]) as tf.Tensor4D, 3, stride, 'same')));
    for (const gradient of await both(() => tf.grad(f)(tf.tensor1d(x)))) {
      for (const at of [0, 5, 8, 36, 41]) {
        const moved = [-0.01, 0.01].map((by) => tf.tensor1d(x.map((value, i) => (i === at ? value + by : value))));
        const [below, above] = moved.map((input) => f(input).dataSync()[0]!);
        expect(gradient[at]).toBeCloseTo((above! - below!) / 0.02, 2);
      }
    }
  });

  it.each([
    [false, true],
    [true, false],
    [true, true],
  ])('matrix product with transposition %s, %s', async (ta, tb) => {
    const [a, b] = [numbers(5 * 7), numbers(7 * 3)];
    const result = await both(() =>
      tf.matMul(tf.tensor2d(a, ta ? [7, 5] : [5, 7]), tf.tensor2d(b, tb ? [3, 7] : [7, 3]), ta, tb),
    );
    expectClose(result);
  });
});

it('passes the trial that every backend must pass', async () => {
  for (const backend of ['wasm', 'cpu']) {
    await tf.setBackend(backend);
    await tryBackend();
  }
});
