import type { LossName, Task } from '../../experiment/network/index.js';

/** Numbers of all examples, one after the other. Small files stay as the bytes they are and are scaled batch by batch. */
export type Numbers = Uint8Array | Int8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array;

export interface Examples {
  count: number;
  /** count × product of the dataset's inputShape. */
  inputs: Numbers;
  /** Class index of each example (classification), or count × outputs values as the file has them. */
  targets: Float32Array | Int32Array;
}

/** value as the network sees it = value · factor + offset. */
export interface Affine {
  factor: number;
  offset: number;
}

export interface Dataset {
  name: string;
  task: Task;
  /** Shape of one example; images are [height, width, channels]. */
  inputShape: number[];
  /** Names of the classes in order of their index; null for regression. */
  classes: string[] | null;
  /** Numbers that the network must give per example. */
  outputs: number;
  train: Examples;
  validation: Examples;
  inputScale: Affine;
  /** For regression: the network learns (target − mean) / deviation of the training targets; one per output. */
  targetScale: { mean: number; deviation: number }[] | null;
  /** What was done to a file's columns, kept beside the saved weights so that the network can be used. */
  preparation: Record<string, unknown>;
  /** Things worth knowing that are no errors. */
  notes: string[];
}

export interface LoadContext {
  /** Folder that relative paths are relative to. */
  folder: string;
  validation: number | null;
  loss: LossName;
  signal: AbortSignal;
  onProgress(text: string): void;
}
