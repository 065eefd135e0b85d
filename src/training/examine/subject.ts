/** A trained network and the examples on which it is examined. */
import * as tf from '@tensorflow/tfjs-core';
import { inputsOf, type Column } from '../data/csv/columns.js';
import type { Examples } from '../data/types.js';
import { TrainingError } from '../errors.js';
import { Feed, type BatchValues } from '../loop/batches.js';
import type { Loss } from '../losses/index.js';
import type { SavedModel } from '../checkpoints/savedModel.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

/** Inputs as the network sees them. */
export interface Range {
  /** Size of a change of 1: the range of the inputs; for tables, one standard deviation. */
  unit: number;
  /** Smallest and largest valid value; null: unbounded. */
  bounds: [low: number, high: number] | null;
  /** Value that says nothing: the smallest one; for tables, the mean. */
  baseline: number;
}

export interface Subject {
  model: SavedModel;
  loss: Loss;
  batches: BatchValues[];
  /** Position of each example in the data, from 0. */
  order: Int32Array;
  range: Range;
  /** Called between batches; rejects when the examination is stopped. */
  pause(): Promise<void>;
}

/** Returns names of the inputs of a table; null: they have none. */
export function namesOf({ saved }: SavedModel): string[] | null {
  const { columns } = saved.data.preparation;
  if (!Array.isArray(columns)) return null;
  return (columns as Column[]).flatMap(inputsOf).map(({ name }) => name);
}

/** Reads at most `most` examples, evenly spread over all of them. */
export async function readExamples(
  model: SavedModel,
  examples: Examples,
  most: number,
  batch: number,
): Promise<Pick<Subject, 'batches' | 'order' | 'range'>> {
  const count = Math.min(most, examples.count);
  const order = Int32Array.from({ length: count }, (_, i) => Math.floor((i * examples.count) / count));
  const feed = new Feed(model.dataset, examples, order, batch);
  const batches: BatchValues[] = [];
  for (let from = 0; from < count; from += batch) batches.push(await feed.batch(from, Math.min(from + batch, count)));
  return { batches, order, range: rangeOf(model, batches) };
}

function rangeOf(model: SavedModel, batches: readonly BatchValues[]): Range {
  if (namesOf(model)) return { unit: 1, bounds: null, baseline: 0 };
  let [low, high] = [Infinity, -Infinity];
  for (const { inputs } of batches) {
    for (const value of inputs) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return { unit: high - low || 1, bounds: [low, high], baseline: low };
}

/** Throws for inputs that can't change a little. */
export function needNumbers({ saved }: SavedModel): void {
  if (saved.network.layers[0]?.type !== 'embedding') return;
  throw new TrainingError(
    said(
      'explanations, attacks and corruptions change the inputs a little, and those of an embedding are whole numbers: only --calibration works here',
    ),
  );
}

/** Throws unless the network predicts classes. */
export function needClasses({ saved }: SavedModel, what: Said): void {
  if (!saved.data.classes)
    throw new TrainingError(said('{0} counts correct classes, but this network predicts numbers', what));
}

/** Returns which outputs predict the right class, as 0 and 1. Call it inside a tidy. */
export function rightOnes(outputs: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor1D {
  const chosen =
    outputs.shape[1] === 1 ? tf.cast(tf.greater(tf.squeeze(outputs, [1]), 0), 'int32') : tf.argMax(outputs, 1);
  return tf.cast(tf.equal(chosen, tf.argMax(targets, 1)), 'float32') as tf.Tensor1D;
}

/** Returns the accuracy when `change` is applied to the inputs of each batch. */
export async function accuracyOf(
  { model, batches, pause }: Subject,
  change: (values: BatchValues) => tf.Tensor,
): Promise<number> {
  let [right, count] = [0, 0];
  for (const values of batches) {
    await pause();
    const sum = tf.tidy(() => {
      const targets = tf.tensor2d(values.targets, [values.count, values.targets.length / values.count]);
      return tf.sum(rightOnes(model.raw(change(values)), targets));
    });
    right += (await sum.data())[0]!;
    sum.dispose();
    count += values.count;
  }
  return right / count;
}
