/** Gradients at points where several values tie for a maximum or minimum, on every backend that is present. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import '../../../../src/training/kernels/tensorflow.js';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { tensorflowPython } from '../../../../src/training/backends/native/tensorflowPython.js';
import { tfjsNode } from '../../../../src/training/backends/native/tfjsNode.js';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import { buildLayer } from '../../../../src/training/layers/index.js';
import { categoricalHinge } from '../../../../src/training/losses/classes.js';
import { huber, mae } from '../../../../src/training/losses/numbers.js';
import { Random } from '../../../../src/training/random.js';

const native = [tensorflowPython, tfjsNode].find((backend) => backend.missing() === null);
const BACKENDS = [cpu, wasm, ...(native ? [native] : [])];

interface Case {
  name: string;
  shape: number[];
  x: number[];
  /** Positions of values that tie. */
  tied: number[];
  /** Scalar function of x. */
  f(x: tf.Tensor): tf.Tensor;
}

const random = new Random(1);
const layerOf = (settings: Parameters<typeof buildLayer>[0], inputShape: number[]) =>
  buildLayer(settings, { name: 'layer', inputShape, random });
const through = (layer: ReturnType<typeof layerOf>) => (x: tf.Tensor) =>
  tf.sum(layer.forward(x, { training: true, random }));
const image = [1, 2, 2, 1];

const CASES: Case[] = [
  {
    name: 'globalPool: max',
    shape: image,
    x: [3, 1, 3, 3],
    tied: [0, 2, 3],
    f: through(layerOf({ type: 'globalPool', kind: 'max' }, [2, 2, 1])),
  },
  {
    name: 'pool, adjacent windows',
    shape: image,
    x: [3, 1, 3, 3],
    tied: [0, 2, 3],
    f: through(layerOf({ type: 'pool', kind: 'max', size: [2, 2], stride: [2, 2], padding: 'valid' }, [2, 2, 1])),
  },
  {
    name: 'pool, overlapping windows',
    shape: [1, 3, 3, 1],
    x: [2, 2, 0, 2, 2, 0, 0, 0, 1],
    tied: [0, 1, 3, 4],
    f: through(layerOf({ type: 'pool', kind: 'max', size: [2, 2], stride: [1, 1], padding: 'same' }, [3, 3, 1])),
  },
  { name: 'max over all', shape: [4], x: [5, 5, 1, 5], tied: [0, 1, 3], f: (x) => tf.max(x) },
  { name: 'max over an axis', shape: [2, 2], x: [5, 5, 1, 0], tied: [0, 1], f: (x) => tf.sum(tf.max(x, -1)) },
  { name: 'min over an axis', shape: [2, 3], x: [5, 5, 9, 1, 2, 1], tied: [0, 1], f: (x) => tf.sum(tf.min(x, 1)) },
  {
    name: 'maximum of two',
    shape: [2, 2],
    x: [5, 4, 5, 4],
    tied: [0, 1, 2, 3],
    f: (x) => {
      const [a, b] = tf.split(x, 2);
      return tf.sum(tf.maximum(a!, b!));
    },
  },
  {
    name: 'minimum of two',
    shape: [2, 2],
    x: [5, 4, 5, 4],
    tied: [0, 1, 2, 3],
    f: (x) => {
      const [a, b] = tf.split(x, 2);
      return tf.sum(tf.minimum(a!, b!));
    },
  },
  { name: 'logSumExp', shape: [1, 3], x: [2, 2, 2], tied: [0, 1, 2], f: (x) => tf.sum(tf.logSumExp(x, 1)) },
  {
    name: 'categorical hinge',
    shape: [1, 4],
    x: [1, 2, 2, 2],
    tied: [1, 2, 3],
    f: (x) => tf.sum(categoricalHinge.each(x as tf.Tensor2D, tf.tensor2d([[1, 0, 0, 0]]))),
  },
];

const FAR = 1e-2;

function slope({ f, shape, x }: Case, direction: number[], side: 'both' | 1 | -1): number {
  const at = (by: number) =>
    f(
      tf.tensor(
        x.map((value, i) => value + by * direction[i]!),
        shape,
      ),
    ).dataSync()[0]!;
  return side === 'both' ? (at(FAR) - at(-FAR)) / (2 * FAR) : (at(side * FAR) - at(0)) / (side * FAR);
}

describe.each(BACKENDS)('on $id', (backend) => {
  it.each(CASES)('$name: the gradient of ties agrees with finite differences', async (one) => {
    await backend.start();
    const gradient = tf.tidy(() => [
      ...tf
        .grad((x) => one.f(x))(tf.tensor(one.x, one.shape))
        .dataSync(),
    ]);
    // The function is smooth if all tied values move together.
    const together = one.x.map((_, i) => (one.tied.includes(i) ? 1 : 0));
    const sum = one.tied.reduce((total, i) => total + gradient[i]!, 0);
    expect(sum).toBeCloseTo(slope(one, together, 'both'), 2);
    // If one value moves alone, its gradient lies between the slopes to both sides.
    one.x.forEach((_, i) => {
      const alone = one.x.map((__, j) => (i === j ? 1 : 0));
      const sides = [slope(one, alone, -1), slope(one, alone, 1)];
      expect(gradient[i]).toBeGreaterThan(Math.min(...sides) - 1e-2);
      expect(gradient[i]).toBeLessThan(Math.max(...sides) + 1e-2);
    });
  });

  it.each([
    ['mae', mae],
    ['huber', huber(1)],
  ] as const)('%s has no slope where the prediction is exact', async (_, { each }) => {
    await backend.start();
    const targets = tf.tensor2d([[1, 2]]);
    const gradient = tf.grad((x) => tf.sum(each(x as tf.Tensor2D, targets)))(tf.tensor2d([[1, 2]]));
    expect([...gradient.dataSync()]).toEqual([0, 0]);
  });
});
