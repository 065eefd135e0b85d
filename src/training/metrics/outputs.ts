/** A network's outputs on all examples, as people read them. */
import type { Dataset } from '../data/types.js';
import type { LossShape } from '../losses/types.js';

/** Collects the outputs batch by batch. */
export class Outputs {
  /** [count, width]: probabilities with a cross-entropy, else scores; numbers in the targets' own unit. */
  readonly values: Float64Array;

  constructor(
    private readonly width: number,
    count: number,
    private readonly contains: LossShape['contains'],
    private readonly targetScale: Dataset['targetScale'],
  ) {
    this.values = new Float64Array(count * width);
  }

  /** Adds the outputs of the examples `from … to − 1`. */
  add(outputs: Float32Array, from: number, to: number): void {
    const { width, contains, targetScale, values } = this;
    for (let i = from; i < to; i++) {
      const row = Float64Array.from(outputs.subarray((i - from) * width, (i - from + 1) * width));
      if (contains === 'softmax') softmax(row);
      for (let j = 0; j < width; j++) {
        const { mean, deviation } = targetScale?.[j] ?? { mean: 0, deviation: 1 };
        const value = row[j]!;
        values[i * width + j] = contains === 'sigmoid' ? 1 / (1 + Math.exp(-value)) : value * deviation + mean;
      }
    }
  }

  /** Returns the scores of a class, of which a single output gives the second. */
  column(code: number): Float64Array {
    const { width, values } = this;
    const at = width === 1 ? 0 : code;
    return Float64Array.from({ length: values.length / width }, (_, i) => values[i * width + at]!);
  }
}

function softmax(row: Float64Array): void {
  const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
  let sum = 0;
  for (let j = 0; j < row.length; j++) sum += row[j] = Math.exp(row[j]! - most);
  for (let j = 0; j < row.length; j++) row[j]! /= sum;
}
