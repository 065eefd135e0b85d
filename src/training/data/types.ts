import type { LossName, Task } from '../../experiment/network/index.js';

/** Numbers of all examples, one after the other. Small files stay as the bytes they are and are scaled batch by batch. */
export type Numbers = Uint8Array | Int8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array;
export type Targets = Float32Array | Int32Array;

/** Inputs that are read when they are wanted: a data set larger than memory. */
export interface InputReader {
  /** Numbers an example. */
  readonly width: number;
  /** Bytes that one example takes in memory. */
  readonly exampleBytes: number;
  /** Room for so many examples, of the type that `read` gives. */
  make(examples: number): Numbers;
  /** The examples, one after the other. Several calls may be under way. Throws TrainingError where one is damaged. */
  read(indexes: Int32Array): Promise<Numbers>;
  /** Lets it keep up to so many bytes of what it reads, for the next time, where reading is work. */
  keep?(bytes: number): void;
}

export interface Examples {
  count: number;
  /** count × product of the dataset's inputShape; or what reads them. */
  inputs: Numbers | InputReader;
  /** Class index of each example (classification), or count × outputs values as the file has them. */
  targets: Targets;
}
/** Examples whose inputs are in memory. */
export interface HeldExamples extends Examples {
  inputs: Numbers;
}

export const isHeld = (examples: Examples): examples is HeldExamples => ArrayBuffer.isView(examples.inputs);

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

/** Which examples are for what. */
export interface Division {
  train: Int32Array;
  /** Null: those that come with the data. */
  validation: Int32Array | null;
}

/** A data set whose files are open, to be divided in one way or, for cross-validation, in several. */
export interface OpenData {
  /** Examples that may be divided. */
  readonly count: number;
  /** Class of each of them, so that every part gets its share; null for numbers. */
  readonly classes: ArrayLike<number> | null;
  /** How many examples to judge by come with the data; null: none. */
  readonly given: number | null;
  /** `parts`: how many divisions share the memory. */
  dataset(division: Division, parts: number): Promise<Dataset>;
  close(): Promise<void>;
}

export interface LoadContext {
  /** Folder that relative paths are relative to. */
  folder: string;
  validation: number | null;
  loss: LossName;
  signal: AbortSignal;
  onProgress(text: string): void;
}
