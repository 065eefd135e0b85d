import type * as tf from '@tensorflow/tfjs-core';

export interface Loss {
  /**
   * Mean over the batch. `outputs` is [batch, n] as the last layer gives it (logits where the loss is a likelihood);
   * `targets` is [batch, n], one-hot for classes.
   */
  of(outputs: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar;
  /** Activation of the last layer that the loss contains already. */
  readonly contains: 'softmax' | null;
}
