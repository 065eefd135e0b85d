import * as tf from '@tensorflow/tfjs-core';
import './tensorflow.js';
import type { Weight } from './layers/types.js';

/**
 * All trainable weights as one vector θ, so that an optimizer is plain vector arithmetic, and a step costs the same
 * few kernel calls however many layers there are.
 */
export class Parameters {
  readonly variables: tf.Variable[];
  readonly count: number;
  private readonly sizes: number[];
  private theta: tf.Tensor1D;

  constructor(weights: readonly Weight[]) {
    this.variables = weights.filter((weight) => weight.trainable).map((weight) => weight.variable);
    this.sizes = this.variables.map((variable) => variable.size);
    this.count = this.sizes.reduce((a, b) => a + b, 0);
    this.theta = tf.keep(this.flatten(this.variables));
  }

  /** One vector from tensors in the variables' order. */
  flatten(tensors: tf.Tensor[]): tf.Tensor1D {
    if (tensors.length === 0) return tf.tensor1d([]);
    return tf.tidy(() => tf.concat(tensors.map((tensor) => tf.reshape(tensor, [tensor.size]) as tf.Tensor1D)));
  }

  /** θ ← θ + change. */
  add(change: tf.Tensor1D): void {
    if (this.count === 0) return;
    const old = this.theta;
    this.theta = tf.tidy(() => {
      const theta = tf.add<tf.Tensor1D>(old, change);
      const parts = this.sizes.length > 1 ? tf.split(theta, this.sizes) : [theta];
      this.variables.forEach((variable, i) => variable.assign(tf.reshape(parts[i]!, variable.shape)));
      return tf.keep(theta);
    });
    old.dispose();
  }

  dispose(): void {
    this.theta.dispose();
  }
}
