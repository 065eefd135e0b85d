import type * as tf from '@tensorflow/tfjs-core';
import type { Activation, Gate, Regularization, Size } from '../../experiment/network/index.js';
import type { Random } from '../random.js';
import type { Smoothing } from './smoothRelu.js';

export interface Weight {
  /** Name that is unique within the network, such as `2.conv/kernel`. */
  name: string;
  variable: tf.Variable;
  /** False for values that are measured rather than learned (moving averages). */
  trainable: boolean;
  /** Axes of the weights into one output. Default: all but the last. */
  inputAxes?: number[];
  /** Regularization of the layer, which overrides that of the network. */
  regularization?: Partial<Regularization>;
}

export interface ForwardContext {
  training: boolean;
  /** Random numbers for dropout masks. */
  random: Random;
  /** Layers, counted from 0, whose batch normalizations use their moving averages even in training. */
  still?: readonly number[] | undefined;
  /** True within such a layer. */
  isStill?: boolean;
  /** Smooth function in place of ReLU; null or absent: ReLU. */
  smooth?: Smoothing | null;
  /** Receives the output of each of the network's layers, counted from 0. */
  watch?(layer: number, output: tf.Tensor): void;
}

interface PlainWindow {
  /** Height, width and channels of the input. */
  image: readonly [number, number, number];
  stride: Size;
  padding: 'valid' | 'same';
}

/** A recurrent layer, whose weights are variables or, in a chain, offsets of them. */
export interface RecurrentForm<W> {
  cell: 'simple' | 'lstm' | 'gru' | 'gated';
  gate: Gate;
  units: number;
  /** Blocks of units that a step computes. */
  blocks: number;
  time: number;
  features: number;
  /** True if the states of all time steps are the output. */
  sequences: boolean;
  /** Weights of one direction, or forward and backward. `stateBias`: only a GRU has one. */
  ways: readonly { input: W; state: W; bias: W; stateBias: W | null }[];
}

/** Layers that can be a link of a chain (see `kernels/chain`). */
export type PlainLayer =
  | { kind: 'dense'; kernel: tf.Variable; bias: tf.Variable | null; activation: Activation }
  | ({ kind: 'conv'; kernel: tf.Variable; bias: tf.Variable | null; activation: Activation } & PlainWindow)
  | ({ kind: 'maxPool'; size: Size } & PlainWindow)
  | ({ kind: 'recurrent' } & RecurrentForm<tf.Variable>)
  | { kind: 'activation'; name: Activation }
  | { kind: 'dropout'; rate: number }
  | { kind: 'flat' };

/** A layer built for inputs of one shape. Shapes omit the batch axis. */
export interface BuiltLayer {
  readonly name: string;
  readonly outputShape: readonly number[];
  readonly weights: readonly Weight[];
  /** Description of a layer that is simple enough for a chain. */
  readonly plain?: PlainLayer;
  /** Layers of a residual block, in order. */
  readonly inner?: readonly BuiltLayer[];
  forward(input: tf.Tensor, context: ForwardContext): tf.Tensor;
}

export interface BuildContext {
  /** Position (from 1) and type, such as `3.dense`, for weight names and messages. */
  name: string;
  inputShape: readonly number[];
  random: Random;
}

/** Builds a layer from its settings; throws TrainingError when it can't process inputs of this shape. */
export type LayerBuilder<Settings> = (settings: Settings, context: BuildContext) => BuiltLayer;

export const shapeText = (shape: readonly number[]): string => shape.join('×') || 'single numbers';
