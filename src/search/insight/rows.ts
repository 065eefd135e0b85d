/** A history as a table for the statistics of this folder: one row a trial, one column a parameter that can vary. */
import { INACTIVE } from '../samplers/parzen.js';
import type { History, Trial } from '../types.js';
import { axesOf, type Axis } from '../unit.js';

export interface Rows {
  /** Of parameters that can take more than one value. */
  axes: Axis[];
  /** By axis and row: the index of the value, or the place in [0, 1] of a continuous one, or INACTIVE. */
  columns: Float64Array[];
  count: number;
}

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
      const value = params[name];
      column[i] = value === undefined ? INACTIVE : axis.count ? axis.indexOf(value) : axis.toUnit(value);
    }
    return column;
  });
  return { axes, columns, count: trials.length };
}

/** Values as something to be made small. `objective`: which of several. */
export function lossesOf({ goals }: History, trials: readonly Trial[], objective: number): Float64Array {
  const sign = goals[objective] === 'maximize' ? -1 : 1;
  return Float64Array.from(trials, ({ values }) => sign * values![objective]!);
}
