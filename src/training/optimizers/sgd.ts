import * as tf from '@tensorflow/tfjs-core';
import { Remembering } from './memory.js';

/**
 * Gradient descent with the momentum of Polyak (1964), v ← μv − α∇f(θ), θ ← θ + v, or of Nesterov (1983) as in
 * Sutskever et al. (2013), v ← μv − α∇f(θ + μv), θ ← θ + v. With Nesterov, the weights stored between steps are θ + μv,
 * where the next gradient is computed; `settle` leads back to θ.
 */
export class Sgd extends Remembering {
  constructor(
    learningRate: number,
    private readonly momentum = 0,
    private readonly nesterov = false,
  ) {
    super(learningRate, ['velocity']);
  }

  protected change(gradient: tf.Tensor1D): tf.Tensor1D {
    const descent = tf.mul<tf.Tensor1D>(gradient, -this.learningRate);
    if (this.momentum === 0) return descent;
    const old = this.recall('velocity');
    const velocity = old ? tf.add<tf.Tensor1D>(tf.mul(old, this.momentum), descent) : tf.clone(descent);
    this.remember('velocity', velocity);
    return this.nesterov ? tf.add<tf.Tensor1D>(tf.mul(velocity, this.momentum), descent) : tf.clone(velocity);
  }

  override settle(): tf.Tensor1D | null {
    const velocity = this.recall('velocity');
    return this.nesterov && velocity ? tf.mul(velocity, -this.momentum) : null;
  }
}
