/** Positions of the kernels in θ, to which constraints apply. Biases and the scales of norms are excluded. */
import * as tf from '@tensorflow/tfjs-core';
import type { Weight } from '../layers/types.js';

interface Part {
  size: number;
  shape: number[];
  /** Axes of the weights into one output; null: not a kernel. */
  axes: number[] | null;
}

export class Kernels {
  private readonly parts: Part[];
  /** 1 at kernels, else 0. */
  readonly mask: tf.Tensor1D;
  /** 0 at kernels, else 1. */
  readonly rest: tf.Tensor1D;
  /** Count of numbers in all kernels. */
  readonly count: number;

  constructor(weights: readonly Weight[]) {
    this.parts = weights
      .filter(({ trainable }) => trainable)
      .map(({ variable: { size, shape, rank }, inputAxes }) => ({
        size,
        shape,
        axes: rank > 1 ? (inputAxes ?? shape.map((_, axis) => axis).slice(0, -1)) : null,
      }));
    const mask = new Float32Array(this.parts.reduce((sum, { size }) => sum + size, 0));
    let at = 0;
    for (const { size, axes } of this.parts) mask.fill(axes ? 1 : 0, at, (at += size));
    this.mask = tf.keep(tf.tensor1d(mask));
    this.rest = tf.keep(tf.tensor1d(mask.map((value) => 1 - value)));
    this.count = mask.reduce((sum, value) => sum + value, 0);
  }

  /** Returns sums over the numbers that belong to each output, kernel after kernel. */
  sums(vector: tf.Tensor1D): tf.Tensor1D {
    const kernels = this.split(vector).flatMap((part, i) => {
      const { shape, axes } = this.parts[i]!;
      return axes ? [tf.reshape(tf.sum(tf.reshape(part, shape), axes), [-1]) as tf.Tensor1D] : [];
    });
    return kernels.length > 1 ? tf.concat1d(kernels) : (kernels[0] ?? tf.tensor1d([]));
  }

  /**
   * Scales the weights into each output by that output's factor; `rest` says whether other values are kept or zeroed.
   */
  scaled(theta: tf.Tensor1D, factors: tf.Tensor1D, rest: 'kept' | 'zero'): tf.Tensor1D {
    let at = 0;
    const parts = this.split(theta).map((part, i): tf.Tensor1D => {
      const { shape, axes, size } = this.parts[i]!;
      if (!axes) return rest === 'kept' ? part : tf.zerosLike(part);
      const across = shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
      const count = across.reduce((a, b) => a * b, 1);
      const own = tf.reshape(tf.slice1d(factors, at, count), across);
      at += count;
      return tf.reshape(tf.mul(tf.reshape(part, shape), own), [size]);
    });
    return parts.length > 1 ? tf.concat1d(parts) : parts[0]!;
  }

  private split(theta: tf.Tensor1D): tf.Tensor1D[] {
    const sizes = this.parts.map(({ size }) => size);
    return sizes.length > 1 ? tf.split<tf.Tensor1D>(theta, sizes) : [theta];
  }

  dispose(): void {
    tf.dispose([this.mask, this.rest]);
  }
}
