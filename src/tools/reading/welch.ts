/**
 * Says how sure the difference between two groups of runs is: the test of B. L. Welch (Biometrika 34, 1947), which
 * does not assume that both scatter alike.
 */
import { betaCdf } from '../../search/maths/beta.js';

export interface Difference {
  /** Mean of the second group minus mean of the first. */
  difference: number;
  /** Standard error of the difference. */
  standard_error: number;
  /** 95 % confidence interval of the difference. */
  interval: [low: number, high: number];
  /** Two-sided: how likely chance alone makes a difference of this size. */
  p: number;
}

/** Null if a group has fewer than two values, or if neither scatters. */
export function welch(a: readonly number[], b: readonly number[]): Difference | null {
  if (a.length < 2 || b.length < 2) return null;
  const [va, vb] = [variance(a) / a.length, variance(b) / b.length];
  const standard_error = Math.sqrt(va + vb);
  if (!(standard_error > 0)) return null;
  const difference = mean(b) - mean(a);
  const freedom = (va + vb) ** 2 / (va ** 2 / (a.length - 1) + vb ** 2 / (b.length - 1));
  const half = quantile(freedom) * standard_error;
  return {
    difference,
    standard_error,
    interval: [difference - half, difference + half],
    p: twoSided(difference / standard_error, freedom),
  };
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function variance(values: readonly number[]): number {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
}

/** Probability that |t| of Student's distribution is at least this. */
const twoSided = (t: number, freedom: number): number => betaCdf(freedom / 2, 0.5, freedom / (freedom + t * t));

/** Returns the t with 5 % of the distribution beyond it, by bisection. */
function quantile(freedom: number): number {
  let [low, high] = [0, 1e4];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (twoSided(middle, freedom) > 0.05) low = middle;
    else high = middle;
  }
  return high;
}
