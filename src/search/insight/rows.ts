/**
 * A history as a table for the statistics in this folder: one row per trial, one column per parameter that can vary.
 */
import type { History, Trial } from '../types.js';
import { axesOf, type Axis } from '../space/unit.js';
import { entryOf } from '../../protocol/values/records.js';

/** Column entry of a parameter that the trial does not have. */
export const INACTIVE = -1;

export interface Rows {
  /** Axes of the parameters that can take more than one value. */
  axes: Axis[];
  /** Entries by axis and row: the index of the value, the position in [0, 1] on a continuous axis, or INACTIVE. */
  columns: readonly Float64Array[];
  count: number;
}

const MOST = 1e140;

/** A refusal: there are too few trials, or they are too similar, for a meaningful answer. */
export interface Unknown {
  /** Message for the user. */
  unknown: string;
  /** Number of trials there are, and the minimum number. */
  trials: number;
  needed: number;
}

export function rowsOf(history: History, trials: readonly Trial[]): Rows {
  const axes = axesOf(history.space).filter((axis) => axis.count !== 1);
  const columns = axes.map((axis) => {
    const { name } = axis.dimension;
    const column = new Float64Array(trials.length);
    for (const [i, { params }] of trials.entries()) {
      const value = entryOf(params, name);
      column[i] = value === undefined ? INACTIVE : axis.count ? axis.indexOf(value) : axis.toUnit(value);
    }
    return column;
  });
  return { axes, columns, count: trials.length };
}

/**
 * Returns values as losses to minimise; infinite ones become the best or worst of all. `objective` is the objective's
 * index.
 */
export function lossesOf({ goals }: History, trials: readonly Trial[], objective: number): Float64Array {
  const sign = goals[objective] === 'maximize' ? -1 : 1;
  const losses = Float64Array.from(trials, ({ values }) => sign * values![objective]!);
  let [best, worst] = [Infinity, -Infinity];
  for (const loss of losses) {
    if (Number.isFinite(loss)) [best, worst] = [Math.min(best, loss), Math.max(worst, loss)];
  }
  if (best > worst) [best, worst] = [0, 1];
  return losses.map((loss) => squarable(Math.min(worst, Math.max(best, loss))));
}

/**
 * Works like `lossesOf`, but includes trials without a value: failed ones count as the worst completed one, pruned ones
 * as their last report but no better than the median of the completed ones. At least one must have completed.
 */
export function guessedLosses(history: History, trials: readonly Trial[], objective: number): Float64Array {
  const known = lossesOf(history, completedAmong(trials), objective);
  const sorted = known.slice().sort();
  const [middle, worst] = [sorted[sorted.length >> 1]!, sorted.at(-1)!];
  const sign = history.goals[objective] === 'maximize' ? -1 : 1;
  let next = 0;
  return Float64Array.from(trials, ({ state, reports }) => {
    if (state === 'completed') return known[next++]!;
    const last = reports.at(-1);
    if (state !== 'pruned' || !last || objective > 0) return worst;
    return Math.min(worst, Math.max(middle, Number.isNaN(last.value) ? worst : sign * last.value));
  });
}

/** Clamps a loss so that its square stays finite. */
function squarable(loss: number): number {
  return Math.min(MOST, Math.max(-MOST, loss));
}

/** Returns the completed trials, which have a value to learn from. */
export function completedOf(history: History): Trial[] {
  return completedAmong(history.trials);
}

function completedAmong(trials: readonly Trial[]): Trial[] {
  return trials.filter(({ state }) => state === 'completed');
}
