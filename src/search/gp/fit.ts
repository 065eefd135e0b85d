/** Finds the hyperparameters of a Gaussian process by their greatest posterior density (MAP), with gradients. */
import { log } from '../maths/numeric.js';
import { minimize } from './lbfgs.js';
import type { ColumnKind } from './kernel.js';
import { Posterior, PRIOR, type Observed, type Prior } from './likelihood.js';
import { Model } from './model.js';

export interface FitOptions {
  /**
   * Points, row by row, `kinds.length` numbers each. Ordered columns: a place in [0, 1]. Optional columns: the same, or
   * ABSENT (-1) where the point doesn't have the parameter. Categories: any whole number for each.
   */
  x: Float64Array;
  /** Observed values, all finite. */
  y: Float64Array;
  kinds: readonly ColumnKind[];
  /** By row: how many times as large the noise's variance is there: 1/2 for the mean of two measurements. */
  noisier?: Float64Array | null;
  /** By row: variance of an error of its own, in y's units squared, beyond the noise that all rows have. */
  extra?: Float64Array | null;
  /**
   * By row: rows of one group share an offset that is learned too. Predictions are for group 0. For observations of other
   * searches, add a category column as well, which says how much they are alike.
   */
  groups?: Int32Array | null;
  /** Ordered columns whose scale is learned too ("input warping"): costs time, needs some dozens of observations. */
  bent?: readonly number[];
  prior?: Partial<Prior>;
  /** By column: added to the prior mean of its length scale's logarithm; above 0 where little change is expected. */
  shifts?: readonly number[] | null;
  /** Hyperparameters (`Gp.theta`) of an earlier fit over the same columns, to start from. */
  start?: Float64Array | null;
  /** Calls of the likelihood and its gradient, at most; each takes about n³ operations. 0: `start` as it is. */
  evaluations?: number;
  /**
   * The noise's variance (where the observations' is 1) from which the search begins that begins at the prior's mode. What
   * is rugged and what is noisy explain the same values; uphill from little noise one finds the former only.
   */
  firstNoise?: number | null;
  /** Also from the prior's mode if there is a `start`, and take the better. */
  afresh?: boolean;
}

export interface Gp {
  /** Hyperparameters, to start a later fit from: numbers that JSON can hold. */
  readonly theta: Float64Array;
  /** Works in standardized units: (y - center) / scale. */
  readonly model: Model;
  readonly center: number;
  readonly scale: number;
  /** Variance of one observation's noise, in y's units. */
  readonly noise: number;
  /** Minus the logarithm of the hyperparameters' posterior density. */
  readonly cost: number;
  /** At one point, given like a row of x: what is expected of the function without noise, in y's units. */
  predict(x: Float64Array): { mean: number; variance: number };
}

export function fitGp(options: FitOptions): Gp {
  const { y, evaluations = 60, start = null, afresh = true } = options;
  const { center, scale } = standard(y);
  const { posterior, observed } = prepare(options, y, center, scale);
  let best = { theta: posterior.start(), cost: Infinity };
  if (options.firstNoise) best.theta[options.kinds.length + 1] = log(options.firstNoise);
  const usable = start?.length === posterior.size && start.every(Number.isFinite);
  const starts = usable ? (afresh && evaluations > 0 ? [start, best.theta] : [start]) : [best.theta];
  for (const from of starts) {
    const theta = clipped(from, posterior);
    const run = Math.ceil(evaluations / starts.length);
    const cost =
      run > 1
        ? minimize((t, g) => posterior.evaluate(t, g), theta, {
            ...posterior,
            evaluations: run,
            tolerance: 1e-3,
            firstStep: 0.5,
          })
        : posterior.evaluate(theta, null);
    if (cost < best.cost) best = { theta, cost };
  }
  const { theta } = best;
  // What can't be factored (observations that are copies of each other) can be with more noise.
  for (let i = 0; i < 40; i++) {
    best.cost = posterior.evaluate(theta, null);
    if (Number.isFinite(best.cost)) break;
    theta[options.kinds.length + 1] = theta[options.kinds.length + 1]! + 1;
  }
  const model = new Model(observed, posterior, theta);
  const moments = model.newMoments();
  return {
    ...{ theta, model, center, scale, cost: best.cost },
    noise: model.noise * scale * scale,
    predict(x) {
      model.moments(x, moments);
      return { mean: center + scale * moments.mean, variance: scale * scale * moments.variance };
    },
  };
}

function clipped(theta: Float64Array, { lower, upper }: Posterior): Float64Array {
  return theta.map((t, j) => Math.min(upper[j]!, Math.max(lower[j]!, t)));
}

function prepare(options: FitOptions, y: Float64Array, center: number, scale: number) {
  const { x, kinds, noisier = null, extra = null, groups = null, bent = [], shifts = null, prior } = options;
  const observed: Observed = {
    ...{ n: y.length, kinds, x, noisier, groups, bent, shifts },
    extra: extra && extra.map((v) => v / (scale * scale)),
    y: y.map((v) => (v - center) / scale),
  };
  return { observed, posterior: new Posterior(observed, { ...PRIOR, ...prior }) };
}

/** Mean and standard deviation; 1 where all are the same. */
export function standard(y: Float64Array): { center: number; scale: number } {
  const n = Math.max(1, y.length);
  let center = 0;
  for (const v of y) center += v / n;
  let square = 0;
  for (const v of y) square += ((v - center) * (v - center)) / n;
  const scale = Math.sqrt(square);
  return { center, scale: scale > 1e-12 * Math.abs(center) && scale > 1e-300 && scale < Infinity ? scale : 1 };
}
