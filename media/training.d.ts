// Written by Tunesmith: the types of what a training program may import. `tunesmith types` writes it anew.
declare module 'tunesmith/training' {
  // @ts-ignore: its types are known where @tensorflow/tfjs-core is installed
  import type * as TensorFlow from '@tensorflow/tfjs-core';

  export type Tensor = TensorFlow.Tensor;

  /** Run that is passed to the training function; see the documentation of `module:`. */
  export interface Run {
    readonly enabled: boolean;
    readonly id: string;
    /** Absolute path of the run's folder. */
    readonly folder: string;
    /** Absolute folder of the checkpoint to resume from; null for a fresh run. */
    readonly checkpoint: string | null;
    saveCheckpoint(step: number, write: (folder: string) => unknown, options?: { keep?: number }): Promise<string>;
    /** Hyperparameters by name. Each getter throws when there is no parameter of that name and type. */
    readonly params: {
      all(): Record<string, unknown>;
      number(name: string, fallback?: number): number;
      string(name: string, fallback?: string): string;
      boolean(name: string, fallback?: boolean): boolean;
    };
    /** Seed of this run, in [0, 2^31). */
    readonly seed: number;
    log(values: Record<string, number>, at?: { step?: number; epoch?: number }): void;
    progress(fraction: number | null, text?: string): void;
    /** Records facts that are not metrics, such as the number of weights. */
    info(values: Record<string, string | number | boolean | null>): void;
    message(level: 'info' | 'warning' | 'error', text: string): void;
    /** Attaches a file to the run; `path` is inside its folder. */
    media(name: string, path: string, at?: { mime?: string; step?: number }): void;
    /** Why a stop was requested; null if none was. Check it between batches. */
    readonly stopRequested: 'stop' | 'prune' | 'pause' | null;
    /** True when a requested stop waits for the next checkpoint. */
    readonly checkpointWanted: boolean;
    readonly stopSignal: AbortSignal;
    /** The trials of the search that the program was started for, one after the other in this process; each is a run of its own. */
    trials(): AsyncGenerator<Trial, void, undefined>;
  }

  /** One trial of a search. */
  export interface Trial {
    readonly run: Run;
    readonly params: Run['params'];
    /** Number in the search, from 0; null outside a search. */
    readonly number: number | null;
    /** True once the trial is to end early: a pruner has decided so, or a person has stopped it. */
    readonly pruned: boolean;
    /** Records the objective at a step. Returns true if the trial is to end now. */
    report(step: number, value: number): boolean;
    /** Ends the trial. `value`: its objective, if it was not reported or logged before. */
    tell(value?: number): void;
    /** Ends the trial, which has failed; the next ones are not affected. */
    fail(error: unknown): void;
  }

  /**
   * Settings as written in the `network:` section of an experiment file, and checked in the same way: an unknown word is
   * rejected with the allowed ones.
   */
  export type Settings = string | number | boolean | null | { readonly [key: string]: unknown } | readonly unknown[];

  /** The `network:` section. Omit `data` when the program provides the examples. */
  export interface NetworkSection {
    data?: Settings;
    layers: readonly Settings[];
    loss: Settings;
    optimizer?: Settings;
    schedule?: Settings;
    epochs?: number;
    batchSize?: number;
    /** All other keys of the section. */
    readonly [key: string]: unknown;
  }

  /** Examples that the program creates itself. */
  export interface Examples {
    /** All examples one after the other, each of as many numbers as `inputShape` says. */
    inputs: ArrayLike<number>;
    /**
     * Class of each example as an index into `classes`; without `classes`, `outputs` numbers per example (default: one).
     */
    targets: ArrayLike<number>;
  }

  export interface OwnData extends Examples {
    name?: string;
    /** Shape of one example: `[features]`, `[time, features]` or `[height, width, channels]`. */
    inputShape: readonly number[];
    /** Names of the classes; omit them for regression. */
    classes?: readonly string[];
    /** Numbers to predict per example. Default: 1. */
    outputs?: number;
    /** Validation examples, or the share of the others to hold out, the same every time. Default: 0.2. */
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
    /** [count, …inputShape], as the network expects them. */
    readonly inputs: Tensor;
    /** [count, outputs]: one-hot for classes; numbers as the network learns them. */
    readonly targets: Tensor;
  }

  export interface Weight {
    readonly name: string;
    /** TensorFlow.js variable. */
    readonly variable: Tensor;
    readonly trainable: boolean;
  }

  export interface Network {
    readonly weights: readonly Weight[];
    /**
     * Maps [count, …inputShape] to [count, outputs]. `training` enables dropout and updates the moving averages of norms.
     */
    forward(inputs: Tensor, mode?: { training?: boolean }): Tensor;
    /** Returns the values of all weights, by name. */
    values(): Promise<{ name: string; shape: number[]; values: Float32Array }[]>;
    dispose(): void;
  }

  /** Mean loss of a batch, from the network's outputs and the batch's targets. */
  export type Loss = (outputs: Tensor, targets: Tensor) => Tensor;

  export interface Optimizer {
    learningRate: number;
    /** Takes one optimizer step on `loss`, computed with the network's weights, and returns its value. */
    minimize(loss: () => Tensor): Promise<number>;
    dispose(): void;
  }

  export interface Schedule {
    /** Returns the share of the base learning rate after `epochs` epochs (which may be fractional). */
    at(epochs: number): number;
    /** Receives the metrics after each epoch; only `plateau` uses them. */
    judged(metrics: Readonly<Record<string, number>>): void;
  }

  /** Augmentation that changes a batch's examples in place. */
  export interface Augmentation {
    readonly apply: (inputs: Float32Array, targets: Float32Array, count: number) => void;
  }

  export interface Trained {
    /** False when the training was stopped early. */
    completed: boolean;
    /** Latest values of everything logged. */
    metrics: Record<string, number>;
    /** Weights of the trained network. */
    weights: { name: string; shape: number[]; values: Float32Array }[];
  }

  export interface TrainingApi {
    /** TensorFlow.js as the trainer uses it, for custom losses, layers and steps. */
    readonly tf: typeof TensorFlow;
    /**
     * Runs the whole training as for a `network:` section, with progress, metrics and checkpoints. `data` replaces the
     * section's own data.
     */
    train(run: Run, section: NetworkSection, options?: { data?: Data }): Promise<Trained>;
    /** Starts a backend; await it before calling anything below. Default: the best that works here. */
    startBackend(name?: string): Promise<{ name: string; device: 'gpu' | 'cpu' }>;
    /**
     * Reads a data set written as in the section's `data:`; paths are relative to `folder` (default: the working folder).
     */
    loadData(source: Settings, options?: { folder?: string; validation?: number; loss?: string }): Promise<Data>;
    makeData(data: OwnData): Data;
    /**
     * Yields batches, in random order when `seed` is given. A batch's tensors are disposed when the next one is
     * requested.
     */
    batches(
      data: Data,
      part: 'train' | 'validation',
      options?: { size?: number; seed?: number; augmentation?: Augmentation | null },
    ): AsyncIterable<Batch>;
    /** Builds a network. Omit a final softmax or sigmoid that the loss already includes. */
    network(layers: readonly Settings[], data: Data, options?: { seed?: number }): Network;
    /** Builds a loss. `outputs` is the network's number of outputs, needed when it has one for two classes. */
    loss(settings: Settings, data: Data, outputs?: number): Loss;
    /** Builds an optimizer. `clip` and `regularization` are written as in the section. */
    optimizer(settings: Settings, network: Network, more?: { clip?: Settings; regularization?: Settings }): Optimizer;
    schedule(settings: Settings, epochs: number): Schedule;
    augmentation(settings: Settings, data: Data, options?: { mixup?: number; seed?: number }): Augmentation;
    /** Returns the metrics of the validation examples, without the `val/` prefix of the trainer's logs. */
    evaluate(network: Network, loss: Settings, data: Data): Promise<Record<string, number>>;
  }

  export const tf: TrainingApi['tf'];
  export const train: TrainingApi['train'];
  export const startBackend: TrainingApi['startBackend'];
  export const loadData: TrainingApi['loadData'];
  export const makeData: TrainingApi['makeData'];
  export const batches: TrainingApi['batches'];
  export const network: TrainingApi['network'];
  export const loss: TrainingApi['loss'];
  export const optimizer: TrainingApi['optimizer'];
  export const schedule: TrainingApi['schedule'];
  export const augmentation: TrainingApi['augmentation'];
  export const evaluate: TrainingApi['evaluate'];
}
