/**
 * Exact expected hypervolume improvement for two or three objectives: the volume below a reference point that a new
 * point is expected to add to what the front dominates (Emmerich, Giannakoglou & Naujoks, "Single- and multiobjective
 * evolutionary optimization assisted by Gaussian random field metamodels", IEEE TEC 2006, section IV). All values are
 * minimized; the objectives are independent.
 *
 * The non-dominated region is partitioned into boxes. A box from a to b adds the product over the objectives of ψ(b) -
 * ψ(a), where ψ(t) = ∫ Φ((u - μ)/σ) du up to t: the expected improvement upon t, whose logarithm acquisition.ts
 * computes. All ψ are taken relative to ψ at the reference point, so that none underflows.
 */
import { log, quickExp } from '../maths/numeric.js';
import { logImprovement, type Slope } from './acquisition.js';
import type { Landscape } from './explore.js';
import type { Model, Moments } from './model.js';

/** Indices into the sorted coordinates, by box and objective; 0 stands for -∞. */
interface Boxes {
  coordinates: Float64Array[];
  low: Int32Array;
  high: Int32Array;
  count: number;
}

/**
 * Partitions the non-dominated region. The points of `front` must not dominate each other and must lie below the
 * reference in every objective.
 */
export function boxesOf(front: readonly ArrayLike<number>[], reference: ArrayLike<number>): Boxes {
  const m = reference.length;
  const coordinates = Array.from({ length: m }, (_, k) => {
    const all = new Set(Array.from(front, (point) => point[k]!));
    return Float64Array.from([-Infinity, ...Float64Array.from(all).sort(), reference[k]!]);
  });
  const place = (k: number, value: number) => coordinates[k]!.indexOf(value);
  const low: number[] = [];
  const high: number[] = [];
  /** Cuts the region under the staircase of `points` in the first two objectives into strips along the first. */
  const strips = (points: readonly ArrayLike<number>[], rest: [number, number][]) => {
    const sorted = [...points].sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]!);
    let from = 0;
    let top = coordinates[1]!.length - 1;
    const add = (to: number) => {
      if (to <= from) return;
      low.push(from, 0, ...rest.map(([a]) => a));
      high.push(to, top, ...rest.map(([, b]) => b));
      from = to;
    };
    for (const point of sorted) {
      const height = place(1, point[1]!);
      if (height >= top) continue;
      add(place(0, point[0]!));
      top = height;
    }
    add(coordinates[0]!.length - 1);
  };
  if (m === 2) strips(front, []);
  else {
    const last = coordinates[2]!;
    for (let i = 0; i + 1 < last.length; i++) {
      strips(
        front.filter((point) => point[2]! <= last[i]!),
        [[i, i + 1]],
      );
    }
  }
  return { coordinates, low: Int32Array.from(low), high: Int32Array.from(high), count: low.length / m };
}

export class FrontImprovement implements Landscape {
  private readonly moments: Moments[];
  private readonly out: Slope = { value: 0, slope: 0 };
  /** ψ relative to the reference's, and its derivatives by mean and standard deviation, by objective and coordinate. */
  private readonly psi: Float64Array[];
  private readonly byMean: Float64Array[];
  private readonly bySd: Float64Array[];
  private readonly means: Float64Array;
  private readonly sds: Float64Array;

  constructor(
    private readonly models: readonly Model[],
    private readonly boxes: Boxes,
  ) {
    this.moments = models.map((model) => model.newMoments());
    const empty = () => boxes.coordinates.map(({ length }) => new Float64Array(length));
    this.psi = empty();
    this.byMean = empty();
    this.bySd = empty();
    this.means = new Float64Array(models.length);
    this.sds = new Float64Array(models.length);
  }

  value(row: Float64Array): number {
    for (const [k, model] of this.models.entries()) model.moments(row, this.moments[k]!);
    return this.judge(false);
  }

  slope(row: Float64Array, gradient: Float64Array): number {
    for (const [k, model] of this.models.entries()) model.slope(row, this.moments[k]!);
    const value = this.judge(true);
    for (let k = 0; k < this.models.length; k++) {
      const { meanBy, varianceBy, variance } = this.moments[k]!;
      const byVariance = this.sds[k]! / (2 * Math.sqrt(variance));
      for (let j = 0; j < gradient.length; j++) {
        gradient[j] = gradient[j]! + this.means[k]! * meanBy[j]! + byVariance * varianceBy[j]!;
      }
    }
    return value;
  }

  private judge(slopes: boolean): number {
    const { boxes, psi, means, sds } = this;
    const m = psi.length;
    let scale = 0;
    for (let k = 0; k < m; k++) scale += this.fill(k);
    let sum = 0;
    means.fill(0);
    sds.fill(0);
    for (let b = 0; b < boxes.count; b++) {
      let product = 1;
      for (let k = 0; k < m; k++) product *= psi[k]![boxes.high[b * m + k]!]! - psi[k]![boxes.low[b * m + k]!]!;
      sum += product;
      if (!slopes || !(product > 0)) continue;
      for (let k = 0; k < m; k++) {
        const low = boxes.low[b * m + k]!;
        const high = boxes.high[b * m + k]!;
        const others = product / (psi[k]![high]! - psi[k]![low]!);
        means[k] = means[k]! + others * (this.byMean[k]![high]! - this.byMean[k]![low]!);
        sds[k] = sds[k]! + others * (this.bySd[k]![high]! - this.bySd[k]![low]!);
      }
    }
    if (!(sum > 0)) return -Infinity;
    // Adds the derivatives of the reference's own ψ, which fill() has computed.
    for (let k = 0; k < m; k++) {
      means[k] = means[k]! / sum;
      sds[k] = sds[k]! / sum;
    }
    return scale + log(sum);
  }

  /** Returns the logarithm of the reference's ψ. */
  private fill(k: number): number {
    const { out } = this;
    const { mean, variance } = this.moments[k]!;
    const sd = Math.sqrt(variance);
    const logSd = log(sd);
    const coordinates = this.boxes.coordinates[k]!;
    const psi = this.psi[k]!;
    let most = 0;
    for (let i = coordinates.length - 1; i > 0; i--) {
      const z = (coordinates[i]! - mean) / sd;
      logImprovement(z, out);
      const value = out.value + logSd;
      if (i === coordinates.length - 1) most = value;
      const relative = (psi[i] = quickExp(Math.min(0, value - most)));
      this.byMean[k]![i] = (-relative * out.slope) / sd;
      this.bySd[k]![i] = (relative * (1 - out.slope * z)) / sd;
    }
    psi[0] = this.byMean[k]![0] = this.bySd[k]![0] = 0;
    return most;
  }
}
