/**
 * Constrained measures: Ω(θ), its gradient, and the projection onto the feasible set. A measure may have several
 * groups, each with its own value and bound: for example, the largest column norm is bounded when every column's norm
 * is.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { ConstraintSettings } from '../../experiment/network/index.js';
import type { Kernels } from './kernels.js';

/**
 * Call all methods inside a tidy. `bounds` and `factors` have one number per group. `ease` goes from 0, the bound
 * itself, to 1, the value at the initial weights.
 */
export interface Measure {
  /** Returns Ω of each group. */
  values(theta: tf.Tensor1D): tf.Tensor1D;
  /** Returns Σ factor·∇Ω; null when Ω has no gradient. */
  gradient: ((theta: tf.Tensor1D, factors: tf.Tensor1D) => tf.Tensor1D) | null;
  /** Returns ⟨vector, ∇Ω⟩ of each group, and ‖∇Ω‖². */
  along(theta: tf.Tensor1D, vector: tf.Tensor1D): { product: tf.Tensor1D; square: tf.Tensor1D };
  project(theta: tf.Tensor1D, bounds: tf.Tensor1D, ease: number): tf.Tensor1D;
  /** Returns an estimate of ‖∇Ω‖² where Ω is `bound`. */
  steepness(bound: number): number;
}

type Kind = ConstraintSettings['kind'];

const one = (value: tf.Tensor): tf.Tensor1D => tf.reshape(value, [1]);
const dot = (a: tf.Tensor, b: tf.Tensor): tf.Tensor1D => one(tf.sum(tf.mul(a, b)));

/** Σ|w|, with 0 as the subgradient of |w| at 0. */
function l1({ mask, rest, count }: Kernels): Measure {
  const slope = (theta: tf.Tensor1D): tf.Tensor1D => tf.mul(tf.sign(theta), mask);
  return {
    values: (theta) => dot(tf.abs(theta), mask),
    gradient: (theta, factors) => tf.mul(slope(theta), factors),
    along: (theta, vector) => ({ product: dot(vector, slope(theta)), square: one(tf.sum(tf.abs(slope(theta)))) }),
    project: (theta, bounds) => {
      const sizes = tf.mul<tf.Tensor1D>(tf.abs(theta), mask);
      const cut = threshold(sizes, bounds);
      const kernels = tf.mul(theta, mask);
      const left = tf.sub(tf.relu(tf.sub(kernels, cut)), tf.relu(tf.sub(tf.neg(kernels), cut)));
      // Scales off what rounding leaves above the bound.
      const factor = tf.minimum(1, tf.div(bounds, tf.maximum(one(tf.sum(tf.abs(left))), 1e-30)));
      return tf.add(tf.mul(theta, rest), tf.mul(left, factor));
    },
    steepness: () => Math.max(1, count),
  };
}

/**
 * Number of iterations to find the threshold by which each length shrinks so that their sum equals the bound: the
 * simplex threshold of Duchi et al. (ICML 2008), found without sorting by Michelot's method (1986), whose rounds only
 * ever drop more lengths.
 */
const ROUNDS = 12;
function threshold(sizes: tf.Tensor1D, bounds: tf.Tensor1D): tf.Tensor1D {
  let cut: tf.Tensor1D = tf.zerosLike(bounds);
  for (let i = 0; i < ROUNDS; i++) {
    const left = tf.step<tf.Tensor1D>(tf.sub(sizes, cut));
    const excess = tf.sub(dot(sizes, left), bounds);
    cut = tf.maximum(cut, tf.div(excess, tf.maximum(one(tf.sum(left)), 1)));
  }
  return cut;
}

/** Σw². */
function l2({ mask, rest }: Kernels): Measure {
  const slope = (theta: tf.Tensor1D): tf.Tensor1D => tf.mul(tf.mul(theta, 2), mask);
  return {
    values: (theta) => dot(tf.square(theta), mask),
    gradient: (theta, factors) => tf.mul(slope(theta), factors),
    along: (theta, vector) => ({
      product: dot(vector, slope(theta)),
      square: one(tf.sum(tf.square(slope(theta)))),
    }),
    project: (theta, bounds) => {
      const factor = tf.sqrt(tf.div(bounds, tf.maximum(dot(tf.square(theta), mask), bounds)));
      return tf.mul(theta, tf.add(rest, tf.mul(mask, factor)));
    },
    steepness: (bound) => 4 * bound,
  };
}

/** Norm of the weights into each output. */
function maxNorm(kernels: Kernels): Measure {
  const lengths = (theta: tf.Tensor1D): tf.Tensor1D => tf.sqrt(kernels.sums(tf.square(theta)));
  const positive = (theta: tf.Tensor1D): tf.Tensor1D => tf.maximum(lengths(theta), 1e-30);
  return {
    values: lengths,
    gradient: (theta, factors) => kernels.scaled(theta, tf.div(factors, positive(theta)), 'zero'),
    along: (theta, vector) => ({
      product: tf.div(kernels.sums(tf.mul(vector, theta)), positive(theta)),
      square: tf.onesLike(lengths(theta)),
    }),
    project: (theta, bounds) => kernels.scaled(theta, tf.div(bounds, tf.maximum(lengths(theta), bounds)), 'kept'),
    steepness: () => 1,
  };
}

/** Number of nonzero weights; projection keeps the largest (hard thresholding: Blumensath & Davies 2009). */
function nonzero({ mask, rest, count }: Kernels, bound: number): Measure {
  const values = (theta: tf.Tensor1D): tf.Tensor1D => dot(tf.cast(tf.notEqual(theta, 0), 'float32'), mask);
  const none = (theta: tf.Tensor1D): tf.Tensor1D => tf.zerosLike(values(theta));
  return {
    values,
    gradient: null,
    along: (theta) => ({ product: none(theta), square: none(theta) }),
    project: (theta, _, ease) => {
      const allowed = Math.floor(bound * (count / bound) ** ease + 1e-6);
      if (allowed >= count) return theta;
      const { indices } = tf.topk(tf.mul(tf.abs(theta), mask), allowed, false);
      const kept = tf.scatterND(tf.reshape(indices, [allowed, 1]), tf.ones([allowed]), [theta.size]);
      // With more places than nonzero weights, some of the places are not kernels'.
      return tf.mul(theta, tf.add(rest, tf.mul(kept, mask)));
    },
    steepness: () => 1,
  };
}

const MEASURES: Record<Kind, (kernels: Kernels, bound: number) => Measure> = { l1, l2, maxNorm, nonzero };

export const measureOf = (kind: Kind, kernels: Kernels, bound: number): Measure => MEASURES[kind](kernels, bound);
