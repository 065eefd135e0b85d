/**
 * Second-order products by central differences of first-order gradients, because nested gradients of TensorFlow.js are
 * silently wrong for some kernels: Liu, Simonyan & Yang, "DARTS" (ICLR 2019), section 2.3, with their radius of
 * 0.01 / ‖v‖. The same batch and the same random numbers serve at both points.
 */
import * as tf from '@tensorflow/tfjs-core';
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
    const { parameters } = this;
    const own = tf.clone(parameters.vector);
    const kept = this.measured.map((variable) => tf.clone(variable));
    try {
      parameters.assign(theta);
      parameters.sync();
      return await work();
    } finally {
      parameters.assign(own);
      parameters.sync();
      this.measured.forEach((variable, i) => variable.assign(kept[i]!));
      tf.dispose([own, ...kept]);
    }
  }

  /** Returns (value(θ + rv) − value(θ − rv)) / 2r, which is the directional derivative of `value` along v. */
  async along(theta: tf.Tensor1D, v: tf.Tensor1D, value: () => Promise<tf.Tensor1D>): Promise<tf.Tensor1D> {
    const length = await numberOf(() => tf.sqrt(tf.sum(tf.square(v))));
    if (!(length > 0) || !Number.isFinite(length)) {
      const shape = await this.at(theta, value);
      const none = tf.zerosLike(shape);
      shape.dispose();
      return none;
    }
    const radius = RADIUS / length;
    const [there, back] = tf.tidy(() => [tf.add(theta, tf.mul(v, radius)), tf.sub(theta, tf.mul(v, radius))]);
    const up = await this.at(there as tf.Tensor1D, value);
    const down = await this.at(back as tf.Tensor1D, value);
    const slope = tf.tidy(() => tf.div(tf.sub(up, down), 2 * radius));
    tf.dispose([there!, back!, up, down]);
    return slope as tf.Tensor1D;
  }
}

/** Returns the number that a scalar holds. */
export async function numberOf(scalar: () => tf.Tensor): Promise<number> {
  const made = tf.tidy(scalar);
  const [value] = await made.data();
  made.dispose();
  return value!;
}
