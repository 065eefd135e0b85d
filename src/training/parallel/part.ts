/** One worker's part of a step: computes an answer from the weights and examples. */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchValues } from '../loop/batches.js';
import { gradientOf } from '../loop/gradient.js';
import type { GradientParts } from '../loop/gradientTypes.js';
import type { ForwardContext, Weight } from '../layers/types.js';
import type { Random } from '../random.js';
import { EXTRA } from './messages.js';

export const sizeOf = (weights: readonly Weight[]): number =>
  weights.reduce((sum, { variable }) => sum + variable.size, 0);

export async function readWeights(weights: readonly Weight[], into: Float32Array): Promise<void> {
  let at = 0;
  for (const values of await Promise.all(weights.map(({ variable }) => variable.data()))) {
    into.set(values as Float32Array, at);
    at += values.length;
  }
}

export function setWeights(weights: readonly Weight[], values: Float32Array): void {
  let at = 0;
  for (const { variable } of weights) {
    const { size, shape } = variable;
    const own = values.slice(at, (at += size));
    tf.tidy(() => variable.assign(tf.tensor(own, shape)));
  }
}

/** Fills `into` as `FromWorker` describes. */
export async function answer(
  parts: GradientParts,
  batch: BatchValues,
  random: Random,
  into: Float32Array,
  watch?: ForwardContext['watch'],
): Promise<void> {
  const { weights } = parts.model;
  const { result, gradient } = gradientOf(parts, batch, random, watch);
  const measured = weights.filter(({ trainable }) => !trainable).map(({ variable }) => variable);
  const [results, gradients, ...values] = (await Promise.all(
    [result, gradient, ...measured].map((tensor) => tensor.data()),
  )) as [Float32Array, Float32Array, ...Float32Array[]];
  tf.dispose([result, gradient]);
  let at = 0;
  let from = 0;
  for (const { trainable, variable } of weights) {
    into.set(trainable ? gradients.subarray(from, (from += variable.size)) : values.shift()!, at);
    at += variable.size;
  }
  into.set(results, into.length - EXTRA);
}
