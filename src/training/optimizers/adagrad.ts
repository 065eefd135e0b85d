import * as tf from '@tensorflow/tfjs-core';
import { Remembering } from './memory.js';

/** Duchi, Hazan & Singer (JMLR 2011), the diagonal form of section 1.1: θ ← θ − αg / (√Σg² + ε). */
export class Adagrad extends Remembering {
  constructor(
    learningRate: number,
    private readonly epsilon = 1e-10,
  ) {
    super(learningRate, ['sum']);
  }

  protected change(gradient: tf.Tensor1D): tf.Tensor1D {
    const square = tf.square(gradient);
    const old = this.recall('sum');
    const sum = this.remember('sum', old ? tf.add<tf.Tensor1D>(old, square) : square);
    return tf.mul(tf.div(gradient, tf.add(tf.sqrt(sum), this.epsilon)), -this.learningRate);
  }
}
