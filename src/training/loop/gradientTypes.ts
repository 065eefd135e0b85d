/** The gradient of a batch: what it is computed from, and what comes of it. */
import type * as tf from '@tensorflow/tfjs-core';
import type { ForwardContext } from '../layers/types.js';
import type { Loss } from '../losses/index.js';
import type { Model } from '../model.js';
import type { BatchValues } from './batches.js';
import type { Parameters } from './parameters.js';

export interface BatchGradient {
  /** [mean loss, number of right answers]. */
  result: tf.Tensor1D;
  /** Of the mean loss, in the order of θ. */
  gradient: tf.Tensor1D;
}

/** Where a batch's gradient comes from: computed here, or with the help of other workers. The caller disposes both. */
export interface GradientSource {
  /** `watch` sees each layer's output. */
  take(batch: BatchValues, step: number, watch?: ForwardContext['watch']): Promise<BatchGradient>;
  dispose(): void;
}

export interface GradientParts {
  model: Model;
  parameters: Parameters;
  loss: Loss;
  /** Null: numbers are predicted, and no answer is right or wrong. */
  classes: readonly string[] | null;
  inputShape: readonly number[];
}
