/** Smooth functions that become ReLU as their width goes to 0. */
import * as tf from '@tensorflow/tfjs-core';
import type { SmoothSettings } from '../../experiment/network/index.js';

export interface Smoothing {
  by: SmoothSettings['by'];
  /** Temperature, or standard deviation; above 0. */
  width: number;
}

/**
 * softplus: τ·log(1 + exp(x/τ)), as in Gulcehre et al., "Mollifying Networks" (ICLR 2017). gaussian: the convolution of
 * ReLU with a normal density, x·Φ(x/σ) + σ·φ(x/σ) (Mobahi, "Training Recurrent Neural Networks by Diffusion", 2016).
 */
export function smoothRelu(x: tf.Tensor, { by, width }: Smoothing): tf.Tensor {
  const scaled = tf.div(x, width);
  if (by === 'softplus') return tf.mul(tf.softplus(scaled), width);
  const below = tf.mul(tf.add(tf.erf(tf.mul(scaled, Math.SQRT1_2)), 1), 0.5);
  const density = tf.mul(tf.exp(tf.mul(tf.square(scaled), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return tf.add(tf.mul(x, below), tf.mul(density, width));
}

/** Returns the width in an epoch, counted from 1: it shrinks by the same factor from epoch to epoch. */
export function smoothingAt({ by, from, to }: SmoothSettings, epoch: number, epochs: number): Smoothing {
  const share = epochs > 1 ? Math.min(1, (epoch - 1) / (epochs - 1)) : 1;
  return { by, width: from * (to / from) ** share };
}
