/** Registry of losses. To add a loss, write its shape in a file and add a case here. */
import * as tf from '@tensorflow/tfjs-core';
import type { LossSettings } from '../../experiment/network/index.js';
import type { Dataset } from '../data/types.js';
import { TrainingError } from '../errors.js';
import { binaryCrossEntropy, categoricalHinge, crossEntropy, hinge, squaredHinge } from './classes.js';
import { closedLoss, smoothingSlope, type ClosedLoss, type SmoothingSlope } from './closed.js';
import { huber, mae, mse } from './numbers.js';
import type { LossShape } from './types.js';
import { entryOf } from '../../protocol/values/records.js';
import { said } from '../../format/said.js';

/** Loss to minimize. `targets` come as the data set gives them: [batch, n], one-hot for classes. */
export interface Loss {
  /** Returns the batch mean for training, with label smoothing and class weights. */
  of(outputs: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar;
  /** Returns the batch mean for training with this label smoothing, and with these weights of the classes, if any. */
  at(outputs: tf.Tensor2D, targets: tf.Tensor2D, smoothing: tf.Scalar, weights: tf.Tensor1D | null): tf.Scalar;
  /** Returns the batch mean for evaluation, without label smoothing and class weights. */
  plain(outputs: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar;
  /** Returns the total weight of these examples in a mean over them and others. */
  mass(targets: Float32Array, count: number): number;
  /** `of` over plain numbers; null when there is no closed form. */
  closed: ClosedLoss | null;
  /** Derivative of `of` with respect to the label smoothing over plain numbers; null when there is no closed form. */
  smoothingSlope: SmoothingSlope | null;
  /** Activation that the loss contains, which the network's outputs lack. */
  contains: LossShape['contains'];
  dispose(): void;
}

export function lossShape(settings: LossSettings): LossShape {
  switch (settings.name) {
    case 'crossEntropy':
      return crossEntropy;
    case 'binaryCrossEntropy':
      return binaryCrossEntropy;
    case 'hinge':
      return hinge;
    case 'squaredHinge':
      return squaredHinge;
    case 'categoricalHinge':
      return categoricalHinge;
    case 'mse':
      return mse;
    case 'mae':
      return mae;
    case 'huber':
      return huber(settings.delta);
  }
}

/**
 * Builds a loss for a network with `outputs` outputs (one is possible for two classes). Throws TrainingError when the
 * settings don't fit the data.
 */
export function buildLoss(settings: LossSettings, dataset: Dataset, outputs: number): Loss {
  const shape = lossShape(settings);
  const { labelSmoothing } = settings;
  if (labelSmoothing > 0 && !shape.smoothable) {
    throw new TrainingError(
      said('loss {0} has no label smoothing: it is for crossEntropy and binaryCrossEntropy', settings.name),
    );
  }
  const counting = classWeightsOf(settings, dataset);
  const weights = counting && tf.tensor1d(counting);
  const fit = (targets: tf.Tensor2D): tf.Tensor2D => (isOneOutput(dataset, outputs) ? secondClass(targets) : targets);
  // A single output distinguishes two labels; otherwise there are as many labels as outputs.
  const kinds = isOneOutput(dataset, outputs) || settings.name === 'binaryCrossEntropy' ? 2 : outputs;
  const smooth = (targets: tf.Tensor2D, smoothing: tf.Scalar | number): tf.Tensor2D =>
    smoothing === 0 ? targets : tf.add(tf.mul(targets, tf.sub(1, smoothing)), tf.div(smoothing, kinds));
  const plain = (results: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar => tf.mean(shape.each(results, fit(targets)));
  const at = (
    results: tf.Tensor2D,
    targets: tf.Tensor2D,
    smoothing: tf.Scalar | number,
    each: tf.Tensor1D | null,
  ): tf.Scalar => {
    const losses = shape.each(results, smooth(fit(targets), smoothing));
    if (!each) return tf.mean(losses);
    const counts = tf.sum(tf.mul(targets, each), 1);
    return tf.div(tf.sum(tf.mul(losses, counts)), tf.sum(counts));
  };
  return {
    plain,
    at,
    of: (results, targets) => at(results, targets, labelSmoothing, weights),
    mass: (targets, count) =>
      counting ? targets.reduce((sum, share, i) => sum + share * counting[i % counting.length]!, 0) : count,
    closed: closedLoss(settings, dataset.outputs, outputs, kinds),
    smoothingSlope: smoothingSlope(settings, dataset.outputs, outputs, kinds),
    contains: shape.contains,
    dispose: () => weights?.dispose(),
  };
}

export function isOneOutput(dataset: Dataset, outputs: number): boolean {
  return dataset.classes?.length === 2 && outputs === 1;
}

const secondClass = (targets: tf.Tensor2D): tf.Tensor2D => tf.slice2d(targets, [0, 1], [-1, 1]);

/**
 * Returns one weight per class; `balanced` weights have mean 1 over the training examples (King & Zeng 2001: n /
 * (K·n_k)).
 */
export function classWeightsOf({ classWeights: wanted }: LossSettings, { classes, train }: Dataset): number[] | null {
  if (!wanted) return null;
  if (!classes)
    throw new TrainingError(said('loss: classWeights are for classes, but the targets are numbers to predict'));
  if (wanted !== 'balanced') {
    const strange = Object.keys(wanted).find((name) => !classes.includes(name));
    if (strange !== undefined) {
      throw new TrainingError(
        said('loss: classWeights names "{0}"; the classes are {1}', strange, classes.slice(0, 20).join(', ')),
      );
    }
    return classes.map((name) => entryOf(wanted, name) ?? 1);
  }
  const counts = new Float64Array(classes.length);
  for (let i = 0; i < train.count; i++) counts[train.targets[i]!]!++;
  return Array.from(counts, (n) => (n > 0 ? train.count / (classes.length * n) : 0));
}
