/** A small computation that verifies a backend: correct gradients, and a training step that learns. */
import * as tf from '@tensorflow/tfjs-core';
import '../../kernels/tensorflow.js';
import { TrainingError } from '../../errors.js';
import { entryOf } from '../../../protocol/values/records.js';
import { said } from '../../../format/said.js';

export async function tryBackend(): Promise<void> {
  const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
  const filter = tf.variable(tf.tensor4d([1, 0, 0, -1], [2, 2, 1, 1]));
  // y = x₀₀ − x₁₁ of each window is −4 everywhere; the gradient of the sum by the filter is the sum of each window's
  // corner.
  const { value, grads } = tf.variableGrads(
    () => tf.sum(tf.conv2d(x, filter as tf.Tensor4D, 1, 'valid')) as tf.Scalar,
    [filter],
  );
  const gradient = entryOf(grads, filter.name)!;
  const product = tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2]), false, true);
  const parts = await Promise.all([value, gradient, product].map((tensor) => tensor.data()));
  tf.dispose([x, filter, value, gradient, product]);
  const got = parts.map((part) => Array.from(part));
  const wanted = [[-16], [12, 16, 24, 28], [17, 23, 39, 53]];
  if (!got.every((values, i) => values.every((number, j) => Math.abs(number - wanted[i]![j]!) < 1e-2))) {
    throw new TrainingError(
      said('it computes wrong numbers: {0} instead of {1}', JSON.stringify(got), JSON.stringify(wanted)),
    );
  }
}
