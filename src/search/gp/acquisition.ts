/**
 * Acquisition functions in log space, so that unpromising points still compare and have gradients: Ament, Daulton,
 * Eriksson, Balandat & Bakshy, "Unexpected Improvements to Expected Improvement for Bayesian Optimization" (NeurIPS
 * 2023), section 4.1. Instead of their use of erfcx to avoid cancellation, we use the continued fraction of Mills'
 * ratio (Abramowitz & Stegun, 1964, 26.2.14), which has none: with Φ(-t)/φ(t) = 1/(t + c(t)),
 *
 *     φ(t) - t Φ(-t) = φ(t) c/(t + c)    and    Φ(-t) = φ(t)/(t + c).
 *
 * All values are minimized.
 */
import { normalCdf, normalDensity } from '../maths/normal.js';
import { log } from '../maths/numeric.js';

const LOG_SQRT_2PI = 0.9189385332046727;
/** Number of standard deviations beyond which the continued fraction is used. */
const TAIL = 3.5;

/** Returns c(t) of the header, for t ≥ TAIL. */
function remainder(t: number): number {
  let c = 0;
  for (let k = Math.min(80, 8 + Math.ceil(900 / (t * t))); k >= 1; k--) c = k / (t + c);
  return c;
}

/** A logarithm and its derivative. */
export interface Slope {
  value: number;
  slope: number;
}

/** Computes log(φ(z) + z Φ(z)), the core of expected improvement, and its derivative Φ(z) / (φ(z) + z Φ(z)). */
export function logImprovement(z: number, out: Slope): void {
  if (z < -TAIL) {
    const c = remainder(-z);
    out.value = -0.5 * z * z - LOG_SQRT_2PI + log(c) - log(c - z);
    out.slope = 1 / c;
    return;
  }
  const below = normalCdf(z);
  const all = normalDensity(z) + z * below;
  out.value = log(all);
  out.slope = below / all;
}

/** Computes log Φ(z) and its derivative φ(z) / Φ(z). */
export function logProbability(z: number, out: Slope): void {
  if (z < -TAIL) {
    const c = remainder(-z);
    out.value = -0.5 * z * z - LOG_SQRT_2PI - log(c - z);
    out.slope = c - z;
    return;
  }
  const below = normalCdf(z);
  out.value = log(below);
  out.slope = normalDensity(z) / below;
}

/**
 * Returns the logarithm of the expected improvement upon `best` of a normal value with this mean and standard
 * deviation.
 */
export function logExpectedImprovement(mean: number, sd: number, best: number): number {
  const out = { value: 0, slope: 0 };
  logImprovement((best - mean) / sd, out);
  return out.value + log(sd);
}
