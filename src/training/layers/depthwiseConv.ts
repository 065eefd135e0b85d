import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from '../../experiment/network/index.js';
import { activationOf } from './activations.js';
import { initialize, variable } from './initializers.js';
import type { LayerBuilder } from './types.js';
import { needImage, windowOutput } from './window.js';

/** Convolves each channel separately, with `multiplier` outputs each (Chollet 2017, section 2). */
export const depthwiseConv: LayerBuilder<Extract<Layer, { type: 'depthwiseConv' }>> = (
  settings,
  { name, inputShape, random },
) => {
  const { kernel: size, stride, padding, multiplier } = settings;
  const [height, width, channels] = needImage(name, inputShape);
  const outputs = channels * multiplier;
  // Each output sees a single channel, which determines the fan-in for the initialization.
  const start = initialize(settings.init, [size[0] * size[1], 1, outputs], random);
  const kernel = variable(tf.tidy(() => tf.reshape(start, [size[0], size[1], channels, multiplier])));
  start.dispose();
  const bias = settings.bias ? variable(tf.zeros([outputs])) : null;
  const activate = activationOf(settings.activation);
  return {
    name,
    outputShape: [...windowOutput(name, [height, width], size, stride, padding), outputs],
    weights: [
      { name: `${name}/kernel`, variable: kernel, trainable: true, inputAxes: [0, 1] },
      ...(bias ? [{ name: `${name}/bias`, variable: bias, trainable: true }] : []),
    ],
    forward(x, context) {
      const y = tf.depthwiseConv2d(x as tf.Tensor4D, kernel as tf.Tensor as tf.Tensor4D, stride, padding);
      return activate(bias ? tf.add(y, bias) : y, context);
    },
  };
};
