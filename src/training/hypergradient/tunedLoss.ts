/** A loss whose label smoothing and class weights change during the training. */
import * as tf from '@tensorflow/tfjs-core';
import type { LossSettings, Network } from '../../experiment/network/index.js';
import type { Dataset } from '../data/types.js';
import { buildLoss, classWeightsOf, type Loss } from '../losses/index.js';
import { setEntry } from '../../protocol/values/records.js';

export class TunedLoss implements Loss {
  private inner: Loss;
  private settings: LossSettings;

  constructor(
    settings: LossSettings,
    private readonly dataset: Dataset,
    private readonly outputs: number,
    weighs: boolean,
  ) {
    // Weights that are tuned begin at 1.
    const equal = Object.fromEntries((dataset.classes ?? []).map((name) => [name, 1]));
    settings = weighs && !settings.classWeights ? { ...settings, classWeights: equal } : settings;
    this.settings = settings;
    this.inner = buildLoss(settings, dataset, outputs);
  }

  /** Weight of each class, in their order; null: equal weights. */
  get classWeights(): number[] | null {
    return classWeightsOf(this.settings, this.dataset);
  }

  get labelSmoothing(): number {
    return this.settings.labelSmoothing;
  }

  /** Changes the label smoothing and the weight of each class. */
  set(labelSmoothing: number, weights: readonly number[] | null): void {
    const byName: Record<string, number> = {};
    weights?.forEach((weight, i) => setEntry(byName, this.dataset.classes![i]!, weight));
    this.settings = { ...this.settings, labelSmoothing, ...(weights && { classWeights: byName }) };
    this.inner.dispose();
    this.inner = buildLoss(this.settings, this.dataset, this.outputs);
  }

  /** Returns the derivatives of the mean loss: [label smoothing, weight of each class …]. Call it inside a tidy. */
  slopes(outputs: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor1D {
    const weights = this.classWeights;
    const points = [tf.scalar(this.labelSmoothing), ...(weights ? [tf.tensor1d(weights)] : [])];
    const of = (smoothing: tf.Tensor, each?: tf.Tensor) =>
      this.inner.at(outputs, targets, smoothing as tf.Scalar, (each ?? null) as tf.Tensor1D | null);
    const slopes = weights ? tf.grads(of)(points) : [tf.grad(of)(points[0]!)];
    return tf.concat1d(slopes.map((slope) => tf.reshape(slope, [slope.size]) as tf.Tensor1D));
  }

  at(...all: Parameters<Loss['at']>): tf.Scalar {
    return this.inner.at(...all);
  }
  of(outputs: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
    return this.inner.of(outputs, targets);
  }
  plain(outputs: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
    return this.inner.plain(outputs, targets);
  }
  mass(targets: Float32Array, count: number): number {
    return this.inner.mass(targets, count);
  }
  get closed(): Loss['closed'] {
    return this.inner.closed && ((...all) => this.inner.closed!(...all));
  }
  get smoothingSlope(): Loss['smoothingSlope'] {
    return this.inner.smoothingSlope;
  }
  get contains(): Loss['contains'] {
    return this.inner.contains;
  }
  dispose(): void {
    this.inner.dispose();
  }
}

/** Returns the network's loss, which changes if its hypergradient tunes it. */
export function lossFor(
  { loss, hypergradient }: Pick<Network, 'loss' | 'hypergradient'>,
  dataset: Dataset,
  outputs: number,
): Loss {
  const tuned = hypergradient?.tune.some((name) => name === 'labelSmoothing' || name === 'classWeights') ?? false;
  return tuned
    ? new TunedLoss(loss, dataset, outputs, hypergradient!.tune.includes('classWeights'))
    : buildLoss(loss, dataset, outputs);
}
