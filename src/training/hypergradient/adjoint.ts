/**
 * Reverse mode through the steps of an optimizer: the chain rule from the weights after a step to the gradient that it
 * was taken with and to what the optimizer remembered before it (Maclaurin, Duvenaud & Adams, ICML 2015, here truncated
 * as in Luketina et al., ICML 2016).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { OptimizerSettings } from '../../experiment/network/index.js';
import type { BatchValues } from '../loop/batches.js';
import type { Optimizer } from '../optimizers/index.js';

/** A step as reverse mode needs it. Vectors are as long as θ. */
export interface TakenStep {
  /** θ before the step. */
  theta: tf.Tensor1D;
  /** Gradient that the optimizer received. */
  gradient: tf.Tensor1D;
  /** Vectors that the optimizer remembered after the step. */
  memory: tf.Tensor1D[];
  /** Number of steps up to this one, and its learning rate. */
  count: number;
  rate: number;
  batch: BatchValues;
  /** Batch before augmentation, if its strength is tuned. */
  raw: BatchValues | null;
  /** Step of the training, which its random numbers follow from. */
  step: number;
}

/** Names of the vectors of an optimizer that `backThrough` needs. */
export function remembered(settings: OptimizerSettings): string[] {
  return settings.name === 'adam' || settings.name === 'adamw' ? ['mean', 'square'] : [];
}

/** Returns copies of what the optimizer remembers. */
export function memoryOf(optimizer: Optimizer, settings: OptimizerSettings): tf.Tensor1D[] {
  return remembered(settings).map((name) => tf.clone(optimizer.recall(name)!));
}

export function disposeStep({ theta, gradient, memory }: TakenStep): void {
  tf.dispose([theta, gradient, ...memory]);
}

/** Derivatives of a loss with respect to what an optimizer remembers; empty: all zero. */
export type Carry = tf.Tensor1D[];

/**
 * Returns the loss's derivative with respect to the gradient of a step, and to the memory before it. `a` is that with
 * respect to θ after the step, `carry` that with respect to the memory after it. Call it inside a tidy.
 */
export function backThrough(
  settings: OptimizerSettings,
  step: TakenStep,
  a: tf.Tensor1D,
  carry: Carry,
): { gradient: tf.Tensor1D; carry: Carry } {
  const { rate } = step;
  if (settings.name === 'sgd') {
    const { momentum, nesterov } = settings;
    if (momentum === 0) return { gradient: tf.mul(a, -rate), carry: [] };
    const own = nesterov ? tf.mul<tf.Tensor1D>(a, momentum) : a;
    const velocity = carry[0] ? tf.add<tf.Tensor1D>(carry[0], own) : own;
    const total = nesterov ? tf.add<tf.Tensor1D>(velocity, a) : velocity;
    return { gradient: tf.mul(total, -rate), carry: [tf.mul(velocity, momentum)] };
  }
  if (settings.name !== 'adam' && settings.name !== 'adamw') throw new Error(`no reverse mode for ${settings.name}`);
  const { beta1, beta2, epsilon } = settings;
  const [mean, square] = step.memory as [tf.Tensor1D, tf.Tensor1D];
  const correction = 1 / Math.sqrt(1 - beta2 ** step.count);
  const factor = -rate / (1 - beta1 ** step.count);
  const root = tf.maximum(tf.sqrt(square), 1e-12);
  const deviation = tf.add(tf.mul(root, correction), epsilon);
  const scaled = tf.div<tf.Tensor1D>(tf.mul(a, factor), deviation);
  // The quotients are taken one after the other, because their product may leave the range of a float.
  const ofSquare = tf.mul<tf.Tensor1D>(tf.div(tf.mul(scaled, tf.div(mean, deviation)), root), -correction / 2);
  const toMean = carry[0] ? tf.add<tf.Tensor1D>(carry[0], scaled) : scaled;
  const toSquare = carry[1] ? tf.add<tf.Tensor1D>(carry[1], ofSquare) : ofSquare;
  const gradient = tf.add<tf.Tensor1D>(
    tf.mul(toMean, 1 - beta1),
    tf.mul(tf.mul(toSquare, step.gradient), 2 * (1 - beta2)),
  );
  return { gradient, carry: [tf.mul(toMean, beta1), tf.mul(toSquare, beta2)] };
}
