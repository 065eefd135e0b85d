/** First and second derivatives of the loss at a trained network, without dropout and with fixed batch statistics. */
import * as tf from '@tensorflow/tfjs-core';
import { toTensors, type BatchValues } from '../loop/batches.js';
import type { GradientParts } from '../loop/gradientTypes.js';
import { Random } from '../random.js';
import { entryOf } from '../../protocol/values/records.js';

export interface Examined extends GradientParts {
  batches: readonly BatchValues[];
}

/** Returns the gradient of the mean loss of one batch, in the order of θ. */
export async function lossGradient(parts: Examined, values: BatchValues): Promise<Float32Array> {
  const { model, parameters, loss, inputShape } = parts;
  const gradient = tf.tidy(() => {
    const batch = toTensors(values, inputShape);
    const context = { training: false, random: new Random(0) };
    const { variables } = parameters;
    const { grads } = tf.variableGrads(() => loss.of(model.forward(batch.inputs, context), batch.targets), variables);
    return parameters.flatten(variables.map((variable) => entryOf(grads, variable.name)!));
  });
  const result = Float32Array.from(await gradient.data());
  gradient.dispose();
  return result;
}

/** Returns the gradient of the loss of all batches together. */
export async function meanGradient(parts: Examined): Promise<Float32Array> {
  const total = parts.batches.reduce((sum, { count }) => sum + count, 0);
  const mean = new Float32Array(parts.parameters.count);
  for (const batch of parts.batches) {
    const gradient = await lossGradient(parts, batch);
    const share = batch.count / total;
    gradient.forEach((value, i) => (mean[i]! += share * value));
  }
  return mean;
}

/**
 * Returns H·v, where H is the Hessian of the loss in θ, as a central difference of gradients along v. Nested gradients
 * of TensorFlow.js lose terms without a warning, so they are not used. `step` is in units of v, whose size should be
 * comparable to that of θ.
 */
export async function hessianProduct(parts: Examined, v: Float32Array, step = 0.01): Promise<Float32Array> {
  const { parameters } = parts;
  const kept = parameters.variables.map((variable) => tf.clone(variable));
  const at = async (distance: number): Promise<Float32Array> => {
    tf.tidy(() => parameters.add(tf.mul(tf.tensor1d(v), distance)));
    const gradient = await meanGradient(parts);
    parameters.variables.forEach((variable, i) => variable.assign(kept[i]!));
    parameters.reread();
    return gradient;
  };
  try {
    const above = await at(step);
    const below = await at(-step);
    return above.map((value, i) => (value - below[i]!) / (2 * step));
  } finally {
    tf.dispose(kept);
  }
}
