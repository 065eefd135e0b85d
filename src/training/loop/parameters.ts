import * as tf from '@tensorflow/tfjs-core';
import '../kernels/tensorflow.js';
import type { Weight } from '../layers/types.js';

/**
 * All trainable weights as one vector θ. An optimizer is then plain vector arithmetic, and a step takes the same few
 * kernel calls regardless of the number of layers.
 */
export class Parameters {
  readonly count: number;
  /** When true, the variables receive θ's values only when `sync` is called; for code that works on θ itself. */
  lazy = false;
  private stale = false;
  /** True if a caller owns θ's tensor, and disposes it after the next change. */
  private isHeld = false;
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

  /** Variables with θ's values, in its order. */
  get variables(): tf.Variable[] {
    this.sync();
    return this.all;
  }

  /** Returns the offset of a variable in θ. */
  offsetOf(variable: tf.Variable): number {
    const index = this.all.indexOf(variable);
    return this.sizes.slice(0, index).reduce((a, b) => a + b, 0);
  }

  /** θ, which the caller must not dispose. */
  get vector(): tf.Tensor1D {
    return this.theta;
  }

  /** Mask of weight decay: 1 for kernels and other matrices, 0 for biases and the scales of norms. */
  get decaying(): tf.Tensor1D {
    this.kernels ??= tf.keep(
      tf.tidy(() => this.flatten(this.all.map((v) => (v.rank > 1 ? tf.onesLike(v) : tf.zerosLike(v))))),
    );
    return this.kernels;
  }

  /** Concatenates tensors, in the variables' order, to one vector. */
  flatten(tensors: tf.Tensor[]): tf.Tensor1D {
    if (tensors.length === 0) return tf.tensor1d([]);
    return tf.tidy(() => tf.concat(tensors.map((tensor) => tf.reshape(tensor, [tensor.size]) as tf.Tensor1D)));
  }

  /** Updates θ ← θ + change. */
  add(change: tf.Tensor1D): void {
    if (this.count > 0) this.put(tf.tidy(() => tf.add<tf.Tensor1D>(this.theta, change)));
  }

  /** Sets θ to a copy of this vector. */
  assign(theta: tf.Tensor1D): void {
    this.put(tf.clone(theta));
  }

  /** Sets θ to this vector, which is no longer the caller's, and returns the one before, which the caller owns now. */
  exchange(theta: tf.Tensor1D): tf.Tensor1D {
    const before = this.hold();
    this.put(theta);
    return before;
  }

  /** Returns θ as it is now. The next change leaves it to the caller, who disposes it then, or calls `release`. */
  hold(): tf.Tensor1D {
    this.isHeld = true;
    return this.theta;
  }

  release(): void {
    this.isHeld = false;
  }

  /** Updates θ from the variables after other code has changed them. */
  reread(): void {
    this.put(this.flatten(this.all));
    this.stale = false;
  }

  /** Writes θ to the variables; call it before reading variables obtained elsewhere. */
  sync(): void {
    if (!this.stale) return;
    this.stale = false;
    tf.tidy(() => {
      const parts = this.sizes.length > 1 ? tf.split(this.theta, this.sizes) : [this.theta];
      this.all.forEach((variable, i) => variable.assign(tf.reshape(parts[i]!, variable.shape)));
    });
  }

  private put(theta: tf.Tensor1D): void {
    if (!this.isHeld) this.theta.dispose();
    this.isHeld = false;
    this.theta = tf.keep(theta);
    this.stale = true;
    if (!this.lazy) this.sync();
  }

  dispose(): void {
    this.theta.dispose();
    this.kernels?.dispose();
  }
}
