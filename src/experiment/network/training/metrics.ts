/** Schema and normal form of optional metrics, measured after every epoch in addition to the standard ones. */
import { z } from 'zod';
import { flag, path, whole, type Kit } from '../kit.js';

export interface MetricSettings {
  /**
   * k of top-k accuracy: an example counts as correct when its class is among the k most likely; null: not measured.
   */
  topK: number | null;
  /** Reports precision, recall and F1 of every class as well. */
  perClass: boolean;
  /** Area under the ROC curve. */
  rocAuc: boolean;
  /** Average precision, the area under the precision-recall curve. */
  prAuc: boolean;
  /** Module with metrics of the person's own; null: none. */
  module: string | null;
}

export function metricsSchema({ optional }: Kit) {
  return z.strictObject({
    topK: optional(whole('topK')).describe(
      'Classes: logs `val/top3_accuracy` for topK: 3, the share of examples whose class is among the 3 most likely. Default: none.',
    ),
    perClass: optional(flag('perClass')).describe(
      'Classes: also logs precision, recall and F1 of every class as `val/f1/<class>`. Default: false.',
    ),
    rocAuc: optional(flag('rocAuc')).describe(
      'Classes: also logs `val/roc_auc`, the area under the ROC curve; for several classes, the mean of one against the rest. Default: false.',
    ),
    prAuc: optional(flag('prAuc')).describe(
      'Classes: also logs `val/pr_auc`, the average precision; for several classes, the mean of one against the rest. Default: false.',
    ),
    module: path('module')
      .nullish()
      .describe(
        'JavaScript module, relative to the experiment file: each function that it exports is a metric, logged as `val/NAME`. It receives { targets, outputs, count, width, classes } and returns a number.',
      ),
  });
}
export type WrittenMetrics = z.output<ReturnType<typeof metricsSchema>>;

export function normalizeMetrics(written: WrittenMetrics | null | undefined): MetricSettings {
  return {
    topK: written?.topK ?? null,
    perClass: written?.perClass ?? false,
    rocAuc: written?.rocAuc ?? false,
    prAuc: written?.prAuc ?? false,
    module: written?.module ?? null,
  };
}
