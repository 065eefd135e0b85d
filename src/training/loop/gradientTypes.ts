/** Types for computing the gradient of a batch. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Smoothing } from '../layers/smoothRelu.js';
import type { ForwardContext } from '../layers/types.js';
import type { Loss } from '../losses/index.js';
import type { Model } from '../model.js';
import type { BatchValues } from './batches.js';
import type { Student } from '../distil/student.js';
import type { Range } from '../parts.js';
import type { Frozen } from '../transfer/learning.js';
import type { Parameters } from './parameters.js';

export interface BatchGradient {
  /** [mean loss, number of correct predictions]. */
  result: tf.Tensor1D;
  /** Gradient of the mean loss, in the order of θ. */
  gradient: tf.Tensor1D;
}

/** Source of a batch's gradient: this process, or several workers. The caller disposes both tensors. */
export interface GradientSource {
  /** Computes the gradient. `watch` receives each layer's output. */
  take(batch: BatchValues, step: number, watch?: ForwardContext['watch']): Promise<BatchGradient>;
  /** Returns the outputs for a batch as in a training step, where they are quickly computed alone; else null. */
  outputs?(batch: BatchValues, step: number): Float32Array | null;
  /** Returns the derivative along v of the outputs that the last `take` has computed, if they were these; else null. */
  tangents?(batch: BatchValues, theta: tf.Tensor1D, v: tf.Tensor1D): Float32Array | null;
  dispose(): void;
}

export interface GradientParts {
  model: Model;
  parameters: Parameters;
  loss: Loss;
  /** Names of the classes; null for regression, where no prediction is correct or wrong. */
  classes: readonly string[] | null;
  inputShape: readonly number[];
  /** Layers that do not learn now; the training changes it between epochs. */
  frozen?: Frozen | null;
  /** How the network learns from a teacher, whose outputs are in each batch; null: it does not. */
  student?: Student | null;
  /** Smooth function in place of ReLU, which the training changes between epochs; absent: it stays ReLU. */
  smooth?: Smoothing | undefined;
  /** Layers that learn alone from local targets in this epoch; absent or null: all learn from the loss. */
  turn?: Range | null;
}
