/** Decoupled weight decay of all kernels together, or of each layer. */
import * as tf from '@tensorflow/tfjs-core';
import { Simd } from '../backends/webAssembly/simd/index.js';
import type { Weight } from '../layers/types.js';
import { dot } from './products.js';

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
  const fill = (vector: Float32Array): void =>
    groups.forEach(({ parts }, i) => parts.forEach(({ from, size }) => vector.fill(values[i]!, from, from + size)));
  const simd = Simd.ofBackend();
  if (simd) {
    // In the backend's memory, because an array of this length at every change keeps the garbage collector busy.
    const made = simd.tensor([count]);
    fill(simd.numbersOf(made).fill(0));
    return tf.engine().makeTensorFromTensorInfo(made) as tf.Tensor1D;
  }
  const vector = new Float32Array(count);
  fill(vector);
  return tf.tensor1d(vector);
}

/** Returns Σ u·v over the kernels of each group. */
export function sumsOf(groups: readonly DecayGroup[], u: tf.Tensor1D, v: tf.Tensor1D): Promise<number[]> {
  return Promise.all(groups.map(({ parts }) => dot(u, v, parts)));
}
