/** Metrics of a network's outputs; definitions as in scikit-learn's `metrics`. */
import type { MetricSettings } from '../../experiment/network/index.js';
import type { Dataset, Examples } from '../data/types.js';
import { ClassMeasure, MOST_PER_CLASS } from './classes.js';
import type { LossShape } from '../losses/types.js';
import { NumberMeasure } from './numbers.js';
import { Outputs } from './outputs.js';
import { computeOwn, type OwnMetric } from './own.js';
import { macroRanking } from './ranking.js';
import type { Measure } from './types.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

export { Confusion } from './confusion.js';
export type { Measure } from './types.js';

/** Builds the metrics for a network with `outputs` outputs, which lack the activation that the loss contains. */
export function buildMeasure(
  settings: MetricSettings,
  dataset: Pick<Dataset, 'classes' | 'outputs' | 'targetScale'>,
  examples: Pick<Examples, 'count' | 'targets'>,
  outputs: number,
  { contains = null, own = [] }: { contains?: LossShape['contains']; own?: readonly OwnMetric[] } = {},
): Measure {
  const { classes } = dataset;
  const usual = classes ? new ClassMeasure(examples, classes, outputs, settings) : new NumberMeasure(examples, dataset);
  const ranks = classes !== null && (settings.rocAuc || settings.prAuc);
  if (!ranks && own.length === 0) return usual;
  const all = new Outputs(outputs, examples.count, contains, dataset.targetScale);
  return {
    confusion: usual.confusion,
    add(values, from, to) {
      usual.add(values, from, to);
      all.add(values, from, to);
    },
    values() {
      const { count, targets } = examples;
      const found =
        ranks &&
        macroRanking(
          (code) => all.column(code),
          classes.length,
          (i) => targets[i]!,
        );
      return {
        ...usual.values(),
        ...(found && settings.rocAuc && { roc_auc: found.rocAuc }),
        ...(found && settings.prAuc && { pr_auc: found.prAuc }),
        ...computeOwn(own, { targets, outputs: all.values, count, width: outputs, classes }),
      };
    },
  };
}

/** Returns notes for the person about requested metrics that don't apply. */
export function metricNotes(
  { topK, perClass, rocAuc, prAuc }: MetricSettings,
  { classes }: Pick<Dataset, 'classes'>,
): Said[] {
  if (!classes)
    return topK !== null || perClass || rocAuc || prAuc
      ? [said('metrics: topK, perClass, rocAuc and prAuc are for classes; these are numbers')]
      : [];
  const notes: Said[] = [];
  if (topK !== null && topK >= classes.length) {
    notes.push(
      said('metrics: {0} is always 1 with {1} classes: choose a smaller topK', `top${topK}_accuracy`, classes.length),
    );
  }
  if (perClass && classes.length > MOST_PER_CLASS) {
    notes.push(
      said(
        'metrics: perClass is for up to {0} classes, not for {1}; see the confusion matrix',
        MOST_PER_CLASS,
        classes.length,
      ),
    );
  }
  return notes;
}
