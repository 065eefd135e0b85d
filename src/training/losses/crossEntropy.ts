import * as tf from '@tensorflow/tfjs-core';
import type { Loss } from './types.js';

/**
 * −Σ target·log softmax(logits), written as log Σ exp(logits) − Σ target·logits: stable for any logits, and
 * right to the second derivative too.
 */
export const crossEntropy: Loss = {
  contains: 'softmax',
  of: (logits, targets) => tf.mean(tf.sub(tf.logSumExp(logits, 1), tf.sum(tf.mul(logits, targets), 1))) as tf.Scalar,
};
