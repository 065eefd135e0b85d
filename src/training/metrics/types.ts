import type { Confusion } from './confusion.js';

/** Collects what a network gave for examples, batch after batch, and says how good that was. */
export interface Measure {
  /** `outputs`: of the examples `from … to − 1`, one after the other. */
  add(outputs: Float32Array, from: number, to: number): void;
  /** Of all that was added; every example counts the same. */
  values(): Record<string, number>;
  /** Of classes, unless there are too many of them. */
  readonly confusion: Confusion | null;
}
