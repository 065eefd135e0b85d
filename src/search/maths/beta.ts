/**
 * The beta distribution from basic arithmetic only, so that it is the same on every platform (see numeric.ts). Log
 * gamma function: Stirling's series, Abramowitz & Stegun, "Handbook of Mathematical Functions" (1964), 6.1.41, after
 * shifting the argument up by 6.1.15. Regularized incomplete beta function: the continued fraction 26.5.8 there, by the
 * method of W. J. Lentz (Applied Optics 15, 1976). Quantile: Newton steps, safeguarded by shrinking bounds.
 */
import { exp, log } from './numeric.js';

const HALF_LOG_2PI = 0.91893853320467274;
const LEAST = 1e-300;

/** Returns log Γ(x) for x > 0, accurate to about 1e-14 of max(1, |log Γ|). */
export function logGamma(x: number): number {
  let product = 1;
  let at = x;
  while (at < 12) product *= at++;
  const i = 1 / (at * at);
  const series = (1 / 12 - i * (1 / 360 - i * (1 / 1260 - i * (1 / 1680 - i * (1 / 1188 - (i * 691) / 360360))))) / at;
  return (at - 0.5) * log(at) - at + HALF_LOG_2PI + series - log(product);
}

/** Returns the probability that a beta(a, b) number lies below x. a, b > 0. */
export function betaCdf(a: number, b: number, x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - lower(b, a, 1 - x, x);
  return lower(a, b, x, 1 - x);
}

function lower(a: number, b: number, x: number, rest: number): number {
  const front = exp(a * log(x) + b * log(rest) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a;
  let c = 1;
  let d = 1 / bounded(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 20_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / bounded(1 + even * d);
    c = bounded(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / bounded(1 + odd * d);
    c = bounded(1 + odd / c);
    const factor = d * c;
    fraction *= factor;
    if (Math.abs(factor - 1) < 1e-15) break;
  }
  return Math.min(1, front * fraction);
}

const bounded = (x: number): number => (Math.abs(x) < LEAST ? LEAST : x);

/** Returns the x below which a beta(a, b) number falls with probability p. */
export function betaQuantile(a: number, b: number, p: number): number {
  if (!(p > 0)) return p === 0 ? 0 : NaN;
  if (p >= 1) return p === 1 ? 1 : NaN;
  const logBeta = logGamma(a) + logGamma(b) - logGamma(a + b);
  let [low, high] = [0, 1];
  let x = a / (a + b);
  for (let step = 0; step < 200; step++) {
    const over = betaCdf(a, b, x) - p;
    if (over === 0) return x;
    if (over > 0) high = x;
    else low = x;
    const density = exp((a - 1) * log(x) + (b - 1) * log(1 - x) - logBeta);
    let next = x - over / density;
    // Handles NaN and infinity too; moves towards 0 by orders of magnitude.
    if (!(next > low && next < high)) next = low === 0 && step > 4 ? high / 16 : (low + high) / 2;
    if (Math.abs(next - x) <= 1e-15 * x || high - low <= 1e-15 * high) return next;
    x = next;
  }
  return x;
}
