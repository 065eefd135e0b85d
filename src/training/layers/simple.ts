/** Layers without weights that keep the values' number or order. */
import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import { activations } from './activations.js';
import { shapeText, type LayerBuilder } from './types.js';

export const flatten: LayerBuilder<Extract<Layer, { type: 'flatten' }>> = (_, { name, inputShape }) => {
  const size = inputShape.reduce((a, b) => a * b, 1);
  return { name, outputShape: [size], weights: [], forward: (x) => tf.reshape(x, [x.shape[0]!, size]) };
};

export const activation: LayerBuilder<Extract<Layer, { type: 'activation' }>> = (settings, { name, inputShape }) => ({
  name,
  outputShape: inputShape,
  weights: [],
  forward: activations[settings.name],
});

/**
 * Drops each value with probability `rate` while training and divides the kept ones by 1 − rate, so that
 * nothing is to be done afterwards (Srivastava et al. 2014, "inverted").
 */
export const dropout: LayerBuilder<Extract<Layer, { type: 'dropout' }>> = ({ rate }, { name, inputShape }) => {
  const threshold = Math.floor(rate * 4294967296);
  const kept = 1 / (1 - rate);
  return {
    name,
    outputShape: inputShape,
    weights: [],
    forward(x, { training, random }) {
      if (!training || rate === 0) return x;
      const mask = new Float32Array(x.size);
      for (let i = 0; i < mask.length; i++) mask[i] = random.bits() >= threshold ? kept : 0;
      return tf.mul(x, tf.tensor(mask, x.shape));
    },
  };
};

/** Drops whole channels, so that neighbouring values can't stand in for each other (Tompson et al. 2015, section 3.2). */
export const spatialDropout: LayerBuilder<Extract<Layer, { type: 'spatialDropout' }>> = (
  { rate },
  { name, inputShape },
) => {
  const threshold = Math.floor(rate * 4294967296);
  const kept = 1 / (1 - rate);
  const channels = inputShape.at(-1)!;
  return {
    name,
    outputShape: inputShape,
    weights: [],
    forward(x, { training, random }) {
      if (!training || rate === 0) return x;
      const mask = Float32Array.from({ length: x.shape[0]! * channels }, () => (random.bits() >= threshold ? kept : 0));
      return tf.mul(x, tf.tensor(mask, [x.shape[0]!, ...inputShape.slice(0, -1).map(() => 1), channels]));
    },
  };
};

export const reshape: LayerBuilder<Extract<Layer, { type: 'reshape' }>> = ({ shape }, { name, inputShape }) => {
  const size = (lengths: readonly number[]): number => lengths.reduce((a, b) => a * b, 1);
  if (size(shape) !== size(inputShape)) {
    throw new TrainingError(
      `layer ${name}: ${shapeText(inputShape)} has ${size(inputShape)} numbers, but ${shapeText(shape)} has ${size(shape)}`,
    );
  }
  return { name, outputShape: shape, weights: [], forward: (x) => tf.reshape(x, [x.shape[0]!, ...shape]) };
};
