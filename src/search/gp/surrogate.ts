/**
 * A Gaussian process over the rows of a search that is refitted as they grow: each fit is warm-started from the
 * previous hyperparameters, and with many rows not every new one triggers a fit. That state is saved with the search;
 * everything else follows from the rows.
 */
import { z } from 'zod';
import type { Coding } from './coding.js';
import type { Row } from './data.js';
import { fitGp, type Gp } from './fit.js';
import { bestWidth, transformed, WIDTHS } from './outputs.js';

export const FittedState = z.object({ theta: z.array(z.number()), age: z.number(), width: z.number().int() });
export type Fitted = z.infer<typeof FittedState>;

/** Likelihood evaluations of a fit while there are few rows; with more rows, as many as take about as long. */
const EVALUATIONS = 60;
const FEW = 50;
/** Inverse of the growth of the rows that triggers a fit. */
const GROWTH = 20;
const LEAST_GAIN = 0.5;
/** Increase of the last column's log length scale: other searches' objectives are expected to be very similar. */
const ALIKE = 3;
/**
 * Prior of the noise: larger than that of the other models here, and tried first (fit.ts). Together with the share of
 * uncertainty in terms.ts and less doubt where there is noise (outlook.ts) that left 0.77 of the regret after 25 and 50
 * trials on eleven noisy tasks, four seeds each (sphere, ellipsoid, Rosenbrock, Levy, Ackley, Styblinski-Tang,
 * Griewank, a learning rate's plateau, choices; noise of 5 to 30 % of the spread of random trials), and 0.7 to 1.3 of
 * it without noise (fourteen rugged functions, two seeds: no clear difference). A median of 10⁻² was worse.
 */
const PRIOR = { noise: 1e-3 };
const FIRST_NOISE = 0.05;

export interface Surrogate {
  gp: Gp;
  /** State to keep for the next call. */
  fitted: Fitted;
}

/**
 * Fits the rows. With `transform`, the values may be rescaled first (outputs.ts). `age` grows with the trials, even if
 * the rows are only some of them. `old` is the state from an earlier call.
 */
export function fitRows(
  coding: Coding,
  rows: readonly Row[],
  y: Float64Array,
  age: number,
  old: Fitted | null,
  transform: boolean,
): Surrogate {
  const n = rows.length;
  const x = new Float64Array(n * coding.width);
  for (const [i, row] of rows.entries()) x.set(row.at, i * coding.width);
  const sds = rows.some(({ sd }) => sd > 0) ? Float64Array.from(rows, ({ sd }) => sd * sd) : null;
  const groups = coding.tasks ? Int32Array.from(rows, ({ earlier }) => (earlier ? 1 : 0)) : null;
  const shifts = coding.tasks ? coding.kinds.map((_, j) => (j === coding.columns.length ? ALIKE : 0)) : null;
  const start = old && Float64Array.from(old.theta);
  const due = !old || age < old.age || age - old.age >= Math.max(1, Math.floor(n / GROWTH));
  const share = Math.min(1, (FEW / n) * (FEW / n));
  const evaluations = due ? Math.max(4, Math.ceil(EVALUATIONS * share)) : 0;
  let width = old?.width ?? 0;
  const fit = (from: Float64Array | null, most: number, afresh: boolean) => {
    const values = transformed(y, WIDTHS[width]!);
    const extra = sds && errors(y, values, sds);
    const options = { x, y: values, kinds: coding.kinds, shifts, extra, groups, prior: PRIOR, firstNoise: FIRST_NOISE };
    return fitGp({ ...options, start: from, evaluations: most, afresh });
  };
  let gp = fit(start, evaluations, n <= FEW);
  if (due && transform) {
    const better = bestWidth(y, gp.model, LEAST_GAIN);
    if (better !== width) {
      width = better;
      gp = fit(gp.theta, Math.ceil(evaluations / 2), false);
    }
  }
  return { gp, fitted: due ? { theta: Array.from(gp.theta), age, width } : old };
}

/** Converts variances of predicted losses to the transformed scale, approximately by its local slope. */
function errors(y: Float64Array, z: Float64Array, variances: Float64Array): Float64Array {
  if (y === z) return variances;
  let [yLow, yHigh, zLow, zHigh] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < y.length; i++) {
    yLow = Math.min(yLow, y[i]!);
    yHigh = Math.max(yHigh, y[i]!);
    zLow = Math.min(zLow, z[i]!);
    zHigh = Math.max(zHigh, z[i]!);
  }
  const ratio = yHigh > yLow ? (zHigh - zLow) / (yHigh - yLow) : 1;
  return variances.map((v) => v * ratio * ratio);
}
