import * as tf from '@tensorflow/tfjs-core';
import type { MetricSettings } from '../../experiment/network/index.js';
import { Feed, toTensors } from '../loop/batches.js';
import type { Dataset, Examples } from '../data/types.js';
import type { Loss } from '../losses/index.js';
import { buildMeasure, type Confusion } from '../metrics/index.js';
import type { OwnMetric } from '../metrics/own.js';
import type { Model } from '../model.js';
import { Random } from '../random.js';

export interface EvaluateOptions {
  batchSize: number;
  metrics: MetricSettings;
  /** Metrics of the person's own. */
  own?: readonly OwnMetric[];
  /** Called between batches to let other work run; returning false ends the evaluation early. */
  pause(): Promise<boolean>;
}

export interface Evaluation {
  /**
   * `loss`, plus `accuracy`, `precision`, … for classes, or `mae`, `rmse` and `r2` for numbers, in the targets' own
   * unit.
   */
  values: Record<string, number>;
  confusion: Confusion | null;
}

/** Computes the loss and metrics on examples. Returns null when ended early. */
export async function evaluate(
  model: Model,
  loss: Loss,
  dataset: Dataset,
  examples: Examples,
  options: EvaluateOptions,
): Promise<Evaluation | null> {
  const order = Int32Array.from({ length: examples.count }, (_, i) => i);
  const context = { training: false, random: new Random(0) };
  const measure = buildMeasure(options.metrics, dataset, examples, model.outputs, {
    contains: loss.contains,
    own: options.own,
  });
  const feed = new Feed(dataset, examples, order, options.batchSize);
  let total = 0;
  for (let from = 0; from < examples.count; from += options.batchSize) {
    if (!(await options.pause())) return null;
    const to = Math.min(from + options.batchSize, examples.count);
    const values = await feed.batch(from, to);
    const [value, outputs] = tf.tidy(() => {
      const batch = toTensors(values, dataset.inputShape);
      const result = model.forward(batch.inputs, context);
      return [loss.plain(result, batch.targets), tf.clone(result)];
    });
    const [lossValue, outputValues] = await Promise.all([value.data(), outputs.data()]);
    tf.dispose([value, outputs]);
    total += lossValue[0]! * (to - from);
    measure.add(outputValues as Float32Array, from, to);
  }
  return { values: { loss: total / examples.count, ...measure.values() }, confusion: measure.confusion };
}
