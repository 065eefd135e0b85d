/**
 * The normal distribution from basic arithmetic only, so that it is the same on every platform (see numeric.ts).
 * Central part: series 26.2.11 of Abramowitz & Stegun, "Handbook of Mathematical Functions" (1964); tails: the
 * continued fraction 26.2.14 of Mills' ratio; quantile: start 26.2.23, then Newton steps on the logarithm.
 */
import { exp, log } from './numeric.js';
import type { Random } from '../types.js';

export const SQRT_2PI = 2.5066282746310002;
const TAIL = 3.5;

export function normalDensity(x: number): number {
  return exp(-0.5 * x * x) / SQRT_2PI;
}

/** Returns the probability that a standard normal number lies below x; relatively accurate far into the lower tail. */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x > TAIL) return 1 - normalCdf(-x);
  if (x < -TAIL) {
    if (x < -38.5) return 0;
    let fraction = -x;
    for (let k = 80; k >= 1; k--) fraction = -x + k / fraction;
    return normalDensity(x) / fraction;
  }
  let [term, sum] = [x, x];
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + normalDensity(x) * sum;
}

/** Returns the x below which a standard normal number falls with probability p. */
export function normalQuantile(p: number): number {
  if (!(p > 0)) return p === 0 ? -Infinity : NaN;
  if (p >= 1) return p === 1 ? Infinity : NaN;
  if (p === 0.5) return 0;
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * log(p));
  let x = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  const wanted = log(p);
  for (let step = 0; step < 4; step++) {
    const below = normalCdf(x);
    x -= ((log(below) - wanted) * below) / normalDensity(x);
  }
  return x;
}

/** Table for `quickCdf`: value and density at every 1/64 from -9 to 9. */
const PER_UNIT = 64;
const REACH = 9;
const table = { cdf: new Float64Array(0), density: new Float64Array(0) };
function fillTable(): void {
  const n = 2 * REACH * PER_UNIT + 1;
  table.cdf = new Float64Array(n);
  table.density = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const x = i / PER_UNIT - REACH;
    table.cdf[i] = normalCdf(x);
    table.density[i] = normalDensity(x);
  }
}

/** Works like `normalCdf`, to an absolute error of 1e-9, for the many thousands of calls of a density estimate. */
export function quickCdf(x: number): number {
  if (x >= REACH) return 1;
  if (x <= -REACH) return 0;
  if (table.cdf.length === 0) fillTable();
  const i = Math.round((x + REACH) * PER_UNIT);
  const at = i / PER_UNIT - REACH;
  const h = x - at;
  // Taylor expansion: the derivatives of the density are -x and x²-1 times itself.
  return table.cdf[i]! + table.density[i]! * h * (1 + h * (-at / 2 + (h * (at * at - 1)) / 6));
}

/** Draws from the normal distribution truncated to [0, 1]; the mean lies within, so rejection is fast. */
export function drawWithinUnit(mean: number, sd: number, random: Random): number {
  for (let attempt = 0; attempt < 100; attempt++) {
    const x = mean + sd * random.normal();
    if (x >= 0 && x <= 1) return x;
  }
  return random.next();
}
