import type * as tf from '@tensorflow/tfjs-core';

export interface LossShape {
  /**
   * Loss of each example, [batch]. `outputs` is [batch, n] as the last layer gives it: logits or scores for classes.
   * `targets` is [batch, n]: for classes 1 at the right one, else 0 (or smoothed).
   */
  each(outputs: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor1D;
  /** Activation of the last layer that the loss contains already. */
  readonly contains: 'softmax' | 'sigmoid' | null;
  /** Two classes may also be told apart by one output: above 0 is the second. */
  readonly oneOutput: boolean;
  readonly smoothable: boolean;
}
