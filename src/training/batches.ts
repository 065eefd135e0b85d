import * as tf from '@tensorflow/tfjs-core';
import type { Augmentation } from './augment/index.js';
import type { Dataset, Examples } from './data/types.js';
import type { Random } from './random.js';

export interface Batch {
  /** [batch, …inputShape] */
  inputs: tf.Tensor;
  /** [batch, outputs], one-hot for classes. */
  targets: tf.Tensor2D;
}

/** The same as plain numbers, one example after the other. */
export interface BatchValues {
  count: number;
  inputs: Float32Array;
  targets: Float32Array;
}

/** The examples `order[from] … order[to − 1]`, as the network sees them, changed by `augmented` if it is given. */
export function batchValues(
  dataset: Dataset,
  examples: Examples,
  order: Int32Array,
  from: number,
  to: number,
  augmented?: { by: Augmentation; random: Random } | null,
): BatchValues {
  const { inputShape, outputs, classes, inputScale, targetScale } = dataset;
  const { factor, offset } = inputScale;
  const width = inputShape.reduce((a, b) => a * b, 1);
  const count = to - from;
  const inputs = new Float32Array(count * width);
  const targets = new Float32Array(count * outputs);
  for (let i = 0; i < count; i++) {
    const example = order[from + i]!;
    const source = example * width;
    const into = i * width;
    for (let j = 0; j < width; j++) inputs[into + j] = examples.inputs[source + j]! * factor + offset;
    if (classes) {
      targets[i * outputs + examples.targets[example]!] = 1;
    } else {
      for (let j = 0; j < outputs; j++) {
        const { mean, deviation } = targetScale?.[j] ?? { mean: 0, deviation: 1 };
        targets[i * outputs + j] = (examples.targets[example * outputs + j]! - mean) / deviation;
      }
    }
  }
  augmented?.by(inputs, targets, count, augmented.random);
  return { count, inputs, targets };
}

/** The caller disposes both. */
export function toTensors({ count, inputs, targets }: BatchValues, inputShape: readonly number[]): Batch {
  return {
    inputs: tf.tensor(inputs, [count, ...inputShape]),
    targets: tf.tensor2d(targets, [count, targets.length / count]),
  };
}

/** Tensors of `batchValues`. The caller disposes both. */
export function makeBatch(...wanted: Parameters<typeof batchValues>): Batch {
  return toTensors(batchValues(...wanted), wanted[0].inputShape);
}
