/** Regression metrics, in the targets' own unit. Several targets have equal weight. */
import type { Dataset, Examples } from '../data/types.js';
import type { Measure } from './types.js';

export class NumberMeasure implements Measure {
  readonly confusion = null;
  private readonly absolute: Float64Array;
  private readonly squared: Float64Array;

  constructor(
    private readonly examples: Pick<Examples, 'count' | 'targets'>,
    private readonly dataset: Pick<Dataset, 'outputs' | 'targetScale'>,
  ) {
    this.absolute = new Float64Array(dataset.outputs);
    this.squared = new Float64Array(dataset.outputs);
  }

  add(outputs: Float32Array, from: number, to: number): void {
    const width = this.dataset.outputs;
    for (let j = 0; j < width; j++) {
      const { mean, deviation } = this.dataset.targetScale?.[j] ?? { mean: 0, deviation: 1 };
      for (let i = from; i < to; i++) {
        const error = outputs[(i - from) * width + j]! * deviation + mean - this.examples.targets[i * width + j]!;
        this.absolute[j]! += Math.abs(error);
        this.squared[j]! += error * error;
      }
    }
  }

  values(): Record<string, number> {
    const { count } = this.examples;
    return {
      mae: average(this.absolute, (sum) => sum / count),
      rmse: average(this.squared, (sum) => Math.sqrt(sum / count)),
      r2: average(this.squared, (sum, j) => this.determination(sum, j)),
    };
  }

  /** R² = 1 − residual / total sum of squares. When the targets are all equal: 1 for an exact prediction, else 0. */
  private determination(residual: number, j: number): number {
    const { outputs } = this.dataset;
    const { count, targets } = this.examples;
    if (count < 2) return NaN;
    // For equal 32-bit numbers this sum is exact, and so is their mean.
    let sum = 0;
    for (let i = 0; i < count; i++) sum += targets[i * outputs + j]!;
    const mean = sum / count;
    let total = 0;
    for (let i = 0; i < count; i++) total += (targets[i * outputs + j]! - mean) ** 2;
    if (total > 0) return 1 - residual / total;
    return residual > 0 ? 0 : 1;
  }
}

function average(sums: Float64Array, of: (sum: number, j: number) => number): number {
  let total = 0;
  for (let j = 0; j < sums.length; j++) total += of(sums[j]!, j);
  return total / sums.length;
}
