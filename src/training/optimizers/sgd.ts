import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer } from './types.js';

/**
 * Gradient descent with the momentum of Polyak (1964), v ← μv − α∇f(θ), θ ← θ + v, or of Nesterov (1983) as in
 * Sutskever et al. (2013), v ← μv − α∇f(θ + μv), θ ← θ + v. With Nesterov the weights held between steps are
 * θ + μv, where the next gradient is taken; `settle` leads back to θ.
 */
export class Sgd implements Optimizer {
  private velocity: tf.Tensor1D | null = null;

  constructor(
    public learningRate: number,
    private readonly momentum = 0,
    private readonly nesterov = false,
  ) {}

  step(gradient: tf.Tensor1D): tf.Tensor1D {
    if (this.momentum === 0) return tf.mul(gradient, -this.learningRate);
    return tf.tidy(() => {
      const descent = tf.mul<tf.Tensor1D>(gradient, -this.learningRate);
      const velocity = this.velocity
        ? tf.add<tf.Tensor1D>(tf.mul(this.velocity, this.momentum), descent)
        : tf.clone(descent);
      this.velocity?.dispose();
      this.velocity = tf.keep(velocity);
      return this.nesterov ? tf.add<tf.Tensor1D>(tf.mul(velocity, this.momentum), descent) : tf.clone(velocity);
    });
  }

  settle(): tf.Tensor1D | null {
    return this.nesterov && this.velocity ? tf.mul(this.velocity, -this.momentum) : null;
  }

  dispose(): void {
    this.velocity?.dispose();
    this.velocity = null;
  }
}
