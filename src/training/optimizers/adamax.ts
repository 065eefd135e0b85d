import * as tf from '@tensorflow/tfjs-core';
import { Remembering } from './memory.js';

/** Kingma & Ba (ICLR 2015), algorithm 2, with ε inside the maximum to avoid dividing by zero for zero gradients. */
export class AdaMax extends Remembering {
  constructor(
    learningRate: number,
    private readonly beta1 = 0.9,
    private readonly beta2 = 0.999,
    private readonly epsilon = 1e-8,
  ) {
    super(learningRate, ['mean', 'largest']);
  }

  protected change(gradient: tf.Tensor1D): tf.Tensor1D {
    const mean = this.average('mean', this.beta1, gradient);
    const size = tf.add<tf.Tensor1D>(tf.abs(gradient), this.epsilon);
    const old = this.recall('largest');
    const largest = this.remember('largest', old ? tf.maximum<tf.Tensor1D>(tf.mul(old, this.beta2), size) : size);
    return tf.mul(tf.div(mean, largest), -this.learningRate / (1 - this.beta1 ** this.steps));
  }
}
