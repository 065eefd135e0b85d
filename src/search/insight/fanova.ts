/**
 * Functional ANOVA of a random forest: the share of the variance over the space that each parameter causes by itself,
 * and each pair beyond its two main effects. Hutter, Hoos & Leyton-Brown, "An Efficient Approach for Assessing
 * Hyperparameter Importance" (ICML 2014), section 3.
 *
 * - The mean of the trees is decomposed, not each tree by itself: a single tree's noise looks like interaction.
 * - Marginals are means over random points of the space instead of sums over leaves, because under conditions the axes
 *   depend on each other. The variance that sampling adds is known and subtracted.
 * - A conditional parameter counts with its variance where it is active, times the active share of the space, so
 *   its parents' effect is not its own.
 */
import { INACTIVE, type Rows } from './rows.js';
import type { Axis } from '../space/unit.js';

/** Number of cells of a continuous axis, for its main effect and in a pair. */
const CELLS = 32;
const PAIR_CELLS = 12;

export interface Effects {
  /** Variance over the space. */
  total: number;
  /** Share of the variance, by axis. */
  main: Float64Array;
  /** Share that two parameters have together beyond each one's own; greatest first. */
  pairs: { a: number; b: number; share: number }[];
}

/** Computes the effects; `values` are the function's values at the draws. */
export function effectsOf(draws: Rows, values: Float64Array, pairs = true): Effects {
  const { axes, columns, count } = draws;
  const total = varianceOf(values);
  const main = new Float64Array(axes.length);
  const found: Effects['pairs'] = [];
  if (!(total > 0)) return { total: 0, main, pairs: found };
  for (const [d, axis] of axes.entries()) {
    const { cells, of } = binned(axis, columns[d]!, CELLS);
    main[d] = between(of, cells, values) / total;
  }
  const coarse = pairs ? axes.map((axis, d) => binned(axis, columns[d]!, PAIR_CELLS)) : [];
  const joint = new Int32Array(count);
  for (let a = 0; a < coarse.length; a++) {
    for (let b = a + 1; b < coarse.length; b++) {
      const [one, two] = [coarse[a]!, coarse[b]!];
      for (let i = 0; i < count; i++) {
        joint[i] = one.of[i]! < 0 || two.of[i]! < 0 ? -1 : one.of[i]! * two.cells + two.of[i]!;
      }
      const share = interaction(joint, one.cells, two.cells, values) / total;
      if (share > 0) found.push({ a, b, share });
    }
  }
  return { total, main, pairs: found.sort((x, y) => y.share - x.share || x.a - y.a || x.b - y.b) };
}

function varianceOf(values: Float64Array): number {
  const n = values.length;
  let [mean, square] = [0, 0];
  for (let i = 0; i < n; i++) mean += values[i]! / n;
  for (let i = 0; i < n; i++) square += (values[i]! - mean) ** 2 / n;
  return square;
}

/**
 * Returns the cell of each row, or -1 where the parameter is inactive. In a pair, adjacent choices or steps may share a
 * cell.
 */
function binned(axis: Axis, column: Float64Array, most: number): { cells: number; of: Int32Array } {
  const merged = axis.ordered && (axis.count === 0 || axis.count > most);
  const cells = merged ? most : axis.count;
  const of = new Int32Array(column.length);
  for (let i = 0; i < column.length; i++) {
    const at = column[i]!;
    const place = axis.count ? (at + 0.5) / axis.count : at;
    of[i] = at === INACTIVE ? -1 : merged ? Math.min(cells - 1, Math.floor(place * cells)) : at;
  }
  return { cells, of };
}

interface Cells {
  n: Float64Array;
  mean: Float64Array;
  /** Variance of the mean. */
  noise: Float64Array;
  all: number;
  grand: number;
}

function cellsOf(of: Int32Array, cells: number, values: Float64Array): Cells {
  const n = new Float64Array(cells);
  const mean = new Float64Array(cells);
  const noise = new Float64Array(cells);
  let [all, grand] = [0, 0];
  for (let i = 0; i < of.length; i++) {
    const cell = of[i]!;
    if (cell < 0) continue;
    n[cell]!++;
    mean[cell]! += values[i]!;
    all++;
    grand += values[i]!;
  }
  for (let c = 0; c < cells; c++) if (n[c]! > 0) mean[c]! /= n[c]!;
  for (let i = 0; i < of.length; i++) if (of[i]! >= 0) noise[of[i]!]! += (values[i]! - mean[of[i]!]!) ** 2;
  for (let c = 0; c < cells; c++) noise[c]! /= Math.max(1, n[c]! * (n[c]! - 1));
  return { n, mean, noise, all, grand: all ? grand / all : 0 };
}

/** Returns the variance of the cells' means over all rows. */
function between(of: Int32Array, cells: number, values: Float64Array): number {
  const { n, mean, noise, grand } = cellsOf(of, cells, values);
  let sum = 0;
  for (let c = 0; c < cells; c++) sum += n[c]! * ((mean[c]! - grand) ** 2 - noise[c]!);
  return Math.max(0, sum / of.length);
}

/**
 * Returns the variance of the cells' means after the means of rows and columns are subtracted; 0 if below twice its
 * sampling noise.
 */
function interaction(of: Int32Array, rows: number, columns: number, values: Float64Array): number {
  const { n, mean, noise, all, grand } = cellsOf(of, rows * columns, values);
  if (all === 0) return 0;
  const byRow = new Float64Array(rows);
  const byColumn = new Float64Array(columns);
  const inRow = new Float64Array(rows);
  const inColumn = new Float64Array(columns);
  for (let c = 0; c < n.length; c++) {
    const [r, k] = [Math.floor(c / columns), c % columns];
    byRow[r]! += n[c]! * mean[c]!;
    byColumn[k]! += n[c]! * mean[c]!;
    inRow[r]! += n[c]!;
    inColumn[k]! += n[c]!;
  }
  let [sum, luck] = [0, 0];
  for (let c = 0; c < n.length; c++) {
    if (n[c] === 0) continue;
    const [r, k] = [Math.floor(c / columns), c % columns];
    const rest = mean[c]! - byRow[r]! / inRow[r]! - byColumn[k]! / inColumn[k]! + grand;
    sum += n[c]! * rest * rest;
    luck += n[c]! * noise[c]!;
  }
  // Only (rows - 1)(columns - 1) of the cells are free.
  luck *= ((rows - 1) * (columns - 1)) / (rows * columns);
  return Math.max(0, sum - luck) / of.length;
}
