/** What is measured after every epoch, beyond what always is: how it is written, and its normal form. */
import { z } from 'zod';
import { flag, whole, type Kit } from './kit.js';

export interface MetricSettings {
  /** Also counts an example as right when its class is among so many of the likeliest; null: not measured. */
  topK: number | null;
  /** Precision, recall and F1 of every class by itself, too. */
  perClass: boolean;
}

export function metricsSchema({ optional }: Kit) {
  return z.strictObject({
    topK: optional(whole('topK')).describe(
      'Classes: logs `val/top3_accuracy` for topK: 3, where the right class is among the 3 likeliest. Default: none.',
    ),
    perClass: optional(flag('perClass')).describe(
      'Classes: logs precision, recall and F1 of every class as `val/f1/<class>`, too. Default: false.',
    ),
  });
}
export type WrittenMetrics = z.output<ReturnType<typeof metricsSchema>>;

export function normalizeMetrics(written: WrittenMetrics | null | undefined): MetricSettings {
  return { topK: written?.topK ?? null, perClass: written?.perClass ?? false };
}
