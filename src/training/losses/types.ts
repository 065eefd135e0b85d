import type * as tf from '@tensorflow/tfjs-core';

export interface LossShape {
  /**
   * Returns the loss of each example, [batch]. `outputs` is [batch, n] as the last layer gives it: logits or scores for
   * classes. `targets` is [batch, n]: one-hot (or smoothed) for classes.
   */
  each(outputs: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor1D;
  /** Activation of the last layer that the loss already includes. */
  readonly contains: 'softmax' | 'sigmoid' | null;
  /** True when two classes may share one output, where above 0 means the second. */
  readonly oneOutput: boolean;
  readonly smoothable: boolean;
}
