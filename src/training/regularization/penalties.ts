/**
 * Penalties l1·Σ|w| + l2·Σw² on kernels (both together: the elastic net of Zou & Hastie 2005), and the max-norm bound
 * of Srivastava et al., "Dropout" (JMLR 2014), section 5.1. Biases and the scales of norms have neither.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Regularization } from '../../experiment/network/index.js';
import type { Weight } from '../layers/types.js';

/** Regularizer of θ, the vector of all trainable weights. */
export class Regularizer {
  private readonly weights: Weight[];
  private readonly settings: Regularization[];
  /** Penalty factor of each number of θ; null: all 0. */
  private l1: tf.Tensor1D | null;
  private l2: tf.Tensor1D | null;
  /** True when some weights have a max-norm bound. */
  readonly bounds: boolean;

  constructor(weights: readonly Weight[], all: Regularization) {
    this.weights = weights.filter((weight) => weight.trainable);
    this.settings = this.weights.map(({ variable, regularization }) =>
      variable.rank > 1 ? { ...all, ...regularization } : { l1: 0, l2: 0, maxNorm: 0 },
    );
    this.l1 = this.factors(({ l1 }) => l1);
    this.l2 = this.factors(({ l2 }) => l2);
    this.bounds = this.settings.some(({ maxNorm }) => maxNorm > 0);
  }

  get penalizes(): boolean {
    return this.l1 !== null || this.l2 !== null;
  }

  private factors(of: (settings: Regularization) => number): tf.Tensor1D | null {
    if (!this.settings.some((settings) => of(settings) > 0)) return null;
    const values = new Float32Array(this.weights.reduce((sum, { variable }) => sum + variable.size, 0));
    let at = 0;
    this.weights.forEach(({ variable }, i) => values.fill(of(this.settings[i]!), at, (at += variable.size)));
    return tf.keep(tf.tensor1d(values));
  }

  /** Adds the penalties' gradient at θ, with 0 as the subgradient of |w| at 0. Call it inside a tidy. */
  addTo(gradient: tf.Tensor1D, theta: tf.Tensor1D): tf.Tensor1D {
    let sum = gradient;
    if (this.l1) sum = tf.add(sum, tf.mul(this.l1, tf.sign(theta)));
    if (this.l2) sum = tf.add(sum, tf.mul(tf.mul(this.l2, 2), theta));
    return sum;
  }

  /** Returns the value of the penalties at θ. */
  async penalty(theta: tf.Tensor1D): Promise<number> {
    const sum = tf.tidy(() => {
      const l1 = this.l1 ? tf.sum(tf.mul(this.l1, tf.abs(theta))) : tf.scalar(0);
      return this.l2 ? tf.add(l1, tf.sum(tf.mul(this.l2, tf.square(theta)))) : l1;
    });
    const [value] = await sum.data();
    sum.dispose();
    return value!;
  }

  /** Returns the nearest point to θ where the weights into each output satisfy their bound. Call it inside a tidy. */
  project(theta: tf.Tensor1D): tf.Tensor1D {
    const sizes = this.weights.map(({ variable }) => variable.size);
    const parts = sizes.length > 1 ? tf.split<tf.Tensor1D>(theta, sizes) : [theta];
    const projected = parts.map((part, i): tf.Tensor1D => {
      const { maxNorm } = this.settings[i]!;
      if (maxNorm === 0) return part;
      const { variable, inputAxes } = this.weights[i]!;
      const axes = inputAxes ?? variable.shape.map((_, axis) => axis).slice(0, -1);
      const values = tf.reshape(part, variable.shape);
      const lengths = tf.sqrt(tf.sum(tf.square(values), axes, true));
      return tf.reshape(tf.mul(values, tf.div(maxNorm, tf.maximum(lengths, maxNorm))), [part.size]);
    });
    return projected.length > 1 ? tf.concat1d(projected) : projected[0]!;
  }

  dispose(): void {
    tf.dispose([this.l1, this.l2].filter((tensor) => tensor !== null));
    this.l1 = this.l2 = null;
  }
}

/** Returns null when there is nothing to regularize. */
export function buildRegularizer(weights: readonly Weight[], all: Regularization): Regularizer | null {
  const regularizer = new Regularizer(weights, all);
  return regularizer.penalizes || regularizer.bounds ? regularizer : null;
}
