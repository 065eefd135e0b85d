/** Statistics of layer outputs: mean, deviation, shares of zero and saturated values, and dead units. */
import * as tf from '@tensorflow/tfjs-core';
import type { Activation, Layer } from '../../experiment/network/index.js';
import type { Model } from '../model.js';

/** Activations that are 0 for half of their inputs, where the gradient vanishes. */
const RECTIFIERS: readonly Activation[] = ['relu', 'relu6'];
/** Activations with two bounds, near which the gradient almost vanishes. */
const BOUNDS: Partial<Record<Activation, [low: number, high: number]>> = {
  sigmoid: [0, 1],
  hardSigmoid: [0, 1],
  tanh: [-1, 1],
  softsign: [-1, 1],
};
/** Distance from a bound, as a share of the range, below which a value counts as saturated. */
const NEAR = 0.01;

/** Statistics of one layer over the watched steps. */
export interface LayerActivations {
  layer: string;
  mean: number;
  deviation: number;
  /** Share of values that are 0; null: not applicable to this activation. */
  zeros: number | null;
  /** Share of values at a bound; null: the activation has no bounds. */
  saturated: number | null;
  /** Share of units that were 0 for every example; null: not applicable to this activation. */
  dead: number | null;
}

interface Watched {
  index: number;
  layer: string;
  rectifier: boolean;
  bounds: [number, number] | null;
  /** [Σ, Σ², zeros, saturated, values] of each step. */
  sums: tf.Tensor1D[];
  /** Largest value of each unit (the last axis) so far. */
  largest: tf.Tensor1D | null;
}

export class Activations {
  private readonly watched: Watched[] = [];

  constructor(model: Pick<Model, 'layers' | 'settings'>) {
    model.settings.forEach((settings, index) => {
      if (!computes(settings)) return;
      const activation = activationOf(settings);
      this.watched.push({
        index,
        layer: model.layers[index]!.name,
        rectifier: activation !== null && RECTIFIERS.includes(activation),
        bounds: (activation && BOUNDS[activation]) ?? null,
        sums: [],
        largest: null,
      });
    });
  }

  /** Receives a layer's output during training, without reading from the device. */
  readonly watch = (index: number, output: tf.Tensor): void => {
    const one = this.watched.find((each) => each.index === index);
    if (!one) return;
    const { rectifier, bounds } = one;
    tf.tidy(() => {
      const share = (mask: tf.Tensor): tf.Tensor => tf.sum(tf.cast(mask, 'float32'));
      const zeros = rectifier ? share(tf.equal(output, 0)) : tf.scalar(0);
      const saturated = bounds ? share(atBound(output, bounds)) : tf.scalar(0);
      const values = [tf.sum(output), tf.sum(tf.square(output)), zeros, saturated, tf.scalar(output.size)];
      one.sums.push(tf.keep(tf.stack(values) as tf.Tensor1D));
      if (!rectifier) return;
      const largest = tf.keep(this.largestOf(output, one.largest));
      one.largest?.dispose();
      one.largest = largest;
    });
  };

  private largestOf(output: tf.Tensor, before: tf.Tensor1D | null): tf.Tensor1D {
    const axes = output.shape.map((_, axis) => axis).slice(0, -1);
    const now = tf.max<tf.Tensor1D>(output, axes);
    return before ? tf.maximum(before, now) : now;
  }

  /** Returns the statistics since the last call; empty when no step was watched. */
  async read(): Promise<LayerActivations[]> {
    const watched = this.watched.filter(({ sums }) => sums.length > 0);
    return Promise.all(watched.map((one) => this.readOne(one)));
  }

  private async readOne(one: Watched): Promise<LayerActivations> {
    const { layer, rectifier, bounds, largest } = one;
    const sums = one.sums.splice(0);
    one.largest = null;
    const steps = await Promise.all(sums.map((each) => each.data()));
    const units = largest && (await largest.data());
    tf.dispose([...sums, ...(largest ? [largest] : [])]);
    const [sum, squares, zeros, saturated, count] = [0, 1, 2, 3, 4].map((i) =>
      steps.reduce((total, step) => total + step[i]!, 0),
    ) as [number, number, number, number, number];
    const mean = sum / count;
    return {
      layer,
      mean,
      deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)),
      zeros: rectifier ? zeros / count : null,
      saturated: bounds ? saturated / count : null,
      dead: units && units.filter((value) => value <= 0).length / units.length,
    };
  }

  dispose(): void {
    for (const one of this.watched) {
      tf.dispose(one.sums.splice(0));
      one.largest?.dispose();
      one.largest = null;
    }
  }
}

/** Returns false for layers that only pass values on, which would add no information. */
const computes = ({ type }: Layer): boolean =>
  !['flatten', 'reshape', 'rescale', 'dropout', 'spatialDropout', 'pool', 'globalPool'].includes(type);

function activationOf(settings: Layer): Activation | null {
  if (settings.type === 'activation') return settings.name;
  return 'activation' in settings ? settings.activation : null;
}

function atBound(output: tf.Tensor, [low, high]: [number, number]): tf.Tensor {
  const near = NEAR * (high - low);
  return tf.logicalOr(tf.less(output, low + near), tf.greater(output, high - near));
}
