/**
 * Batch normalization as one kernel with its own gradient, where the backend provides one. Composed of single
 * operations, it would read and write all values a dozen times.
 */
import * as tf from '@tensorflow/tfjs-core';

/**
 * Kernel from `x` [batch, height, width, channels] and `scale`, `shift` [channels] to y, mean, unbiased variance, and
 * three tensors for the gradient.
 */
export const BATCH_NORM = 'FusedBatchNormTraining';
/** Kernel from `dy`, `x`, `scale` and the tensors kept by the forward kernel to the gradients of x, scale and shift. */
export const BATCH_NORM_GRADIENT = 'FusedBatchNormTrainingGrad';

export interface BatchNormAttributes {
  epsilon: number;
}

export interface Normalized {
  y: tf.Tensor;
  mean: tf.Tensor1D;
  /** Unbiased variance. */
  variance: tf.Tensor1D;
}

type Named = tf.NamedTensorMap;
const run = (name: string, inputs: object, attributes: object) =>
  tf.engine().runKernel(name, inputs as Named, attributes as tf.NamedAttrMap) as unknown as tf.Tensor[];

/** Normalizes over all axes but the last. Returns null when the backend has no such kernel. */
export function fusedBatchNorm(
  x: tf.Tensor,
  scale: tf.Tensor,
  shift: tf.Tensor,
  attributes: BatchNormAttributes,
): Normalized | null {
  if (!tf.getKernel(BATCH_NORM, tf.getBackend())) return null;
  const channels = x.shape.at(-1)!;
  const spatial = x.rank === 4 ? x : tf.reshape(x, [-1, 1, 1, channels]);
  const [y, mean, variance] = run(BATCH_NORM, { x: spatial, scale, shift }, attributes);
  return {
    y: x.rank === 4 ? y! : tf.reshape(y!, x.shape),
    mean: mean as tf.Tensor1D,
    variance: variance as tf.Tensor1D,
  };
}

tf.registerGradient({
  kernelName: BATCH_NORM,
  inputsToSave: ['x', 'scale'],
  outputsToSave: [false, false, false, true, true, true],
  // Mean and variance only feed the moving averages, through which no gradient flows.
  gradFunc(dys, [x, scale, ...kept], attributes) {
    const [dy] = dys as tf.Tensor[];
    const inputs = { dy, x, scale, kept1: kept[0], kept2: kept[1], kept3: kept[2] };
    const [dx, dScale, dShift] = run(BATCH_NORM_GRADIENT, inputs, attributes);
    return { x: () => dx!, scale: () => dScale!, shift: () => dShift! };
  },
});
