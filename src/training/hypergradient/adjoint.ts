/**
 * Reverse mode through the steps of an optimizer: the chain rule from the weights after a step to the gradient that it
 * was taken with and to what the optimizer remembered before it (Maclaurin, Duvenaud & Adams, ICML 2015, here truncated
 * as in Luketina et al., ICML 2016).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { OptimizerSettings } from '../../experiment/network/index.js';
import type { BatchValues } from '../loop/batches.js';
import { ADAM_BACK, type AdamBackAttributes } from '../optimizers/adam.js';
import type { Optimizer } from '../optimizers/index.js';

/** A step as reverse mode needs it. Vectors are as long as θ. */
export interface TakenStep {
  /** θ before the step. */
  theta: tf.Tensor1D;
  /** Gradient that the optimizer received; null: nothing goes back through this step. */
  gradient: tf.Tensor1D | null;
  /** Vectors that the optimizer remembered after the step, and whether they are copies, which are disposed. */
  memory: tf.Tensor1D[];
  copies: boolean;
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

/** Returns what the optimizer remembers: as copies, or its own vectors, which its next step disposes. */
export function memoryOf(optimizer: Optimizer, settings: OptimizerSettings, copies: boolean): tf.Tensor1D[] {
  return remembered(settings).map((name) => (copies ? tf.clone(optimizer.recall(name)!) : optimizer.recall(name)!));
}

export function disposeStep({ theta, gradient, memory, copies }: TakenStep): void {
  tf.dispose([theta, gradient, ...(copies ? memory : [])].filter((one) => one !== null));
}

/** Derivatives of a loss with respect to what an optimizer remembers; empty: all zero. */
export type Carry = tf.Tensor1D[];

/**
 * Returns the loss's derivative with respect to the gradient of a step, and to the memory before it. `a` is that with
 * respect to θ after the step, `carry` that with respect to the memory after it. `isLast`: no earlier step follows, so the
 * memory before it is not asked for. Call it inside a tidy.
 */
export function backThrough(
  settings: OptimizerSettings,
  step: TakenStep,
  a: tf.Tensor1D,
  carry: Carry,
  isLast = false,
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
  if (!step.gradient) throw new Error('the step has no gradient');
  const [mean, square] = step.memory as [tf.Tensor1D, tf.Tensor1D];
  const correction = 1 / Math.sqrt(1 - beta2 ** step.count);
  const factor = -rate / (1 - beta1 ** step.count);
  if (isLast && carry.length === 0 && tf.getKernel(ADAM_BACK, tf.getBackend())) {
    const inputs = { a, mean, square, gradient: step.gradient };
    const scalars: AdamBackAttributes = { beta1, beta2, correction, epsilon, factor };
    const gradient = tf.engine().runKernel(ADAM_BACK, inputs, scalars as unknown as tf.NamedAttrMap);
    return { gradient: gradient as tf.Tensor1D, carry: [] };
  }
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
