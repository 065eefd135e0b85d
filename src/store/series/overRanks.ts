/** A metric over the ranks of a distributed job. */
import type { RankPoint } from '../../protocol/engine/index.js';
import { toWire } from '../../protocol/values/index.js';
import type { Points } from './points.js';

/**
 * Returns minimum, mean and maximum over series, one per rank, at every step that any of them has, ordered by step. The
 * last value of a rank at a step counts. NaN makes the mean NaN; minimum and maximum ignore it if there is a number.
 */
export function overRanks(all: readonly Points[]): RankPoint[] {
  const columns = all.map(byStep);
  const places = columns.map(() => 0);
  const found: RankPoint[] = [];
  for (;;) {
    let step = Infinity;
    columns.forEach(({ steps }, i) => {
      const at = steps[places[i]!];
      if (at !== undefined && at < step) step = at;
    });
    if (step === Infinity) return found;
    let [min, max, sum, ranks] = [NaN, NaN, 0, 0];
    columns.forEach(({ steps, values }, i) => {
      if (steps[places[i]!] !== step) return;
      const value = values[places[i]!++]!;
      if (!(value >= min)) min = Number.isNaN(value) ? min : value;
      if (!(value <= max)) max = Number.isNaN(value) ? max : value;
      sum += value;
      ranks++;
    });
    found.push({ step, min: toWire(min), mean: toWire(sum / ranks), max: toWire(max), ranks });
  }
}

/** Points in the order of their steps, of equal steps the one that was logged last. */
function byStep(points: Points): { steps: Float64Array; values: Float64Array } {
  const { length } = points;
  let isAscending = true;
  for (let i = 1; i < length && isAscending; i++) isAscending = points.steps[i - 1]! < points.steps[i]!;
  if (isAscending) return { steps: points.steps.subarray(0, length), values: points.values.subarray(0, length) };
  const order = Uint32Array.from({ length }, (_, i) => i).sort((a, b) => points.steps[a]! - points.steps[b]! || a - b);
  const kept = order.filter((at, i) => i + 1 === length || points.steps[order[i + 1]!] !== points.steps[at]);
  return {
    steps: Float64Array.from(kept, (at) => points.steps[at]!),
    values: Float64Array.from(kept, (at) => points.values[at]!),
  };
}
