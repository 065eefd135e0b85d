/**
 * The trainer's parts, for training programs in TypeScript and JavaScript: `import … from 'tunesmith/training'`.
 *
 * This file describes all of it, and refers to nothing else of ours: `tunesmith types` writes it down for the editor.
 */

import type * as TensorFlow from '@tensorflow/tfjs-core';

export type Tensor = TensorFlow.Tensor;

/** What the training function is called with; see the documentation of `module:`. */
export interface Run {
  readonly enabled: boolean;
  readonly id: string;
  /** Absolute path of the run's folder. */
  readonly folder: string;
  /** Absolute folder of the checkpoint to go on from; null when the run begins. */
  readonly checkpoint: string | null;
  saveCheckpoint(step: number, write: (folder: string) => unknown, options?: { keep?: number }): Promise<string>;
  /** Hyperparameters, by name; each throws where there is none of that kind. */
  readonly params: {
    all(): Record<string, unknown>;
    number(name: string, fallback?: number): number;
    string(name: string, fallback?: string): string;
    boolean(name: string, fallback?: boolean): boolean;
  };
  /** Of this run, in [0, 2^31). */
  readonly seed: number;
  log(values: Record<string, number>, at?: { step?: number; epoch?: number }): void;
  progress(fraction: number | null, text?: string): void;
  /** Facts that are no metrics, such as the number of weights. */
  info(values: Record<string, string | number | boolean | null>): void;
  message(level: 'info' | 'warning' | 'error', text: string): void;
  /** A file that belongs to the run; `path` is inside its folder. */
  media(name: string, path: string, at?: { mime?: string; step?: number }): void;
  /** The reason, once a stop was asked for; null before. To be looked at between batches. */
  readonly stopRequested: 'stop' | 'prune' | 'pause' | null;
  /** A stop was asked for and waits for the next checkpoint. */
  readonly checkpointWanted: boolean;
  readonly stopSignal: AbortSignal;
}

/**
 * Settings are written as in the `network:` section of an experiment file, and checked in the same way: an unknown word
 * is refused with what it may be.
 */
export type Settings = string | number | boolean | null | { readonly [key: string]: unknown } | readonly unknown[];

/** The `network:` section. `data` is left out where the examples are given by the program. */
export interface NetworkSection {
  data?: Settings;
  layers: readonly Settings[];
  loss: Settings;
  optimizer?: Settings;
  schedule?: Settings;
  epochs?: number;
  batchSize?: number;
  /** Everything else that the section knows. */
  readonly [key: string]: unknown;
}

/** Examples that the program has made itself. */
export interface Examples {
  /** All examples one after the other, each as many numbers as `inputShape` says. */
  inputs: ArrayLike<number>;
  /** The class of each as an index into `classes`; without these, one number an example, or `outputs` of them. */
  targets: ArrayLike<number>;
}

export interface OwnData extends Examples {
  name?: string;
  /** Of one example: `[features]`, `[time, features]` or `[height, width, channels]`. */
  inputShape: readonly number[];
  /** Names of the classes; without them, numbers are predicted. */
  classes?: readonly string[];
  /** Numbers to predict for an example. Default: 1. */
  outputs?: number;
  /** Examples to judge by, or the share of the others that is set aside for that, the same every time. Default: 0.2. */
  validation?: Examples | number;
}

/** A data set, from `loadData` or `makeData`. */
export interface Data {
  readonly name: string;
  readonly inputShape: readonly number[];
  readonly classes: readonly string[] | null;
  readonly outputs: number;
  readonly train: { readonly count: number };
  readonly validation: { readonly count: number };
}

export interface Batch {
  readonly count: number;
  /** [count, …inputShape], as the network is to see them. */
  readonly inputs: Tensor;
  /** [count, outputs]: for classes 1 at the right one; numbers as they are learned. */
  readonly targets: Tensor;
}

export interface Weight {
  readonly name: string;
  /** A variable of TensorFlow.js. */
  readonly variable: Tensor;
  readonly trainable: boolean;
}

export interface Network {
  readonly weights: readonly Weight[];
  /** [count, …inputShape] → [count, outputs]. With `training`, dropout drops and norms move. */
  forward(inputs: Tensor, mode?: { training?: boolean }): Tensor;
  /** Values of all weights, by name. */
  values(): Promise<{ name: string; shape: number[]; values: Float32Array }[]>;
  dispose(): void;
}

/** Mean over a batch, from what the network gives and the batch's targets. */
export type Loss = (outputs: Tensor, targets: Tensor) => Tensor;

export interface Optimizer {
  learningRate: number;
  /** One step down the slope of what `loss` computes with the network's weights; its value. */
  minimize(loss: () => Tensor): Promise<number>;
  dispose(): void;
}

export interface Schedule {
  /** What share of the learning rate holds after so many epochs (parts of one count). */
  at(epochs: number): number;
  /** After each epoch, what it measured: only `plateau` listens. */
  judged(metrics: Readonly<Record<string, number>>): void;
}

/** Changes a batch's examples in place. */
export interface Augmentation {
  readonly apply: (inputs: Float32Array, targets: Float32Array, count: number) => void;
}

export interface Trained {
  /** False when a stop was asked for before the end. */
  completed: boolean;
  /** The last values of all that was logged. */
  metrics: Record<string, number>;
  /** Of the trained network. */
  weights: { name: string; shape: number[]; values: Float32Array }[];
}

export interface TrainingApi {
  /** TensorFlow.js, as the trainer uses it: for losses, layers and steps of your own. */
  readonly tf: typeof TensorFlow;
  /**
   * The whole training, as for a `network:` section: progress, metrics, checkpoints and all. `data` takes the place of
   * the section's own.
   */
  train(run: Run, section: NetworkSection, options?: { data?: Data }): Promise<Trained>;
  /** Starts what computes: to be awaited before anything below. Default: the best that works here. */
  startBackend(name?: string): Promise<{ name: string; device: 'gpu' | 'cpu' }>;
  /** Reads a data set as the section's `data:` names it; paths are relative to `folder` (the working folder). */
  loadData(source: Settings, options?: { folder?: string; validation?: number; loss?: string }): Promise<Data>;
  makeData(data: OwnData): Data;
  /** In random order by `seed`, if that is given. Each batch's tensors are disposed when the next one is asked for. */
  batches(
    data: Data,
    part: 'train' | 'validation',
    options?: { size?: number; seed?: number; augmentation?: Augmentation | null },
  ): AsyncIterable<Batch>;
  /** The layers as they are: a softmax or sigmoid that the loss contains has no place at the end. */
  network(layers: readonly Settings[], data: Data, options?: { seed?: number }): Network;
  /** `outputs`: of the network, where it has one for two classes. */
  loss(settings: Settings, data: Data, outputs?: number): Loss;
  /** `clip` and `regularization` are those of the section. */
  optimizer(settings: Settings, network: Network, more?: { clip?: Settings; regularization?: Settings }): Optimizer;
  schedule(settings: Settings, epochs: number): Schedule;
  augmentation(settings: Settings, data: Data, options?: { mixup?: number; seed?: number }): Augmentation;
  /** Metrics of the validation examples, without the `val/` that the trainer puts before them. */
  evaluate(network: Network, loss: Settings, data: Data): Promise<Record<string, number>>;
}
