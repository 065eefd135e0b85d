import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import { activationOf } from './activations.js';
import { initialize, variable } from './initializers.js';
import { shapeText, type LayerBuilder } from './types.js';
import { said } from '../../format/said.js';

/** y = activation(x·W + b), for x [batch, inputs]. */
export const dense: LayerBuilder<Extract<Layer, { type: 'dense' }>> = (settings, { name, inputShape, random }) => {
  if (inputShape.length !== 1) {
    throw new TrainingError(
      said(
        'layer {0} needs one list of numbers per example, but gets {1}: put "- flatten" before it',
        name,
        shapeText(inputShape),
      ),
    );
  }
  const kernel = variable(initialize(settings.init, [inputShape[0]!, settings.units], random));
  const bias = settings.bias ? variable(tf.zeros([settings.units])) : null;
  const activate = activationOf(settings.activation);
  return {
    name,
    outputShape: [settings.units],
    weights: [
      { name: `${name}/kernel`, variable: kernel, trainable: true },
      ...(bias ? [{ name: `${name}/bias`, variable: bias, trainable: true }] : []),
    ],
    plain: { kind: 'dense', kernel, bias, activation: settings.activation },
    forward(x, context) {
      const product = tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor as tf.Tensor2D);
      return activate(bias ? tf.add(product, bias) : product, context);
    },
  };
};
