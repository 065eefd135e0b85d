import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer } from './types.js';

/** Kingma & Ba (2015), algorithm 1: ε is added to √v̂, after the correction of the bias. */
export class Adam implements Optimizer {
  private mean: tf.Tensor1D | null = null;
  private square: tf.Tensor1D | null = null;
  private steps = 0;

  constructor(
    public learningRate: number,
    private readonly beta1 = 0.9,
    private readonly beta2 = 0.999,
    private readonly epsilon = 1e-8,
  ) {}

  step(gradient: tf.Tensor1D): tf.Tensor1D {
    const { beta1, beta2 } = this;
    this.steps++;
    const meanCorrection = 1 - beta1 ** this.steps;
    const squareCorrection = 1 - beta2 ** this.steps;
    return tf.tidy(() => {
      const newMean = tf.mul<tf.Tensor1D>(gradient, 1 - beta1);
      const newSquare = tf.mul<tf.Tensor1D>(tf.square(gradient), 1 - beta2);
      const mean = this.mean ? tf.add<tf.Tensor1D>(tf.mul(this.mean, beta1), newMean) : newMean;
      const square = this.square ? tf.add<tf.Tensor1D>(tf.mul(this.square, beta2), newSquare) : newSquare;
      this.dispose();
      this.mean = tf.keep(mean);
      this.square = tf.keep(square);
      const deviation = tf.add(tf.mul(tf.sqrt(square), 1 / Math.sqrt(squareCorrection)), this.epsilon);
      return tf.mul(tf.div(mean, deviation), -this.learningRate / meanCorrection);
    });
  }

  settle(): null {
    return null;
  }

  dispose(): void {
    this.mean?.dispose();
    this.square?.dispose();
    this.mean = this.square = null;
  }
}
