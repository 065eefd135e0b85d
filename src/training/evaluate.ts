import * as tf from '@tensorflow/tfjs-core';
import { makeBatch } from './batches.js';
import type { Dataset, Examples } from './data/types.js';
import type { Loss } from './losses/index.js';
import type { Model } from './model.js';
import { Random } from './random.js';

export interface EvaluateOptions {
  batchSize: number;
  /** Called between batches: lets other work in; false ends early. */
  pause(): Promise<boolean>;
}

/**
 * Loss and quality on examples: `{loss, accuracy}`, or `{loss, mae, r2}` for regression with the mean absolute error
 * in the targets' own unit. Null when ended early.
 */
export async function evaluate(
  model: Model,
  loss: Loss,
  dataset: Dataset,
  examples: Examples,
  options: EvaluateOptions,
): Promise<Record<string, number> | null> {
  const order = Int32Array.from({ length: examples.count }, (_, i) => i);
  const context = { training: false, random: new Random(0) };
  const measure = dataset.classes ? new Accuracy(examples, model.outputs) : new Errors(examples, dataset);
  let total = 0;
  for (let from = 0; from < examples.count; from += options.batchSize) {
    if (!(await options.pause())) return null;
    const to = Math.min(from + options.batchSize, examples.count);
    const [value, outputs] = tf.tidy(() => {
      const batch = makeBatch(dataset, examples, order, from, to);
      const result = model.forward(batch.inputs, context);
      return [loss.plain(result, batch.targets), tf.clone(result)];
    });
    const [lossValue, outputValues] = await Promise.all([value.data(), outputs.data()]);
    tf.dispose([value, outputs]);
    total += lossValue[0]! * (to - from);
    measure.add(outputValues as Float32Array, from, to);
  }
  return { loss: total / examples.count, ...measure.result() };
}

class Accuracy {
  private correct = 0;
  constructor(
    private readonly examples: Examples,
    /** Of the network. */
    private readonly classes: number,
  ) {}
  add(outputs: Float32Array, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const row = (i - from) * this.classes;
      // One output for two classes: above 0 is the second.
      let best = this.classes === 1 && outputs[row]! > 0 ? 1 : 0;
      for (let j = 1; j < this.classes; j++) if (outputs[row + j]! > outputs[row + best]!) best = j;
      if (best === this.examples.targets[i]) this.correct++;
    }
  }
  result = () => ({ accuracy: this.correct / this.examples.count });
}

class Errors {
  private absolute = 0;
  private readonly residual: Float64Array;
  constructor(
    private readonly examples: Examples,
    private readonly dataset: Dataset,
  ) {
    this.residual = new Float64Array(dataset.outputs);
  }
  add(outputs: Float32Array, from: number, to: number): void {
    const width = this.dataset.outputs;
    for (let i = from; i < to; i++) {
      for (let j = 0; j < width; j++) {
        const { mean, deviation } = this.dataset.targetScale?.[j] ?? { mean: 0, deviation: 1 };
        const error = outputs[(i - from) * width + j]! * deviation + mean - this.examples.targets[i * width + j]!;
        this.absolute += Math.abs(error);
        this.residual[j]! += error * error;
      }
    }
  }
  /** r² = 1 − residual / total sum of squares, averaged over the outputs. */
  result() {
    const { outputs } = this.dataset;
    const { count, targets } = this.examples;
    let r2 = 0;
    for (let j = 0; j < outputs; j++) {
      let mean = 0;
      for (let i = 0; i < count; i++) mean += targets[i * outputs + j]! / count;
      let total = 0;
      for (let i = 0; i < count; i++) total += (targets[i * outputs + j]! - mean) ** 2;
      r2 += (total > 0 ? 1 - this.residual[j]! / total : NaN) / outputs;
    }
    return { mae: this.absolute / (count * outputs), r2 };
  }
}
