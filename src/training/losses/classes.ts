/** Classification losses. */
import * as tf from '@tensorflow/tfjs-core';
import type { LossShape } from './types.js';

/**
 * −Σ target·log softmax(logits), computed as log Σ exp(logits) − Σ target·logits, which is stable for any logits and
 * has a correct second derivative.
 */
export const crossEntropy: LossShape = {
  contains: 'softmax',
  oneOutput: false,
  smoothable: true,
  each: (logits, targets) => tf.sub(tf.logSumExp(logits, 1), tf.sum(tf.mul(logits, targets), 1)),
};

/** −target·log σ(x) − (1 − target)·log(1 − σ(x)) = softplus(x) − target·x, averaged over outputs. */
export const binaryCrossEntropy: LossShape = {
  contains: 'sigmoid',
  oneOutput: true,
  smoothable: true,
  each: (logits, targets) => tf.mean(tf.sub(tf.softplus(logits), tf.mul(logits, targets)), 1),
};

/** max(0, 1 − yx) with y = ±1 (Rosasco et al. 2004, section 2), averaged over outputs. */
const margin = (scores: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor =>
  tf.relu(tf.sub(1, tf.mul(tf.sub(tf.mul(targets, 2), 1), scores)));

export const hinge: LossShape = {
  contains: null,
  oneOutput: true,
  smoothable: false,
  each: (scores, targets) => tf.mean(margin(scores, targets), 1),
};

export const squaredHinge: LossShape = {
  contains: null,
  oneOutput: true,
  smoothable: false,
  each: (scores, targets) => tf.mean(tf.square(margin(scores, targets)), 1),
};

/** max(0, 1 + largest wrong score − right score): Crammer & Singer (JMLR 2001), equation 3. */
export const categoricalHinge: LossShape = {
  contains: null,
  oneOutput: false,
  smoothable: false,
  each(scores, targets) {
    const right = tf.sum(tf.mul(scores, targets), 1);
    // The correct class is pushed below all others.
    const wrong = tf.max(tf.sub(scores, tf.mul(targets, 1e30)), 1);
    return tf.relu(tf.add(tf.sub(wrong, right), 1));
  },
};
