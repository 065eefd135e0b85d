/**
 * Keeps integers and choices from getting stuck: every neighbouring value keeps a minimum probability. Hamano, Saito,
 * Nomura & Shirakawa, "CMA-ES with Margin: Lower-Bounding Marginal Probability for Mixed-Integer Black-Box
 * Optimization" (GECCO 2022), sections 3.2 and 4; minimum probability 1 / (n λ) as there.
 */
import { normalCdf, normalQuantile } from '../../maths/normal.js';
import { cellOf } from '../../space/unit.js';
import type { Gaussian } from './gaussian.js';

/** Applies the margin. `edges[i]` holds the cells of the i-th coordinate, or null if it is continuous. */
export function applyMargin(gaussian: Gaussian, edges: readonly (Float64Array | null)[], least: number): void {
  for (const [i, own] of edges.entries()) {
    if (!own) continue;
    const mean = gaussian.mean[i]!;
    const deviation = gaussian.deviation(i);
    if (!(deviation > 0)) continue;
    const cell = cellOf(own, mean);
    const [low, high] = [own[cell]!, own[cell + 1]!];
    const [first, last] = [cell === 0, cell === own.length - 2];
    if (first && last) continue;
    if (first || last) {
      // There is only one side to move to: the mean moves close enough to it.
      const reach = deviation * normalQuantile(1 - least);
      gaussian.mean[i] = first ? Math.max(mean, high - reach) : Math.min(mean, low + reach);
      continue;
    }
    const below = Math.max(least / 2, normalCdf((low - mean) / deviation));
    const above = Math.max(least / 2, normalCdf((mean - high) / deviation));
    const within = Math.max(least / 2, 1 - normalCdf((low - mean) / deviation) - normalCdf((mean - high) / deviation));
    const surplus = (1 - below - above - within) / (below + above + within - 1.5 * least);
    const toLow = -normalQuantile(Math.min(0.499, below + surplus * (below - least / 2)));
    const toHigh = -normalQuantile(Math.min(0.499, above + surplus * (above - least / 2)));
    gaussian.mean[i] = (low * toHigh + high * toLow) / (toLow + toHigh);
    gaussian.scales[i]! *= (high - low) / (toLow + toHigh) / deviation;
  }
}
