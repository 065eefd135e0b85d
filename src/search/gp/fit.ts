/** Finds the hyperparameters of a Gaussian process by maximum a posteriori (MAP), with gradients. */
import { log } from '../maths/numeric.js';
import { minimize } from './lbfgs.js';
import type { ColumnKind } from './kernel.js';
import { Posterior, PRIOR, type Observed, type Prior } from './likelihood.js';
import { Model } from './model.js';

export interface FitOptions {
  /**
   * Points, row by row, `kinds.length` numbers each. Ordered columns hold a position in [0, 1]; optional columns the
   * same, or ABSENT (-1) if the point doesn't have the parameter; categories any integer per category.
   */
  x: Float64Array;
  /** Observed values, all finite. */
  y: Float64Array;
  kinds: readonly ColumnKind[];
  /** Factor of the noise variance, by row: 1/2 for the mean of two measurements. */
  noisier?: Float64Array | null;
  /** Variance of a row's own error, in y's units squared, in addition to the common noise. */
  extra?: Float64Array | null;
  /**
   * Group of each row; rows of one group share a learned offset. Predictions are for group 0. For observations of other
   * searches, add a category column as well, which learns how similar they are.
   */
  groups?: Int32Array | null;
  /** Ordered columns whose scale is learned too ("input warping"); costs time and needs some dozens of observations. */
  bent?: readonly number[];
  prior?: Partial<Prior>;
  /** Shift of the prior mean of each column's log length scale; above 0 where little change is expected. */
  shifts?: readonly number[] | null;
  /** Hyperparameters (`Gp.theta`) of an earlier fit over the same columns, to start from. */
  start?: Float64Array | null;
  /**
   * Maximum number of evaluations of the likelihood and its gradient; each takes about n³ operations. With 0, `start`
   * is used as is.
   */
  evaluations?: number;
  /**
   * Noise variance (relative to the observations') at which the fit from the prior's mode starts. Ruggedness and noise
   * explain the same values; a climb from little noise finds only the former.
   */
  firstNoise?: number | null;
  /** True to fit from the prior's mode as well when there is a `start`, and keep the better result. */
  afresh?: boolean;
}

export interface Gp {
  /** Hyperparameters to start a later fit from; JSON can represent them. */
  readonly theta: Float64Array;
  /** The model in standardized units: (y - center) / scale. */
  readonly model: Model;
  readonly center: number;
  readonly scale: number;
  /** Variance of one observation's noise, in y's units. */
  readonly noise: number;
  /** Negative log posterior density of the hyperparameters. */
  readonly cost: number;
  /** Predicts the noise-free function, in y's units, at one point given like a row of x. */
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
  // More noise makes a matrix that can't be factored (because of duplicate observations) positive definite.
  for (let i = 0; i < 40; i++) {
    best.cost = posterior.evaluate(theta, null);
    if (Number.isFinite(best.cost)) break;
    theta[options.kinds.length + 1] = theta[options.kinds.length + 1]! + 1;
  }
  const model = new Model(observed, posterior, theta);
  const moments = model.newMoments();
  return {
    theta,
    model,
    center,
    scale,
    cost: best.cost,
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
    n: y.length,
    kinds,
    x,
    noisier,
    groups,
    bent,
    shifts,
    extra: extra && extra.map((v) => v / (scale * scale)),
    y: y.map((v) => (v - center) / scale),
  };
  return { observed, posterior: new Posterior(observed, { ...PRIOR, ...prior }) };
}

/** Returns mean and standard deviation; the scale is 1 if all values are equal. */
export function standard(y: Float64Array): { center: number; scale: number } {
  const n = Math.max(1, y.length);
  let center = 0;
  for (const v of y) center += v / n;
  let square = 0;
  for (const v of y) square += ((v - center) * (v - center)) / n;
  const scale = Math.sqrt(square);
  return { center, scale: scale > 1e-12 * Math.abs(center) && scale > 1e-300 && scale < Infinity ? scale : 1 };
}
