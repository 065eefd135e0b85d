/**
 * Scalarizes several objectives, differently for each suggestion: the augmented Chebyshev norm with random weights
 * (Knowles, "ParEGO", IEEE TEC 2006, section III), each objective scaled to [0, 1] by the observed range.
 */
import { log } from '../maths/numeric.js';
import type { Random } from '../types.js';

const AUGMENT = 0.05;

/** Scalarizes `objectives`, given by objective and row, all finite. Weights are uniform over the simplex. */
export function chebyshev(objectives: readonly Float64Array[], random: Random): Float64Array {
  const weights = objectives.map(() => -log(1 - random.next()));
  const total = weights.reduce((sum, w) => sum + w, 0);
  const most = new Float64Array(objectives[0]!.length);
  const sums = new Float64Array(most.length);
  for (const [k, values] of objectives.entries()) {
    let [low, high] = [Infinity, -Infinity];
    for (const v of values) [low, high] = [Math.min(low, v), Math.max(high, v)];
    const factor = high > low ? weights[k]! / total / (high - low) : 0;
    for (let i = 0; i < most.length; i++) {
      const part = factor * (values[i]! - low);
      most[i] = Math.max(most[i]!, part);
      sums[i] = sums[i]! + part;
    }
  }
  return most.map((value, i) => value + AUGMENT * sums[i]!);
}
