/**
 * The initial distribution: centred, at the user's priors, or where earlier trials were good (warm start): Nomura,
 * Watanabe, Akimoto, Ozaki & Onishi, "Warm Starting CMA-ES for Hyperparameter Optimization" (AAAI 2021), section 4,
 * with α = γ = 0.1 as there.
 */
import { exp, log } from '../../maths/numeric.js';
import { cholesky } from '../../maths/linalg.js';
import { Categories } from './categories.js';
import { Gaussian } from './gaussian.js';
import type { Layout, Place } from './layout.js';

const ALPHA = 0.1;
const GAMMA = 0.1;
/** Number of earlier trials below which only the best one is used, as the start's mean. */
const ENOUGH = 10;
/** Initial standard deviation as a share of the ranges, and the number of parameters up to which it is used. */
const SIGMA = 0.2;
const FEW = 20;
/** Standard deviation of a prior without `sd`. */
const PRIOR_SD = 0.25;

export interface Start {
  gaussian: Gaussian;
  categories: Categories;
}

/**
 * Returns the initial standard deviation. With many parameters, draws are as far from the mean as with `FEW`: a distance of
 * σ√n, at which most of them would be worse than the mean.
 */
export function startingSigma({ numbers }: Layout): number {
  return SIGMA * Math.min(1, Math.sqrt(FEW / Math.max(1, numbers.length)));
}

/** Returns the initial distribution. `good` holds the places of earlier trials, best first. */
export function startOf(layout: Layout, sigma: number, good: readonly Place[]): Start {
  const n = layout.numbers.length;
  const start: Start = { gaussian: fromPriors(layout, sigma), categories: new Categories(layout.choices) };
  const top = good.slice(0, Math.ceil(GAMMA * good.length));
  if (good.length < ENOUGH) {
    if (good.length > 0 && n > 0) start.gaussian.mean.set(good[0]!.at);
    return start;
  }
  start.categories.lean(top);
  if (n > 0) start.gaussian = fromGood(n, top);
  return start;
}

function fromPriors(layout: Layout, sigma: number): Gaussian {
  const mean = new Float64Array(layout.numbers.length).fill(0.5);
  const covariance = new Float64Array(mean.length * mean.length);
  for (const [i, { dimension, toUnit }] of layout.numbers.entries()) {
    const { prior } = dimension;
    const sd = prior ? Math.min(sigma, prior.sd ?? PRIOR_SD) : sigma;
    if (prior) mean[i] = toUnit(prior.value);
    covariance[i * mean.length + i] = (sd / sigma) * (sd / sigma);
  }
  return new Gaussian(mean, sigma, covariance);
}

function fromGood(n: number, top: readonly Place[]): Gaussian {
  const mean = new Float64Array(n);
  for (const { at } of top) for (let i = 0; i < n; i++) mean[i]! += at[i]! / top.length;
  const spread = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    spread[i * n + i] = ALPHA * ALPHA;
    for (let j = 0; j < n; j++) {
      for (const { at } of top) spread[i * n + j]! += ((at[i]! - mean[i]!) * (at[j]! - mean[j]!)) / top.length;
    }
  }
  // σ is the geometric mean of the standard deviations along the distribution's axes.
  const factor = spread.slice();
  let logarithm = log(ALPHA) * n;
  if (cholesky(factor, n)) {
    logarithm = 0;
    for (let i = 0; i < n; i++) logarithm += log(factor[i * n + i]!);
  }
  const sigma = exp(logarithm / n);
  return new Gaussian(
    mean,
    sigma,
    spread.map((c) => c / (sigma * sigma)),
  );
}
