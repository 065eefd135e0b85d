import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from '../../experiment/network/index.js';
import { activationOf } from './activations.js';
import { initialize, variable } from './initializers.js';
import type { LayerBuilder } from './types.js';
import { needSequence, windowOutput } from './window.js';

/** Convolution over [batch, time, features]; computed as one over images that are one pixel high. */
export const conv1d: LayerBuilder<Extract<Layer, { type: 'conv1d' }>> = (settings, { name, inputShape, random }) => {
  const { filters, kernel: size, stride, padding } = settings;
  const [time, features] = needSequence(name, inputShape);
  const kernel = variable(initialize(settings.init, [size, features, filters], random));
  const bias = settings.bias ? variable(tf.zeros([filters])) : null;
  const activate = activationOf(settings.activation);
  const [, length] = windowOutput(name, [1, time], [1, size], [1, stride], padding);
  return {
    name,
    outputShape: [length, filters],
    weights: [
      { name: `${name}/kernel`, variable: kernel, trainable: true },
      ...(bias ? [{ name: `${name}/bias`, variable: bias, trainable: true }] : []),
    ],
    forward(x, context) {
      const image = tf.reshape(x, [x.shape[0]!, 1, time, features]) as tf.Tensor4D;
      const flat = tf.reshape(kernel as tf.Tensor, [1, size, features, filters]) as tf.Tensor4D;
      const y = tf.reshape(tf.conv2d(image, flat, [1, stride], padding), [x.shape[0]!, length, filters]);
      return activate(bias ? tf.add(y, bias) : y, context);
    },
  };
};
