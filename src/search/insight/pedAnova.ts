/**
 * PED-ANOVA: which parameters decide whether a point is among the best. Watanabe, Bansal & Hutter, "PED-ANOVA:
 * Efficiently Quantifying Hyperparameter Importance in Arbitrary Subspaces" (IJCAI 2023), section 4: a parameter's
 * importance is the Pearson divergence of its distribution among the best from that among all points.
 *
 * - A conditional parameter counts with its effect where it is active, times the share of the points and the chance of
 *   success there (what remains of the variance after its parents' part, by the law of total variance); Baba, Ozaki &
 *   Watanabe, "Conditional PED-ANOVA" (arXiv 2601.20800).
 * - Both densities have the same bandwidth (Scott's rule on the best), so that they differ only where points do.
 * - Even a random subset differs. Its expected divergence is known in closed form (the variance of a mean in draws
 *   without replacement) and is subtracted, so that parameters without effect come out near 0.
 */
import { exp, log } from '../maths/numeric.js';
import type { Axis } from '../space/unit.js';
import { INACTIVE, type Rows } from './rows.js';

/** Number of cells of a continuous axis. */
const CELLS = 64;

/**
 * Returns the unscaled importance by axis; 0 where there is no effect. `weights` are the rows' degrees of membership in
 * the best.
 */
export function pedAnova({ axes, columns, count }: Rows, weights: Float64Array): Float64Array {
  const top = sum(weights);
  return Float64Array.from(axes, (axis, d) => {
    const { inTop, inAll, active, activeTop, squares } = histogram(axis, columns[d]!, weights);
    if (active < 2 || activeTop <= 0 || activeTop >= active) return 0;
    const success = activeTop / active / (top / count);
    const effective = (activeTop * activeTop) / squares;
    const luck = (1 - effective / active) * (active / (active - 1) / effective);
    const kernel = kernelOf(axis, inTop, effective);
    return (active / count) * success * success * divergence(inTop, inAll, luck, kernel);
  });
}

/** Counts, by cell, the total weight among the best and the number of active rows. */
function histogram(axis: Axis, column: Float64Array, weights: Float64Array) {
  const cells = axis.count || CELLS;
  const inTop = new Float64Array(cells);
  const inAll = new Float64Array(cells);
  let [active, activeTop, squares] = [0, 0, 0];
  for (let i = 0; i < column.length; i++) {
    const at = column[i]!;
    if (at === INACTIVE) continue;
    const cell = axis.count ? at : Math.min(cells - 1, Math.floor(at * cells));
    const weight = weights[i]!;
    inTop[cell]! += weight;
    inAll[cell]!++;
    active++;
    activeTop += weight;
    squares += weight * weight;
  }
  return { inTop, inAll, active, activeTop, squares };
}

/**
 * Returns the kernel, `kernel[to * cells + from]`: the share of a cell's mass that another cell receives. Returns null
 * for choices, which are not smoothed.
 */
function kernelOf(axis: Axis, inTop: Float64Array, effective: number): Float64Array | null {
  if (!axis.ordered) return null;
  const cells = inTop.length;
  const places = placesOf(axis, cells);
  let [total, mean, spread] = [0, 0, 0];
  for (let g = 0; g < cells; g++) {
    total += inTop[g]!;
    mean += inTop[g]! * places[g]!;
  }
  mean /= total;
  for (let g = 0; g < cells; g++) spread += inTop[g]! * (places[g]! - mean) ** 2;
  const scott = 1.06 * Math.sqrt(spread / total) * exp(-log(effective) / 5);
  const sigma = Math.max(scott, 0.5 / cells);
  const kernel = new Float64Array(cells * cells);
  for (let from = 0; from < cells; from++) {
    let all = 0;
    for (let to = 0; to < cells; to++) {
      const z = (places[to]! - places[from]!) / sigma;
      all += kernel[to * cells + from] = exp(-0.5 * z * z);
    }
    for (let to = 0; to < cells; to++) kernel[to * cells + from]! /= all;
  }
  return kernel;
}

function placesOf(axis: Axis, cells: number): Float64Array {
  const { edges } = axis;
  return Float64Array.from({ length: cells }, (_, g) => (edges ? (edges[g]! + edges[g + 1]!) / 2 : (g + 0.5) / cells));
}

/** Returns the Pearson divergence of the best points' density from all points', minus what chance alone gives. */
function divergence(inTop: Float64Array, inAll: Float64Array, luck: number, kernel: Float64Array | null): number {
  const cells = inTop.length;
  const [top, all] = [sum(inTop), sum(inAll)];
  let [found, expected] = [0, 0];
  for (let g = 0; g < cells; g++) {
    let [p, q, square] = [0, 0, 0];
    for (let from = 0; from < cells; from++) {
      const k = kernel ? kernel[g * cells + from]! : g === from ? 1 : 0;
      p += (k * inTop[from]!) / top;
      q += (k * inAll[from]!) / all;
      square += (k * k * inAll[from]!) / all;
    }
    if (q <= 0) continue;
    found += (p - q) ** 2 / q;
    expected += Math.max(0, square - q * q) / q;
  }
  return Math.max(0, found - luck * expected);
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}
