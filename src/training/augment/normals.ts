/**
 * Table of Gaussian random numbers, generated once: generating new ones would cost more than all other augmentation.
 */
import { Random } from '../random.js';

let kept: Float32Array | null = null;

/** Returns 2^16 numbers with mean 0 and variance 1 exactly, to sample from. */
export function normals(): Float32Array {
  if (kept) return kept;
  const half = 1 << 15;
  const random = new Random(0);
  const values = Float64Array.from({ length: half }, () => random.normal());
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / half);
  kept = new Float32Array(2 * half);
  for (let i = 0; i < half; i++) {
    kept[i] = values[i]! / deviation;
    kept[half + i] = -kept[i]!;
  }
  return kept;
}
