import * as tf from '@tensorflow/tfjs-core';

/** `change`, `theta`, `decay` → change + θ·decay·rate as one kernel, where the backend has it. */
export const DECAYED = 'DecayedChange';

/**
 * Returns a change of θ with that of decoupled weight decay: Loshchilov & Hutter, "Decoupled Weight Decay Regularization"
 * (ICLR 2019), algorithm 2, line 12. Call it inside a tidy.
 */
export function decayed(
  change: tf.Tensor1D,
  theta: tf.Tensor1D,
  decay: tf.Tensor1D,
  learningRate: number,
): tf.Tensor1D {
  const rate = -learningRate;
  if (!tf.getKernel(DECAYED, tf.getBackend())) return tf.add(change, tf.mul(tf.mul(theta, decay), rate));
  return tf.engine().runKernel(DECAYED, { change, theta, decay }, { rate }) as tf.Tensor1D;
}
