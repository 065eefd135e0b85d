import { RANGE } from '../../../src/protocol/trainer/rangeNames.js';
import type { Run, SeriesData } from '../../../src/protocol/engine/index.js';
import { fromWire } from '../../../src/protocol/values/wireNumber.js';
import { entryOf } from '../../../src/protocol/values/records.js';

export interface RangePoint {
  rate: number;
  loss: number;
  smoothed: number | null;
}

export const isRangeTest = (run: Run): boolean => run.info[RANGE.kind] === RANGE.is;

/** Most steps of a test. */
const MOST_POINTS = 10_000;

export const rangeQueries = (run: string): { run: string; metric: string; points: number }[] =>
  [RANGE.rate, RANGE.loss, RANGE.smoothed].map((metric) => ({ run, metric, points: MOST_POINTS }));

/** One point a step, by rising rate. */
export function rangePoints(series: readonly Pick<SeriesData, 'metric' | 'x' | 'y'>[]): RangePoint[] {
  const values = (metric: string): Map<number, number> => {
    const found = series.find((one) => one.metric === metric);
    return new Map(found?.x.map((x, i) => [x, fromWire(found.y[i]!)]));
  };
  const [losses, smoothed] = [values(RANGE.loss), values(RANGE.smoothed)];
  return [...values(RANGE.rate)]
    .filter(([, rate]) => rate > 0)
    .map(([step, rate]) => ({ rate, loss: losses.get(step) ?? NaN, smoothed: smoothed.get(step) ?? null }))
    .sort((a, b) => a.rate - b.rate);
}

/** Returns the range of losses to draw: from the lowest smoothed loss to a little above the first. */
export function lossRange(points: readonly RangePoint[]): [low: number, high: number] {
  const smoothed = points.flatMap((point) => point.smoothed ?? []);
  const losses = (smoothed.length > 0 ? smoothed : points.map(({ loss }) => loss)).filter(Number.isFinite);
  if (losses.length === 0) return [0, 1];
  const low = Math.min(...losses);
  const start = losses[0]!;
  const span = Math.max(start - low, 0.1 * Math.abs(start), 1e-9);
  return [low - 0.08 * span, start + 0.4 * span];
}

/** A rate that the test found; null when it found none. */
export function foundRate(
  run: Run,
  name: typeof RANGE.suggestion | typeof RANGE.steepest | typeof RANGE.minimum,
): number | null {
  const value = entryOf(run.info, name);
  return typeof value === 'number' && value > 0 ? value : null;
}
