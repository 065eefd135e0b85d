import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from '../../experiment/network/index.js';
import { fusedBatchNorm } from '../kernels/fusedBatchNorm.js';
import { variable } from './initializers.js';
import type { LayerBuilder } from './types.js';

/**
 * Batch normalization over all axes but the last (Ioffe & Szegedy 2015). Training uses the batch's mean and variance,
 * and updates the moving averages for inference, which use the unbiased variance.
 */
export const batchNorm: LayerBuilder<Extract<Layer, { type: 'batchNorm' }>> = (settings, { name, inputShape }) => {
  const channels = inputShape.at(-1)!;
  const { momentum, epsilon } = settings;
  const scale = variable(tf.ones([channels]));
  const shift = variable(tf.zeros([channels]));
  const movingMean = variable(tf.zeros([channels]), false);
  const movingVariance = variable(tf.ones([channels]), false);
  const axes = inputShape.map((_, axis) => axis);

  const normalize = (x: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor) => {
    const factor = tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)));
    return tf.add(tf.mul(x, factor), tf.sub(shift, tf.mul(mean, factor)));
  };
  const move = (average: tf.Variable, value: tf.Tensor) =>
    average.assign(tf.add(tf.mul(average, momentum), tf.mul(value, 1 - momentum)));

  return {
    name,
    outputShape: inputShape,
    weights: [
      { name: `${name}/scale`, variable: scale, trainable: true },
      { name: `${name}/shift`, variable: shift, trainable: true },
      { name: `${name}/movingMean`, variable: movingMean, trainable: false },
      { name: `${name}/movingVariance`, variable: movingVariance, trainable: false },
    ],
    forward(x, { training, isStill }) {
      if (!training || isStill) return normalize(x, movingMean, movingVariance);
      const fused = fusedBatchNorm(x, scale, shift, { epsilon });
      if (fused) {
        move(movingMean, fused.mean);
        move(movingVariance, fused.variance);
        return fused.y;
      }
      const mean = tf.mean(x, axes);
      const variance = tf.mean(tf.square(tf.sub(x, mean)), axes);
      const count = x.size / channels;
      move(movingMean, mean);
      move(movingVariance, tf.mul(variance, count / Math.max(1, count - 1)));
      return normalize(x, mean, variance);
    },
  };
};
