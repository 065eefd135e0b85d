/** Metrics of a network's outputs; definitions as in scikit-learn's `metrics`. */
import type { MetricSettings } from '../../experiment/network/index.js';
import type { Dataset, Examples } from '../data/types.js';
import { ClassMeasure, MOST_PER_CLASS } from './classes.js';
import { NumberMeasure } from './numbers.js';
import type { Measure } from './types.js';

export { Confusion } from './confusion.js';
export type { Measure } from './types.js';

/** Builds the metrics for a network with `outputs` outputs. */
export function buildMeasure(
  settings: MetricSettings,
  dataset: Pick<Dataset, 'classes' | 'outputs' | 'targetScale'>,
  examples: Pick<Examples, 'count' | 'targets'>,
  outputs: number,
): Measure {
  return dataset.classes
    ? new ClassMeasure(examples, dataset.classes, outputs, settings)
    : new NumberMeasure(examples, dataset);
}

/** Returns notes for the person about requested metrics that don't apply. */
export function metricNotes({ topK, perClass }: MetricSettings, { classes }: Pick<Dataset, 'classes'>): string[] {
  if (!classes)
    return topK !== null || perClass ? ['metrics: topK and perClass are for classes; these are numbers'] : [];
  const notes: string[] = [];
  if (topK !== null && topK >= classes.length) {
    notes.push(`metrics: top${topK}_accuracy is always 1 with ${classes.length} classes: choose a smaller topK`);
  }
  if (perClass && classes.length > MOST_PER_CLASS) {
    notes.push(
      `metrics: perClass is for up to ${MOST_PER_CLASS} classes, not for ${classes.length}; see the confusion matrix`,
    );
  }
  return notes;
}
