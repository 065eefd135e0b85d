/** Decoupled weight decay of all kernels together, or of each layer. */
import * as tf from '@tensorflow/tfjs-core';
import type { Weight } from '../layers/types.js';

/** Kernels that share a decay: their name, and where they stand in θ. */
export interface DecayGroup {
  name: string;
  parts: { from: number; size: number }[];
}

/** Groups of the kernels: biases and norms have no decay. */
export function decayGroups(weights: readonly Weight[], byLayer: boolean): DecayGroup[] {
  const groups = new Map<string, DecayGroup>();
  let from = 0;
  for (const { name, variable, trainable } of weights) {
    if (!trainable) continue;
    const { size } = variable;
    if (variable.rank > 1) {
      const layer = byLayer ? `weight_decay/${name.split('/')[0]!}` : 'weight_decay';
      const group = groups.get(layer) ?? { name: layer, parts: [] };
      group.parts.push({ from, size });
      groups.set(layer, group);
    }
    from += size;
  }
  return [...groups.values()];
}

/** Returns the decay of each weight. The caller disposes it. */
export function decayVector(groups: readonly DecayGroup[], values: readonly number[], count: number): tf.Tensor1D {
  const vector = new Float32Array(count);
  groups.forEach(({ parts }, i) => parts.forEach(({ from, size }) => vector.fill(values[i]!, from, from + size)));
  return tf.tensor1d(vector);
}

/** Returns Σ u·v over the kernels of each group. Call it inside a tidy. */
export function sumsOf(groups: readonly DecayGroup[], u: tf.Tensor1D, v: tf.Tensor1D): tf.Tensor1D {
  const products = tf.mul<tf.Tensor1D>(u, v);
  return tf.stack(
    groups.map(({ parts }) => tf.addN(parts.map(({ from, size }) => tf.sum(tf.slice1d(products, from, size))))),
  ) as tf.Tensor1D;
}
