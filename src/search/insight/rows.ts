/** A history as a table for the statistics of this folder: one row a trial, one column a parameter that can vary. */
import type { History, Trial } from '../types.js';
import { axesOf, type Axis } from '../space/unit.js';
import { entryOf } from '../../protocol/records.js';

/** In a column: the trial does not have the parameter. */
export const INACTIVE = -1;

export interface Rows {
  /** Of parameters that can take more than one value. */
  axes: Axis[];
  /** By axis and row: the index of the value, or the place in [0, 1] of a continuous one, or INACTIVE. */
  columns: readonly Float64Array[];
  count: number;
}

const MOST = 1e140;

/** There are too few trials, or they are too much alike, for an answer that means anything. */
export interface Unknown {
  /** For the person. */
  unknown: string;
  /** Trials there are, and trials it takes at least. */
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

/** Values as something to be made small; infinite ones count as the best or the worst of all. `objective`: which of several. */
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
 * As `lossesOf`, also for trials without a value: failed ones count as the worst that completed, pruned ones as their last
 * report, but no better than the middle one of those that completed. Some must have completed.
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

/** Near enough to 0 for variances. */
function squarable(loss: number): number {
  return Math.min(MOST, Math.max(-MOST, loss));
}

/** Completed trials: those with a value to learn from. */
export function completedOf(history: History): Trial[] {
  return completedAmong(history.trials);
}

function completedAmong(trials: readonly Trial[]): Trial[] {
  return trials.filter(({ state }) => state === 'completed');
}
