import * as tf from '@tensorflow/tfjs-core';
import '../kernels/tensorflow.js';
import type { Weight } from '../layers/types.js';

/**
 * All trainable weights as one vector θ, so that an optimizer is plain vector arithmetic, and a step costs the same
 * few kernel calls however many layers there are.
 */
export class Parameters {
  readonly count: number;
  /** The variables get θ's values only when `sync` is called: for who works on θ itself. */
  lazy = false;
  private stale = false;
  private readonly all: tf.Variable[];
  private readonly sizes: number[];
  private theta: tf.Tensor1D;
  private kernels: tf.Tensor1D | null = null;

  constructor(weights: readonly Weight[]) {
    this.all = weights.filter((weight) => weight.trainable).map((weight) => weight.variable);
    this.sizes = this.all.map((variable) => variable.size);
    this.count = this.sizes.reduce((a, b) => a + b, 0);
    this.theta = tf.keep(this.flatten(this.all));
  }

  /** With θ's values, in its order. */
  get variables(): tf.Variable[] {
    this.sync();
    return this.all;
  }

  /** Where a variable begins in θ. */
  offsetOf(variable: tf.Variable): number {
    const index = this.all.indexOf(variable);
    return this.sizes.slice(0, index).reduce((a, b) => a + b, 0);
  }

  /** θ, which the caller must not dispose. */
  get vector(): tf.Tensor1D {
    return this.theta;
  }

  /** 1 where θ belongs to a kernel or another matrix, 0 at biases and the scales of norms, which no decay touches. */
  get decaying(): tf.Tensor1D {
    this.kernels ??= tf.keep(
      tf.tidy(() => this.flatten(this.all.map((v) => (v.rank > 1 ? tf.onesLike(v) : tf.zerosLike(v))))),
    );
    return this.kernels;
  }

  /** One vector from tensors in the variables' order. */
  flatten(tensors: tf.Tensor[]): tf.Tensor1D {
    if (tensors.length === 0) return tf.tensor1d([]);
    return tf.tidy(() => tf.concat(tensors.map((tensor) => tf.reshape(tensor, [tensor.size]) as tf.Tensor1D)));
  }

  /** θ ← θ + change. */
  add(change: tf.Tensor1D): void {
    if (this.count > 0) this.put(tf.tidy(() => tf.add<tf.Tensor1D>(this.theta, change)));
  }

  /** θ ← the variables' values, after somebody else has changed these. */
  reread(): void {
    this.put(this.flatten(this.all));
    this.stale = false;
  }

  /** To be called before variables are read that were got elsewhere. */
  sync(): void {
    if (!this.stale) return;
    this.stale = false;
    tf.tidy(() => {
      const parts = this.sizes.length > 1 ? tf.split(this.theta, this.sizes) : [this.theta];
      this.all.forEach((variable, i) => variable.assign(tf.reshape(parts[i]!, variable.shape)));
    });
  }

  private put(theta: tf.Tensor1D): void {
    this.theta.dispose();
    this.theta = tf.keep(theta);
    this.stale = true;
    if (!this.lazy) this.sync();
  }

  dispose(): void {
    this.theta.dispose();
    this.kernels?.dispose();
  }
}
