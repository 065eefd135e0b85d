/**
 * Second-order products by central differences of first-order gradients, because nested gradients of TensorFlow.js are
 * silently wrong for some kernels: Liu, Simonyan & Yang, "DARTS" (ICLR 2019), section 2.3, with their radius of
 * 0.01 / ‖v‖. The same batch and the same random numbers serve at both points.
 */
import * as tf from '@tensorflow/tfjs-core';
import { Simd } from '../backends/webAssembly/simd/index.js';
import type { Parameters } from '../loop/parameters.js';
import type { Model } from '../model.js';

const RADIUS = 0.01;

/** Point θ of a network that can be moved for a while. */
export class Point {
  private readonly measured: tf.Variable[];

  constructor(
    model: Model,
    private readonly parameters: Parameters,
  ) {
    this.measured = model.weights.filter(({ trainable }) => !trainable).map(({ variable }) => variable);
  }

  /** Does the work at θ, then restores the weights and what the network has measured, bit for bit. */
  async at<T>(theta: tf.Tensor1D, work: () => Promise<T>): Promise<T> {
    return this.moved(tf.clone(theta), work);
  }

  /** Does the work at θ, which is disposed. */
  private async moved<T>(theta: tf.Tensor1D, work: () => Promise<T>): Promise<T> {
    const { parameters } = this;
    const own = parameters.exchange(theta);
    const kept = this.measured.map((variable) => tf.clone(variable));
    try {
      return await work();
    } finally {
      parameters.exchange(own).dispose();
      this.measured.forEach((variable, i) => variable.assign(kept[i]!));
      tf.dispose(kept);
    }
  }

  /**
   * Returns (value(θ + rv) − value(θ − rv)) / 2r, which is the directional derivative of `value` along v. Whatever reads the
   * network's variables synchronizes them first.
   */
  async along(theta: tf.Tensor1D, v: tf.Tensor1D, value: () => Promise<tf.Tensor1D>): Promise<tf.Tensor1D> {
    const length = Math.sqrt(await dot(v, v));
    if (!(length > 0) || !Number.isFinite(length)) {
      const shape = await this.at(theta, value);
      const none = tf.zerosLike(shape);
      shape.dispose();
      return none;
    }
    const radius = RADIUS / length;
    const step = tf.mul(v, radius);
    const up = await this.moved(tf.add(theta, step), value);
    const down = await this.moved(tf.sub(theta, step), value);
    const slope = tf.tidy(() => tf.div<tf.Tensor1D>(tf.sub(up, down), 2 * radius));
    tf.dispose([step, up, down]);
    return slope;
  }
}

/** Returns u·v over these parts of the vectors; null: over all of them. */
export async function dot(u: tf.Tensor1D, v: tf.Tensor1D, parts: readonly Part[] | null = null): Promise<number> {
  const simd = Simd.ofBackend();
  if (simd) {
    const [a, b] = [simd.addressOf(u), simd.addressOf(v)];
    const all = parts ?? [{ from: 0, size: u.size }];
    return all.reduce((sum, { from, size }) => sum + simd.dot(a + 4 * from, b + 4 * from, size), 0);
  }
  return numberOf(() => {
    const products = tf.mul<tf.Tensor1D>(u, v);
    return parts ? tf.addN(parts.map(({ from, size }) => tf.sum(tf.slice1d(products, from, size)))) : tf.sum(products);
  });
}

/** Part of a vector. */
interface Part {
  from: number;
  size: number;
}

/** Returns the number that a scalar holds. */
export async function numberOf(scalar: () => tf.Tensor): Promise<number> {
  const made = tf.tidy(scalar);
  const [value] = await made.data();
  made.dispose();
  return value!;
}
