/** Layers without weights that keep the number or the order of values. */
import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import type { Random } from '../random.js';
import { activationOf } from './activations.js';
import { shapeText, type LayerBuilder } from './types.js';
import { said } from '../../format/said.js';

export const flatten: LayerBuilder<Extract<Layer, { type: 'flatten' }>> = (_, { name, inputShape }) => {
  const size = inputShape.reduce((a, b) => a * b, 1);
  const forward = (x: tf.Tensor) => tf.reshape(x, [x.shape[0]!, size]);
  return { name, outputShape: [size], weights: [], plain: { kind: 'flat' }, forward };
};

export const activation: LayerBuilder<Extract<Layer, { type: 'activation' }>> = (settings, { name, inputShape }) => ({
  name,
  outputShape: inputShape,
  weights: [],
  plain: { kind: 'activation', name: settings.name },
  forward: activationOf(settings.name),
});

/**
 * Drops each value with probability `rate` during training and divides the others by 1 − rate, so that inference needs
 * no scaling (inverted dropout, Srivastava et al. 2014).
 */
export const dropout: LayerBuilder<Extract<Layer, { type: 'dropout' }>> = (layer, { name, inputShape }) => ({
  name,
  outputShape: inputShape,
  weights: [],
  // The rate may change during training.
  plain: {
    kind: 'dropout',
    get rate() {
      return layer.rate;
    },
  },
  forward(x, { training, random }) {
    const { rate } = layer;
    if (!training || rate === 0) return x;
    return tf.mul(x, tf.tensor(drawMask(new Float32Array(x.size), rate, random), x.shape));
  },
});

/** Fills the mask with the factor of each value. */
export function drawMask(mask: Float32Array, rate: number, random: Random): Float32Array {
  const threshold = Math.floor(rate * 4294967296);
  const kept = 1 / (1 - rate);
  for (let i = 0; i < mask.length; i++) mask[i] = random.bits() >= threshold ? kept : 0;
  return mask;
}

/**
 * Drops whole channels, because neighbouring values would otherwise stand in for each other (Tompson et al. 2015,
 * section 3.2).
 */
export const spatialDropout: LayerBuilder<Extract<Layer, { type: 'spatialDropout' }>> = (
  layer,
  { name, inputShape },
) => {
  const channels = inputShape.at(-1)!;
  return {
    name,
    outputShape: inputShape,
    weights: [],
    forward(x, { training, random }) {
      const { rate } = layer;
      if (!training || rate === 0) return x;
      const mask = drawMask(new Float32Array(x.shape[0]! * channels), rate, random);
      return tf.mul(x, tf.tensor(mask, [x.shape[0]!, ...inputShape.slice(0, -1).map(() => 1), channels]));
    },
  };
};

export const reshape: LayerBuilder<Extract<Layer, { type: 'reshape' }>> = ({ shape }, { name, inputShape }) => {
  const size = (lengths: readonly number[]): number => lengths.reduce((a, b) => a * b, 1);
  if (size(shape) !== size(inputShape)) {
    throw new TrainingError(
      said(
        'layer {0}: {1} has {2} numbers, but {3} has {4}',
        name,
        shapeText(inputShape),
        size(inputShape),
        shapeText(shape),
        size(shape),
      ),
    );
  }
  return {
    name,
    outputShape: shape,
    weights: [],
    plain: { kind: 'flat' },
    forward: (x) => tf.reshape(x, [x.shape[0]!, ...shape]),
  };
};

/** x · factor + offset. It has no weights: what it does to the inputs stays as it is. */
export const rescale: LayerBuilder<Extract<Layer, { type: 'rescale' }>> = (settings, { name, inputShape }) => {
  const channels = inputShape.at(-1)!;
  const { factor, offset } = settings;
  for (const [key, value] of Object.entries({ factor, offset })) {
    if (typeof value !== 'number' && value.length !== channels) {
      throw new TrainingError(
        said('layer {0}: {1} has {2} numbers, but its inputs have {3} channels', name, key, value.length, channels),
      );
    }
  }
  return {
    name,
    outputShape: inputShape,
    weights: [],
    forward: (x) => tf.add(tf.mul(x, factor as tf.TensorLike), offset as tf.TensorLike),
  };
};
