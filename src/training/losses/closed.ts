/**
 * Closed-form losses and gradients over plain numbers, for steps so short that composing operations would cost more.
 */
import type { LossSettings } from '../../experiment/network/index.js';

/**
 * Returns the mean loss of `count` examples and fills in the gradient with respect to the outputs. `outputs` and
 * `gradient` are [count, n]; `targets` come as the data set gives them.
 */
export type ClosedLoss = (
  outputs: Float32Array,
  targets: Float32Array,
  gradient: Float32Array,
  count: number,
) => number;

/**
 * Returns the loss of the example at `at` … `at + n − 1`, given its target by output index, and fills in its gradient.
 */
type Example = (
  outputs: Float32Array,
  target: (j: number) => number,
  gradient: Float32Array,
  at: number,
  n: number,
) => number;

/** Closed forms of the losses in classes.ts and numbers.ts. */
const EXAMPLES: Partial<Record<LossSettings['name'], (settings: LossSettings) => Example>> = {
  crossEntropy: () => (outputs, target, gradient, at, n) => {
    let most = -Infinity;
    for (let j = 0; j < n; j++) most = Math.max(most, outputs[at + j]!);
    let sum = 0;
    for (let j = 0; j < n; j++) sum += gradient[at + j] = Math.exp(outputs[at + j]! - most);
    let loss = most + Math.log(sum);
    for (let j = 0; j < n; j++) {
      const wanted = target(j);
      loss -= wanted * outputs[at + j]!;
      gradient[at + j] = gradient[at + j]! / sum - wanted;
    }
    return loss;
  },
  binaryCrossEntropy: () => (outputs, target, gradient, at, n) => {
    let loss = 0;
    for (let j = 0; j < n; j++) {
      const x = outputs[at + j]!;
      const wanted = target(j);
      loss += Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) - wanted * x;
      gradient[at + j] = (1 / (1 + Math.exp(-x)) - wanted) / n;
    }
    return loss / n;
  },
  mse: () => (outputs, target, gradient, at, n) => {
    let loss = 0;
    for (let j = 0; j < n; j++) {
      const error = outputs[at + j]! - target(j);
      loss += error * error;
      gradient[at + j] = (2 * error) / n;
    }
    return loss / n;
  },
  mae: () => (outputs, target, gradient, at, n) => {
    let loss = 0;
    for (let j = 0; j < n; j++) {
      const error = outputs[at + j]! - target(j);
      loss += Math.abs(error);
      gradient[at + j] = Math.sign(error) / n;
    }
    return loss / n;
  },
  huber:
    ({ delta }) =>
    (outputs, target, gradient, at, n) => {
      let loss = 0;
      for (let j = 0; j < n; j++) {
        const error = outputs[at + j]! - target(j);
        const near = Math.min(Math.abs(error), delta);
        loss += near * (Math.abs(error) - near / 2);
        gradient[at + j] = (Math.sign(error) * near) / n;
      }
      return loss / n;
    },
};

/** Factor of Σ −target · output in the loss of an example, for losses that are linear in the targets. */
const LINEAR: Partial<Record<LossSettings['name'], (n: number) => number>> = {
  crossEntropy: () => 1,
  binaryCrossEntropy: (n) => 1 / n,
};

/** Returns the derivative of the mean loss of `count` examples with respect to the label smoothing. */
export type SmoothingSlope = (outputs: Float32Array, targets: Float32Array, count: number) => number;

/** Returns the closed form of that derivative, or null; the parameters are those of `closedLoss`. */
export function smoothingSlope(
  settings: LossSettings,
  width: number,
  outputs: number,
  kinds: number,
): SmoothingSlope | null {
  const factor = LINEAR[settings.name]?.(outputs);
  if (factor === undefined || settings.classWeights) return null;
  const first = width - outputs;
  return (values, targets, count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < outputs; j++) sum += (targets[i * width + first + j]! - 1 / kinds) * values[i * outputs + j]!;
    }
    return (sum * factor) / count;
  };
}

/**
 * Returns the closed form, or null when there is none. `width` is that of the targets; a single output for two classes
 * means the second one. `kinds` is the number of labels over which smoothing spreads.
 */
export function closedLoss(settings: LossSettings, width: number, outputs: number, kinds: number): ClosedLoss | null {
  const make = EXAMPLES[settings.name];
  if (!make || settings.classWeights) return null;
  const example = make(settings);
  const { labelSmoothing } = settings;
  const first = width - outputs;
  return (values, targets, gradient, count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const from = i * width + first;
      const target = (j: number) => targets[from + j]! * (1 - labelSmoothing) + labelSmoothing / kinds;
      sum += example(values, target, gradient, i * outputs, outputs);
    }
    for (let i = 0; i < count * outputs; i++) gradient[i]! /= count;
    return sum / count;
  };
}
