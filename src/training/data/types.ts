import type { LossName, Task } from '../../experiment/network/index.js';
import type { Said } from '../../protocol/said.js';

/** Numbers of all examples, one after the other. Small files keep their original type and are scaled batch by batch. */
export type Numbers = Uint8Array | Int8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array;
export type Targets = Float32Array | Int32Array;

/** Inputs that are read on demand, for data sets larger than memory. */
export interface InputReader {
  /** Numbers per example. */
  readonly width: number;
  /** Bytes per example in memory. */
  readonly exampleBytes: number;
  /** Allocates an array for `examples` examples, of the type that `read` returns. */
  make(examples: number): Numbers;
  /** Returns the examples, one after the other. Calls may overlap. Throws TrainingError when one is damaged. */
  read(indexes: Int32Array): Promise<Numbers>;
  /** Lets a reader for which reading is expensive cache up to `bytes` bytes. */
  keep?(bytes: number): void;
}

export interface Examples {
  count: number;
  /** Array of count × product of the dataset's inputShape numbers, or a reader of them. */
  inputs: Numbers | InputReader;
  /** Class index of each example (classification), or count × outputs values as in the file. */
  targets: Targets;
  /** Index of each example's group; absent: the data have none. */
  groups?: Int32Array;
}
/** Examples whose inputs are in memory. */
export interface HeldExamples extends Examples {
  inputs: Numbers;
}

export const isHeld = (examples: Examples): examples is HeldExamples => ArrayBuffer.isView(examples.inputs);

/** Linear map to the network's input: value · factor + offset. */
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
  /** Names of the groups; absent: the data have none. */
  groups?: string[];
  /** Numbers that the network must output per example. */
  outputs: number;
  train: Examples;
  validation: Examples;
  inputScale: Affine;
  /**
   * Scale of regression targets: the network learns (target − mean) / deviation of the training targets; one per
   * output.
   */
  targetScale: { mean: number; deviation: number }[] | null;
  /** Preparation of a file's columns, saved with the weights so that the network can be used later. */
  preparation: Record<string, unknown>;
  /** Sentences about how the files were read; absent: nothing needs saying. */
  done?: Said[];
  /** Notes that are not errors. */
  notes: Said[];
}

/** Split into training and validation examples. */
export interface Division {
  train: Int32Array;
  /** Validation indexes; null: the examples that come with the data. */
  validation: Int32Array | null;
}

/** A data set with open files, ready for one split or, in cross-validation, for several. */
export interface OpenData {
  /** Number of examples that may be split. */
  readonly count: number;
  /** Class of each example, for stratification; null for regression. */
  readonly classes: ArrayLike<number> | null;
  /** Number of validation examples that come with the data; null: none. */
  readonly given: number | null;
  /** Creates the data set of a split. `parts` is the number of splits that share the memory. */
  dataset(division: Division, parts: number): Promise<Dataset>;
  close(): Promise<void>;
}

export interface LoadContext {
  /** Folder that relative paths start from. */
  folder: string;
  validation: number | null;
  /** Fraction that nothing looks at; absent or null: none. */
  test?: number | null;
  /** Loss that says what the targets are; null: the targets do. */
  loss: LossName | null;
  signal: AbortSignal;
  onProgress(text: string): void;
}
