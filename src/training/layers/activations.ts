import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../../experiment/network/index.js';
import { smoothRelu, type Smoothing } from './smoothRelu.js';

const HALF_SQRT = Math.SQRT1_2;

/**
 * Activations as in their papers; `gelu` is the exact version with erf (Hendrycks & Gimpel 2016). Softmax is over the
 * last axis.
 */
export const activations: Record<Activation, (x: tf.Tensor) => tf.Tensor> = {
  linear: (x) => x,
  relu: (x) => tf.relu(x),
  relu6: (x) => tf.relu6(x),
  leakyRelu: (x) => tf.leakyRelu(x, 0.01),
  elu: (x) => tf.elu(x),
  selu: (x) => tf.selu(x),
  gelu: (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, HALF_SQRT)), 1)),
  silu: (x) => tf.mul(x, tf.sigmoid(x)),
  sigmoid: (x) => tf.sigmoid(x),
  hardSigmoid: (x) => tf.clipByValue(tf.add(tf.div(x, 6), 0.5), 0, 1),
  tanh: (x) => tf.tanh(x),
  softplus: (x) => tf.softplus(x),
  softsign: (x) => tf.div(x, tf.add(tf.abs(x), 1)),
  mish: (x) => tf.mul(x, tf.tanh(tf.softplus(x))),
  softmax: (x) => tf.softmax(x),
};

/** Returns the activation as a layer applies it: ReLU is smooth while the training asks for that. */
export function activationOf(name: Activation): (x: tf.Tensor, context: { smooth?: Smoothing | null }) => tf.Tensor {
  const plain = activations[name];
  return name === 'relu' ? (x, { smooth }) => (smooth ? smoothRelu(x, smooth) : plain(x)) : plain;
}
