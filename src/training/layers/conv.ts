import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from '../../experiment/network/index.js';
import { activationOf } from './activations.js';
import { initialize, variable } from './initializers.js';
import type { LayerBuilder } from './types.js';
import { needImage, windowOutput } from './window.js';

/** Convolution over [batch, height, width, channels]. */
export const conv: LayerBuilder<Extract<Layer, { type: 'conv' }>> = (settings, { name, inputShape, random }) => {
  const { filters, kernel: size, stride, padding } = settings;
  const [height, width, channels] = needImage(name, inputShape);
  const kernel = variable(initialize(settings.init, [size[0], size[1], channels, filters], random));
  const bias = settings.bias ? variable(tf.zeros([filters])) : null;
  const activate = activationOf(settings.activation);
  return {
    name,
    outputShape: [...windowOutput(name, [height, width], size, stride, padding), filters],
    weights: [
      { name: `${name}/kernel`, variable: kernel, trainable: true },
      ...(bias ? [{ name: `${name}/bias`, variable: bias, trainable: true }] : []),
    ],
    plain: {
      ...{ kind: 'conv', kernel, bias, activation: settings.activation },
      ...{ image: [height, width, channels], stride, padding },
    },
    forward(x, context) {
      const y = tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor as tf.Tensor4D, stride, padding);
      return activate(bias ? tf.add(y, bias) : y, context);
    },
  };
};
