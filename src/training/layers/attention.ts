/**
 * Multi-head self-attention over [batch, time, features] (Vaswani et al., "Attention Is All You Need", NIPS 2017, section
 * 3.2): each head mixes the values of all positions, with weights softmax(QKᵀ/√width).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import { initialize, variable } from './initializers.js';
import { drawMask } from './simple.js';
import type { LayerBuilder, Weight } from './types.js';
import { needSequence } from './window.js';
import { said } from '../../format/said.js';

type Settings = Extract<Layer, { type: 'attention' }>;

/** Added to the score of pairs that must not attend to each other. */
export const MASKED = -1e9;

/** Returns the features of each head. */
export function headWidth({ heads, width }: Pick<Settings, 'heads' | 'width'>, features: number, name: string): number {
  if (width !== null) return width;
  if (features % heads === 0) return features / heads;
  throw new TrainingError(
    said('layer {0}: {1} heads can\'t share {2} features equally: give the "width" of a head', name, heads, features),
  );
}

/** Returns the scores to add so that no position attends to a later one, [time, time]. */
export function causalMask(time: number): Float32Array {
  return Float32Array.from({ length: time * time }, (_, i) => (i % time > Math.floor(i / time) ? MASKED : 0));
}

export const attention: LayerBuilder<Settings> = (layer, { name, inputShape, random }) => {
  const [time, features] = needSequence(name, inputShape);
  const { heads, bias, init, causal } = layer;
  const width = headWidth(layer, features, name);
  const all = heads * width;
  const weights: Weight[] = [];
  /** x·W + b, over all positions at once. */
  const linear = (what: string, from: number, to: number, isBiased = bias) => {
    const kernel = variable(initialize(init, [from, to], random.fork(what)));
    const offset = isBiased ? variable(tf.zeros([to])) : null;
    weights.push({ name: `${name}/${what}`, variable: kernel, trainable: true });
    if (offset) weights.push({ name: `${name}/${what}Bias`, variable: offset, trainable: true });
    return (x: tf.Tensor2D): tf.Tensor => {
      const y = tf.matMul(x, kernel as tf.Tensor as tf.Tensor2D);
      return offset ? tf.add(y, offset) : y;
    };
  };
  const query = linear('query', features, all);
  // A bias of the keys would add the same to all scores of a query, which the softmax ignores.
  const key = linear('key', features, all, false);
  const value = linear('value', features, all);
  const output = linear('output', all, features);
  const mask = causal ? causalMask(time) : null;

  return {
    name,
    outputShape: inputShape,
    weights,
    forward(x, { training, random: draws }) {
      const batch = x.shape[0]!;
      const flat = tf.reshape(x, [batch * time, features]) as tf.Tensor2D;
      // [batch · heads, time, width], or with the last two axes swapped.
      const split = (y: tf.Tensor, swapped: boolean): tf.Tensor3D => {
        const parts = tf.transpose(tf.reshape(y, [batch, time, heads, width]), swapped ? [0, 2, 3, 1] : [0, 2, 1, 3]);
        return tf.reshape(parts, swapped ? [batch * heads, width, time] : [batch * heads, time, width]);
      };
      const scaled = tf.mul(query(flat), 1 / Math.sqrt(width));
      let scores: tf.Tensor = tf.matMul(split(scaled, false), split(key(flat), true));
      if (mask) scores = tf.add(scores, tf.tensor2d(mask, [time, time]));
      let shares: tf.Tensor = tf.softmax(scores);
      // The rate may change during training.
      if (training && layer.rate > 0) {
        shares = tf.mul(shares, tf.tensor(drawMask(new Float32Array(shares.size), layer.rate, draws), shares.shape));
      }
      const mixed = tf.matMul(shares as tf.Tensor3D, split(value(flat), false));
      const joined = tf.transpose(tf.reshape(mixed, [batch, heads, time, width]), [0, 2, 1, 3]);
      return tf.reshape(output(tf.reshape(joined, [batch * time, all]) as tf.Tensor2D), [batch, time, features]);
    },
  };
};
