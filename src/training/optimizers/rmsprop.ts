import * as tf from '@tensorflow/tfjs-core';
import { Remembering } from './memory.js';

/**
 * Tieleman & Hinton (Coursera lecture 6.5, 2012): θ ← θ − αg / (√v + ε), where v is the moving average of g².
 * `centered` uses the variance instead (Graves 2013, section 4.2, equations 38-40); `momentum` follows the same paper.
 */
export class RmsProp extends Remembering {
  constructor(
    learningRate: number,
    private readonly decay = 0.99,
    private readonly epsilon = 1e-8,
    private readonly momentum = 0,
    private readonly centered = false,
  ) {
    super(learningRate, ['square', 'mean', 'velocity']);
  }

  protected change(gradient: tf.Tensor1D): tf.Tensor1D {
    const square = this.average('square', this.decay, tf.square(gradient));
    const variance = this.centered
      ? tf.maximum(tf.sub(square, tf.square(this.average('mean', this.decay, gradient))), 0)
      : square;
    const scaled = tf.div<tf.Tensor1D>(gradient, tf.add(tf.sqrt(variance), this.epsilon));
    if (this.momentum === 0) return tf.mul(scaled, -this.learningRate);
    const old = this.recall('velocity');
    const velocity = this.remember('velocity', old ? tf.add<tf.Tensor1D>(tf.mul(old, this.momentum), scaled) : scaled);
    return tf.mul(velocity, -this.learningRate);
  }
}
