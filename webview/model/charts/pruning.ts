/** Accuracy against size of a pruned network. */
import { PRUNING } from '../../../src/protocol/trainer/pruning.js';
import type { Run, SeriesData } from '../../../src/protocol/engine/index.js';
import { hasMetric } from '../runs/metricNames.js';
import { entryOf } from '../../../src/protocol/values/records.js';
import { fromWire } from '../../../src/protocol/values/wireNumber.js';

/** Sizes that a network is compared by. */
export const SIZES = [PRUNING.weights, PRUNING.multiplyAdds, PRUNING.microseconds] as const;
export type SizeMetric = (typeof SIZES)[number];

export interface PrunedPoint {
  size: number;
  value: number;
}

/** Curves of one run, from the whole network to the smallest. */
export interface PrunedCurves {
  /** Right after parts were removed. */
  cut: PrunedPoint[];
  retrained: PrunedPoint[];
}

export const isPruning = (run: Run): boolean => hasMetric(run, PRUNING.weights);

/** Maximum number of rounds of a pruning, times two. */
const MOST_POINTS = 4000;

export const pruningQueries = (run: string): { run: string; metric: string; points: number }[] =>
  [...SIZES, PRUNING.cut, PRUNING.retrained].map((metric) => ({ run, metric, points: MOST_POINTS }));

/** Pairs values with the size that was logged at the same step. */
export function prunedCurves(
  series: readonly Pick<SeriesData, 'metric' | 'x' | 'y'>[],
  size: SizeMetric,
): PrunedCurves {
  const values = (metric: string): Map<number, number> => {
    const found = series.find((one) => one.metric === metric);
    return new Map(found?.x.map((x, i) => [x, fromWire(found.y[i]!)]));
  };
  const sizes = values(size);
  const curve = (metric: string): PrunedPoint[] =>
    [...values(metric)].flatMap(([step, value]) => {
      const at = sizes.get(step);
      return at !== undefined && at > 0 && Number.isFinite(value) ? [{ size: at, value }] : [];
    });
  return { cut: curve(PRUNING.cut), retrained: curve(PRUNING.retrained) };
}

/** The importance that a run was pruned by, and the metric of its values; null: it logged neither. */
export const prunedBy = ({ info }: Run): string | null => word(entryOf(info, PRUNING.by));
export const prunedValue = ({ info }: Run): string | null => word(entryOf(info, PRUNING.value));
const word = (value: unknown): string | null => (typeof value === 'string' ? value : null);
