import type { Confusion } from './confusion.js';

/** Collects a network's outputs batch by batch and computes metrics from them. */
export interface Measure {
  /** Adds the outputs of the examples `from … to − 1`, one after the other. */
  add(outputs: Float32Array, from: number, to: number): void;
  /** Returns the metrics over everything added; every example has equal weight. */
  values(): Record<string, number>;
  /** Confusion matrix for classification, unless there are too many classes. */
  readonly confusion: Confusion | null;
}
