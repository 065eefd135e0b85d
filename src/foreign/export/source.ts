/** Source of an export: runs with their points, from any origin. */
import type { MetricPoint, Run } from '../../protocol/engine/index.js';

export interface ExportSource {
  runs: readonly Run[];
  /** All points of one metric in the order logged, a page at a time. */
  points(run: Run, metric: string): AsyncIterable<readonly MetricPoint[]>;
}

export const EXPORT_KINDS = ['tensorboard', 'mlflow', 'optuna', 'parquet'] as const;
export type ExportKind = (typeof EXPORT_KINDS)[number];

/** Result of an export: files or folders made, and what could not be exported, in sentences. */
export interface Exported {
  files: string[];
  notes: string[];
}

/** A name as one part of a path on every system. */
export function fileNameOf(name: string): string {
  const safe = name
    .replace(/[^\p{L}\p{N}_.=,+-]+/gu, '_')
    .replace(/^\.+/, '_')
    .slice(0, 100);
  return safe === '' ? '_' : safe;
}
