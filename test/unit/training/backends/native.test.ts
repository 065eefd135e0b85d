/** Tests the kernels for native TensorFlow, if installed. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { tensorflowPython } from '../../../../src/training/backends/native/tensorflowPython.js';
import { tfjsNode } from '../../../../src/training/backends/native/tfjsNode.js';
import { BATCH_NORM } from '../../../../src/training/kernels/fusedBatchNorm.js';
import { buildLayer } from '../../../../src/training/layers/index.js';
import { Adam, ADAM } from '../../../../src/training/optimizers/adam.js';
import { skipBecause } from '../../support/skip.js';
import { Random } from '../../../../src/training/random.js';

const native = [tensorflowPython, tfjsNode].find((backend) => backend.missing() === null);
const needNative = (context: TestContext) => {
  if (!native)
    skipBecause(context, 'no native TensorFlow is installed: "tunesmith backends install tensorflow-python"');
};

beforeAll(async () => {
  await cpu.start();
  await native?.start();
});

const random = new Random(5);
const numbers = (length: number) => Float32Array.from({ length }, () => random.normal() + 0.5);

describe('batch normalization in one kernel', () => {
  it.for([{ shape: [2, 5, 4, 3] }, { shape: [6, 3] }, { shape: [3, 4, 3] }])(
    'agrees with its composition: $shape',
    async ({ shape }, context) => {
      needNative(context);
      const size = shape.reduce((a, b) => a * b, 1);
      const [values, upper, scale, shift] = [numbers(size), numbers(size), numbers(3), numbers(3)];
      const results: Float32Array[][] = [];
      for (const backend of ['tensorflow', 'cpu']) {
        await tf.setBackend(backend);
        expect(Boolean(tf.getKernel(BATCH_NORM, backend))).toBe(backend === 'tensorflow');
        const layer = buildLayer(
          { type: 'batchNorm', momentum: 0.9, epsilon: 1e-3 },
          { name: 'norm', inputShape: shape.slice(1), random },
        );
        layer.weights[0]!.variable.assign(tf.tensor1d(scale));
        layer.weights[1]!.variable.assign(tf.tensor1d(shift));
        const tensors = tf.tidy(() => {
          const x = tf.variable(tf.tensor(values, shape), true, `x ${backend} ${shape.join()}`);
          const trained = [x, layer.weights[0]!.variable, layer.weights[1]!.variable];
          let output: tf.Tensor | undefined;
          const { grads } = tf.variableGrads(() => {
            output = tf.keep(layer.forward(x, { training: true, random }));
            return tf.sum(tf.mul(output, tf.tensor(upper, shape)));
          }, trained);
          return [
            output!,
            ...trained.map(({ name }) => grads[name]!),
            ...layer.weights.map(({ variable }) => variable),
          ];
        });
        results.push(await Promise.all(tensors.map(async (tensor) => Float32Array.from(await tensor.data()))));
      }
      const [got, wanted] = results as [Float32Array[], Float32Array[]];
      expect(got).toHaveLength(8);
      got.forEach((part, k) => {
        const scaleOf = Math.max(1, ...wanted[k]!.map(Math.abs));
        part.forEach((value, i) => expect(Math.abs(value - wanted[k]![i]!)).toBeLessThan(2e-5 * scaleOf));
      });
    },
  );
});

describe('Adam in one kernel', () => {
  it('agrees with its composition, step by step', async (context) => {
    needNative(context);
    const gradients = Array.from({ length: 5 }, () => numbers(1000));
    const results: Float32Array[][] = [];
    for (const backend of ['tensorflow', 'cpu']) {
      await tf.setBackend(backend);
      expect(Boolean(tf.getKernel(ADAM, backend))).toBe(backend === 'tensorflow');
      const before = tf.memory().numTensors;
      const adam = new Adam(0.01, 0.8, 0.95, 1e-4);
      const parts: Float32Array[] = [];
      for (const values of gradients) {
        const change = tf.tidy(() => adam.step(tf.tensor1d(values)));
        parts.push(Float32Array.from(await change.data()));
        change.dispose();
      }
      const { vectors } = await adam.state();
      results.push([...parts, vectors.mean!, vectors.square!]);
      adam.dispose();
      expect(tf.memory().numTensors).toBe(before);
    }
    const [got, wanted] = results as [Float32Array[], Float32Array[]];
    got.forEach((part, k) => {
      const most = Math.max(...wanted[k]!.map(Math.abs));
      part.forEach((value, i) => expect(Math.abs(value - wanted[k]![i]!)).toBeLessThan(1e-5 * most));
    });
  });
});

describe('the gradient of max-pooling', () => {
  it.for([
    { shape: [2, 6, 4, 3], size: 2, stride: 2 },
    { shape: [1, 6, 9, 1], size: 3, stride: 3 },
    { shape: [2, 5, 5, 2], size: 2, stride: 2 },
    { shape: [2, 6, 6, 2], size: 3, stride: 1 },
  ])('agrees with the reference: $shape, windows of $size every $stride', async ({ shape, size, stride }, context) => {
    needNative(context);
    const values = numbers(shape.reduce((a, b) => a * b, 1));
    const results: Float32Array[] = [];
    for (const backend of ['tensorflow', 'cpu']) {
      await tf.setBackend(backend);
      const before = tf.memory().numTensors;
      const gradient = tf.tidy(() => {
        const pooled = (x: tf.Tensor4D) => tf.sum(tf.square(tf.maxPool(x, size, stride, 'valid')));
        return tf.grad((x) => pooled(x as tf.Tensor4D))(tf.tensor(values, shape));
      });
      results.push(Float32Array.from(await gradient.data()));
      gradient.dispose();
      expect(tf.memory().numTensors).toBe(before);
    }
    results[0]!.forEach((value, i) => expect(value).toBeCloseTo(results[1]![i]!, 5));
  });

  it('is split between ties', async (context) => {
    needNative(context);
    await tf.setBackend('tensorflow');
    const x = tf.tensor4d([0, 0, 0, 0, 5, 1, 5, 1], [2, 2, 2, 1]);
    const gradient = tf.grad((at) => tf.sum(tf.maxPool(at as tf.Tensor4D, 2, 2, 'valid')))(x);
    expect(Array.from(await gradient.data())).toEqual([0.25, 0.25, 0.25, 0.25, 0.5, 0, 0.5, 0]);
    tf.dispose([x, gradient]);
  });
});
