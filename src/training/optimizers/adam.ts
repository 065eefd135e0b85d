import * as tf from '@tensorflow/tfjs-core';
import { Remembering } from './memory.js';

/** Kingma & Ba (ICLR 2015), algorithm 1: ε is added to √v̂, after the correction of the bias. */
export class Adam extends Remembering {
  constructor(
    learningRate: number,
    private readonly beta1 = 0.9,
    private readonly beta2 = 0.999,
    private readonly epsilon = 1e-8,
  ) {
    super(learningRate, ['mean', 'square']);
  }

  protected change(gradient: tf.Tensor1D): tf.Tensor1D {
    const { beta1, beta2, steps } = this;
    const mean = this.average('mean', beta1, gradient);
    const square = this.average('square', beta2, tf.square(gradient));
    const deviation = tf.add(tf.mul(tf.sqrt(square), 1 / Math.sqrt(1 - beta2 ** steps)), this.epsilon);
    return tf.mul(tf.div(mean, deviation), -this.learningRate / (1 - beta1 ** steps));
  }
}
