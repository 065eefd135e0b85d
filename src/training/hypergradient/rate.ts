/**
 * Hypergradient descent for the learning rate: Baydin et al., "Online Learning Rate Adaptation with Hypergradient
 * Descent" (ICLR 2018). The last step moved the weights by −α·d, so the loss at its end has the derivative −∇f·d with
 * respect to α. `additive` is the paper's rule, α ← α + β·∇f·d. `multiplicative` divides by both lengths, so that β is
 * the largest relative change of α in a step.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { HypergradientSettings } from '../../experiment/network/index.js';

/** Largest change of the learning rate in one step, as a factor, of the additive rule. */
const MOST = 2;

export class RateDescent {
  /** Change of θ in the last step, divided by the rate that it was taken with; null before the first. */
  private direction: tf.Tensor1D | null = null;

  constructor(public settings: HypergradientSettings['learningRate']) {}

  /** Returns the derivative of the loss with respect to the rate of the last step, and the new rate. */
  async next(gradient: tf.Tensor1D, rate: number): Promise<{ slope: number; rate: number }> {
    const { direction } = this;
    if (!direction) return { slope: 0, rate };
    const read = tf.tidy(() => {
      const lengths = tf.sqrt(tf.mul(tf.sum(tf.square(gradient)), tf.sum(tf.square(direction))));
      return tf.stack([tf.sum(tf.mul(gradient, direction)), lengths]);
    });
    const [slope, lengths] = (await read.data()) as Float32Array;
    read.dispose();
    const { rule, rate: beta } = this.settings;
    if (!Number.isFinite(slope!) || !(lengths! > 0)) return { slope: 0, rate };
    const moved = rule === 'additive' ? rate - beta * slope! : rate * (1 - (beta * slope!) / lengths!);
    return { slope: slope!, rate: Math.min(rate * MOST, Math.max(rate / MOST, moved)) };
  }

  /** Remembers a step from θ `before` to `after` that was taken with this rate. */
  stepped(before: tf.Tensor1D, after: tf.Tensor1D, rate: number): void {
    this.direction?.dispose();
    this.direction = rate > 0 ? tf.tidy(() => tf.div(tf.sub(after, before), rate)) : null;
  }

  /** Forgets the last step. */
  reset(): void {
    this.direction?.dispose();
    this.direction = null;
  }
}
