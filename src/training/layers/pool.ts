import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from '../../experiment/network/index.js';
import type { LayerBuilder } from './types.js';
import { needImage, windowOutput } from './window.js';

/** Takes the maximum or average of each window, per channel. */
export const pool: LayerBuilder<Extract<Layer, { type: 'pool' }>> = (settings, { name, inputShape }) => {
  const { kind, size, stride, padding } = settings;
  const [height, width, channels] = needImage(name, inputShape);
  return {
    name,
    outputShape: [...windowOutput(name, [height, width], size, stride, padding), channels],
    weights: [],
    forward: (x) =>
      kind === 'max'
        ? tf.maxPool(x as tf.Tensor4D, size, stride, padding)
        : tf.avgPool(x as tf.Tensor4D, size, stride, padding),
  };
};

/** Takes the maximum or average over each channel's whole plane: [batch, channels]. */
export const globalPool: LayerBuilder<Extract<Layer, { type: 'globalPool' }>> = ({ kind }, { name, inputShape }) => {
  const [, , channels] = needImage(name, inputShape);
  return {
    name,
    outputShape: [channels],
    weights: [],
    forward: (x) => (kind === 'max' ? tf.max(x, [1, 2]) : tf.mean(x, [1, 2])),
  };
};
