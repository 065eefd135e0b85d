import type * as tf from '@tensorflow/tfjs-core';
import type { Activation, Regularization } from '../../experiment/network/index.js';
import type { Random } from '../random.js';

export interface Weight {
  /** Unique within the network, such as `2.conv/kernel`. */
  name: string;
  variable: tf.Variable;
  /** False for what is measured rather than learned (moving averages). */
  trainable: boolean;
  /** Axes over which the weights go into one output. Default: all but the last. */
  inputAxes?: number[];
  /** What its layer says instead of the network. */
  regularization?: Partial<Regularization>;
}

export interface ForwardContext {
  training: boolean;
  /** For dropout masks. */
  random: Random;
  /** Sees the output of each of the network's layers, counted from 0. */
  watch?(layer: number, output: tf.Tensor): void;
}

/** Layers over one list of numbers an example (see `fastDense`). */
export type PlainLayer =
  | { kind: 'dense'; kernel: tf.Variable; bias: tf.Variable | null; activation: Activation }
  | { kind: 'activation'; name: Activation }
  | { kind: 'dropout'; rate: number }
  | { kind: 'flat' };

/** A layer for inputs of one shape. Shapes leave the batch out. */
export interface BuiltLayer {
  readonly name: string;
  readonly outputShape: readonly number[];
  readonly weights: readonly Weight[];
  /** What it does, where that is simple enough to be done another way, too. */
  readonly plain?: PlainLayer;
  forward(input: tf.Tensor, context: ForwardContext): tf.Tensor;
}

export interface BuildContext {
  /** `3.dense`: position (from 1) and type, for weights' names and messages. */
  name: string;
  inputShape: readonly number[];
  random: Random;
}

/** Builds a layer from its settings; throws TrainingError when it can't follow an output of this shape. */
export type LayerBuilder<Settings> = (settings: Settings, context: BuildContext) => BuiltLayer;

export const shapeText = (shape: readonly number[]): string => shape.join('×') || 'single numbers';
