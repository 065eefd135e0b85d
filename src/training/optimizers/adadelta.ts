import * as tf from '@tensorflow/tfjs-core';
import { Remembering } from './memory.js';

/** Zeiler (arXiv 1212.5701), algorithm 1; the update is multiplied by the learning rate, which is 1 in the paper. */
export class Adadelta extends Remembering {
  constructor(
    learningRate: number,
    private readonly decay = 0.9,
    private readonly epsilon = 1e-6,
  ) {
    super(learningRate, ['square', 'change']);
  }

  protected change(gradient: tf.Tensor1D): tf.Tensor1D {
    const { decay, epsilon } = this;
    const square = this.average('square', decay, tf.square(gradient));
    const before = this.recall('change') ?? tf.zerosLike(gradient);
    const change = tf.mul<tf.Tensor1D>(gradient, tf.sqrt(tf.div(tf.add(before, epsilon), tf.add(square, epsilon))));
    this.average('change', decay, tf.square(change));
    return tf.mul(change, -this.learningRate);
  }
}
