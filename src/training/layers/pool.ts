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
    ...(kind === 'max' && { plain: { kind: 'maxPool', size, stride, padding, image: [height, width, channels] } }),
    forward: (x) =>
      kind === 'max'
        ? tf.maxPool(x as tf.Tensor4D, size, stride, padding)
        : tf.avgPool(x as tf.Tensor4D, size, stride, padding),
  };
};

/** Takes the maximum or average over each channel's whole plane, or over all time steps: [batch, channels]. */
export const globalPool: LayerBuilder<Extract<Layer, { type: 'globalPool' }>> = ({ kind }, { name, inputShape }) => {
  const axes = inputShape.length === 2 ? [1] : [1, 2];
  const channels = inputShape.length === 2 ? inputShape[1]! : needImage(name, inputShape)[2];
  return {
    name,
    outputShape: [channels],
    weights: [],
    forward: (x) => (kind === 'max' ? tf.max(x, axes) : tf.mean(x, axes)),
  };
};
