/** Classification metrics. */
import type { MetricSettings } from '../../experiment/network/index.js';
import type { Examples } from '../data/types.js';
import { Confusion, MOST_IN_MATRIX } from './confusion.js';
import { macroMean, scoresOf, type ClassCounts } from './scores.js';
import type { Measure } from './types.js';

/** With more classes than this, three curves per class would bury all others. */
export const MOST_PER_CLASS = 100;

export class ClassMeasure implements Measure {
  readonly confusion: Confusion | null;
  private readonly counts: ClassCounts[];
  private seen = 0;
  private right = 0;
  private near = 0;

  constructor(
    private readonly examples: Pick<Examples, 'targets'>,
    private readonly classes: readonly string[],
    /** Number of the network's outputs; may be 1 for binary classification. */
    private readonly outputs: number,
    private readonly settings: MetricSettings,
  ) {
    this.confusion = classes.length <= MOST_IN_MATRIX ? new Confusion(classes) : null;
    this.counts = classes.map(() => ({ hits: 0, predicted: 0, actual: 0 }));
  }

  add(outputs: Float32Array, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const truth = this.examples.targets[i]!;
      const row = (i - from) * this.outputs;
      const predicted = this.predicted(outputs, row);
      this.counts[truth]!.actual++;
      this.counts[predicted]!.predicted++;
      this.confusion?.add(truth, predicted);
      this.seen++;
      if (predicted === truth) {
        this.right++;
        this.counts[truth]!.hits++;
      }
      if (this.settings.topK !== null && this.rank(outputs, row, truth, predicted) < this.settings.topK) this.near++;
    }
  }

  private predicted(outputs: Float32Array, row: number): number {
    // A single output predicts the second of two classes when it is above 0.
    if (this.outputs === 1) return outputs[row]! > 0 ? 1 : 0;
    let best = 0;
    for (let j = 1; j < this.outputs; j++) if (outputs[row + j]! > outputs[row + best]!) best = j;
    return best;
  }

  /** Returns the number of classes ranked above the true one; ties are ranked by index. */
  private rank(outputs: Float32Array, row: number, truth: number, predicted: number): number {
    if (this.outputs === 1) return predicted === truth ? 0 : 1;
    const own = outputs[row + truth]!;
    let before = 0;
    for (let j = 0; j < this.outputs; j++) {
      const other = outputs[row + j]!;
      if (other > own || (other === own && j < truth)) before++;
    }
    return before;
  }

  values(): Record<string, number> {
    const { topK, perClass } = this.settings;
    const scores = this.counts.map(scoresOf);
    const values: Record<string, number> = { accuracy: this.right / this.seen };
    if (topK !== null) values[`top${topK}_accuracy`] = this.near / this.seen;
    Object.assign(values, macroMean(scores));
    if (!perClass || this.classes.length > MOST_PER_CLASS) return values;
    for (const [i, own] of scores.entries()) {
      for (const [name, value] of Object.entries(own ?? {})) values[`${name}/${this.classes[i]}`] = value;
    }
    return values;
  }
}
