/** Mixup: Zhang et al. (ICLR 2018), section 2. Each example x becomes λx + (1 − λ)x′, and its target likewise. */
import type { Random } from '../random.js';

/** Mixes both with the rows of a shuffled batch, in place; λ ~ Beta(α, α), drawn once per pair. */
export function mixup(inputs: Float32Array, targets: Float32Array, count: number, alpha: number, random: Random): void {
  const order = random.shuffle(Int32Array.from({ length: count }, (_, i) => i));
  const shares = Float64Array.from({ length: count }, () => beta(alpha, random));
  for (const values of [inputs, targets]) {
    const width = values.length / count;
    const before = values.slice();
    for (let i = 0; i < count; i++) {
      const share = shares[i]!;
      const other = order[i]! * width;
      for (let j = 0, at = i * width; j < width; j++, at++) {
        values[at] = share * before[at]! + (1 - share) * before[other + j]!;
      }
    }
  }
}

/** Draws from Beta(α, α), as a ratio of Gamma variates. */
export function beta(alpha: number, random: Random): number {
  const [a, b] = [logGamma(alpha, random), logGamma(alpha, random)];
  return 1 / (1 + Math.exp(b - a));
}

/**
 * Draws the logarithm of a Gamma(α) variate: Marsaglia & Tsang (2000), their section 6 for α < 1. Logarithms avoid
 * underflow for small α.
 */
export function logGamma(alpha: number, random: Random): number {
  if (alpha < 1) return logGamma(alpha + 1, random) + Math.log(1 - random.uniform()) / alpha;
  const d = alpha - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}
