import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from '../../experiment/network/index.js';
import { variable } from './initializers.js';
import type { LayerBuilder } from './types.js';

/** Normalizes each example's last axis to mean 0 and variance 1: Ba, Kiros & Hinton (arXiv 1607.06450), equation 4. */
export const layerNorm: LayerBuilder<Extract<Layer, { type: 'layerNorm' }>> = ({ epsilon }, { name, inputShape }) => {
  const width = inputShape.at(-1)!;
  const scale = variable(tf.ones([width]));
  const shift = variable(tf.zeros([width]));
  return {
    name,
    outputShape: inputShape,
    weights: [
      { name: `${name}/scale`, variable: scale, trainable: true },
      { name: `${name}/shift`, variable: shift, trainable: true },
    ],
    forward(x) {
      const centred = tf.sub(x, tf.mean(x, -1, true));
      const variance = tf.mean(tf.square(centred), -1, true);
      return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon))), scale), shift);
    },
  };
};
