import * as tf from '@tensorflow/tfjs-core';
import type { Loss } from './types.js';

/** Mean of (output − target)² over examples and outputs. */
export const mse: Loss = {
  contains: null,
  of: (outputs, targets) => tf.mean(tf.square(tf.sub(outputs, targets))) as tf.Scalar,
};
