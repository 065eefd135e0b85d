/**
 * Bandwidth of TPE's kernels: Scott's rule (D. W. Scott, "Multivariate Density Estimation", 1992, section 6.3) on the
 * trials and one uniform observation over the whole range, times `NARROWER`, and never below a minimum share of the
 * range (Δ in Watanabe, arXiv 2304.11127, section 3.3) that shrinks as trials come in. For choices, a kernel's mass
 * spreads over all K of them by the share K / (n + 1 + K), as with one vote for each.
 */
import { exp, log } from '../../maths/numeric.js';
import type { Axis } from '../../space/unit.js';
import type { Bandwidth } from '../parzen/index.js';
import { INACTIVE } from '../parzen/tree.js';

const NARROWER = 0.6;
/** Minimum bandwidth with ten trials, as a share of the range; with n trials it is this times √(10 / n). */
const LEAST_SIGMA = 0.03;

/** `dimensions` is the number of axes in the joint density, `trials` the total number of trials. */
export function scott(dimensions: number, trials: number): Bandwidth {
  const least = LEAST_SIGMA * Math.sqrt(10 / Math.max(10, trials));
  return {
    sigma(axis, values, weights) {
      // Starts with the uniform observation: mean 1/2, variance 1/12.
      let [sum, squares, count] = [1 / 2, 1 / 4 + 1 / 12, 1];
      const middles = middlesOf(axis);
      for (let i = 0; i < values.length; i++) {
        const at = values[i]!;
        if (at === INACTIVE) continue;
        const u = middles ? middles[at]! : at;
        const weight = weights[i]!;
        sum += weight * u;
        squares += weight * u * u;
        count += weight;
      }
      const deviation = Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
      const shrink = exp(-log(count) / (dimensions + 4));
      const sigma = Math.max(least, NARROWER * deviation * shrink);
      // A kernel of a stepped range reaches the neighboring values.
      return Math.min(1, axis.count ? Math.max(sigma, 0.5 / axis.count) : sigma);
    },
    smoothing: (axis, active) => axis.count / (active + 1 + axis.count),
  };
}

function middlesOf({ edges }: Axis): Float64Array | null {
  return edges && Float64Array.from({ length: edges.length - 1 }, (_, k) => (edges[k]! + edges[k + 1]!) / 2);
}
