/** Regression losses, averaged over the outputs. */
import * as tf from '@tensorflow/tfjs-core';
import type { LossShape } from './types.js';

const numbers = { contains: null, oneOutput: false, smoothable: false } as const;

/** (output − target)². */
export const mse: LossShape = {
  ...numbers,
  each: (outputs, targets) => tf.mean(tf.square(tf.sub(outputs, targets)), 1),
};

/** |output − target|. */
export const mae: LossShape = {
  ...numbers,
  each: (outputs, targets) => tf.mean(tf.abs(tf.sub(outputs, targets)), 1),
};

/** e²/2 up to δ, then δ(|e| − δ/2): Huber (1964), example (iii) of section 5. With m = min(|e|, δ) that is m(|e| − m/2). */
export const huber = (delta: number): LossShape => ({
  ...numbers,
  each(outputs, targets) {
    const error = tf.abs(tf.sub(outputs, targets));
    const near = tf.minimum(error, delta);
    return tf.mean(tf.mul(near, tf.sub(error, tf.mul(near, 0.5))), 1);
  },
});
