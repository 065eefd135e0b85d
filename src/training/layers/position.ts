import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from '../../experiment/network/index.js';
import { variable } from './initializers.js';
import type { LayerBuilder } from './types.js';
import { needSequence } from './window.js';

/**
 * Returns the encoding of Vaswani et al. (NIPS 2017), section 3.5, [time, features]: sin(t / 10000^(2i/features)) at
 * feature 2i and its cosine at 2i + 1.
 */
export function sinusoids(time: number, features: number): Float32Array {
  return Float32Array.from({ length: time * features }, (_, at) => {
    const feature = at % features;
    const angle = Math.floor(at / features) / 10_000 ** ((feature - (feature % 2)) / features);
    return feature % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}

/** Adds to each position of [batch, time, features] a vector of its own: fixed sinusoids, or learned ones. */
export const position: LayerBuilder<Extract<Layer, { type: 'position' }>> = (
  { kind },
  { name, inputShape, random },
) => {
  const [time, features] = needSequence(name, inputShape);
  if (kind === 'sinusoidal') {
    const table = sinusoids(time, features);
    return {
      name,
      outputShape: inputShape,
      weights: [],
      forward: (x) => tf.add(x, tf.tensor2d(table, [time, features])),
    };
  }
  const values = Float32Array.from({ length: time * features }, () => 0.02 * random.normal());
  const table = variable(tf.tensor(values, [time, features]));
  return {
    name,
    outputShape: inputShape,
    weights: [{ name: `${name}/table`, variable: table, trainable: true, inputAxes: [1] }],
    forward: (x) => tf.add(x, table),
  };
};
