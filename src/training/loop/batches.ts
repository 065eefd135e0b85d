import * as tf from '@tensorflow/tfjs-core';
import type { Augmentation } from '../augment/index.js';
import {
  isHeld,
  type Dataset,
  type Examples,
  type HeldExamples,
  type InputReader,
  type Numbers,
} from '../data/types.js';
import type { Random } from '../random.js';

export interface Batch {
  /** [batch, …inputShape] */
  inputs: tf.Tensor;
  /** [batch, outputs], one-hot for classes. */
  targets: tf.Tensor2D;
}

/** Batch as plain numbers, one example after the other. */
export interface BatchValues {
  count: number;
  inputs: Float32Array;
  targets: Float32Array;
  /** Outputs of a teacher for these inputs, one example after the other. */
  teacher?: Float32Array;
}

/** Returns the examples `order[from] … order[to − 1]` as the network sees them, augmented by `augmented` if given. */
export function batchValues(
  dataset: Dataset,
  examples: HeldExamples,
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

/** Converts a batch to tensors, which the caller disposes. */
export function toTensors({ count, inputs, targets }: BatchValues, inputShape: readonly number[]): Batch {
  return {
    inputs: tf.tensor(inputs, [count, ...inputShape]),
    targets: tf.tensor2d(targets, [count, targets.length / count]),
  };
}

/**
 * Supplies batches of examples from memory or disk. Examples on disk are read one batch ahead while the previous one is
 * processed, so at most two batches are in memory.
 */
export class Feed {
  private ahead: { from: number; values: Promise<Numbers> } | null = null;

  /** `order` holds the examples' indexes; `size` is the batch size. */
  constructor(
    private readonly dataset: Dataset,
    private readonly examples: Examples,
    private readonly order: Int32Array,
    private readonly size: number,
  ) {}

  /** Returns the examples `order[from] … order[to − 1]`; see `batchValues`. */
  async batch(from: number, to: number, augmented?: Parameters<typeof batchValues>[5]): Promise<BatchValues> {
    const { dataset, examples, order } = this;
    if (isHeld(examples)) return batchValues(dataset, examples, order, from, to, augmented);
    const inputs = await (this.ahead?.from === from ? this.ahead.values : this.read(from, to));
    this.ahead = to < order.length ? { from: to, values: this.read(to, to + this.size) } : null;
    const per = examples.targets.length / examples.count;
    const targets = examples.targets.slice(0, (to - from) * per);
    for (let i = from; i < to; i++) {
      targets.set(examples.targets.subarray(order[i]! * per, (order[i]! + 1) * per), (i - from) * per);
    }
    const read = { count: to - from, inputs, targets };
    return batchValues(
      dataset,
      read,
      order.slice(from, to).map((_, i) => i),
      0,
      to - from,
      augmented,
    );
  }

  /** Returns the indexes of a batch's examples. */
  examplesOf(from: number, to: number): Int32Array {
    return this.order.subarray(from, to);
  }

  private read(from: number, to: number): Promise<Numbers> {
    const values = (this.examples.inputs as InputReader).read(this.order.subarray(from, to));
    // The error reaches the consumer of the batch; the training may end before that.
    values.catch(() => undefined);
    return values;
  }
}
