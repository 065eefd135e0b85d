/** Schema and normal form of optional metrics, measured after every epoch in addition to the standard ones. */
import { z } from 'zod';
import { flag, whole, type Kit } from './kit.js';

export interface MetricSettings {
  /**
   * k of top-k accuracy: an example counts as correct when its class is among the k most likely; null: not measured.
   */
  topK: number | null;
  /** Reports precision, recall and F1 of every class as well. */
  perClass: boolean;
}

export function metricsSchema({ optional }: Kit) {
  return z.strictObject({
    topK: optional(whole('topK')).describe(
      'Classes: logs `val/top3_accuracy` for topK: 3, the share of examples whose class is among the 3 most likely. Default: none.',
    ),
    perClass: optional(flag('perClass')).describe(
      'Classes: also logs precision, recall and F1 of every class as `val/f1/<class>`. Default: false.',
    ),
  });
}
export type WrittenMetrics = z.output<ReturnType<typeof metricsSchema>>;

export function normalizeMetrics(written: WrittenMetrics | null | undefined): MetricSettings {
  return { topK: written?.topK ?? null, perClass: written?.perClass ?? false };
}
