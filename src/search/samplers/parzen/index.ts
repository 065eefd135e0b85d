/**
 * A Parzen estimator over a conditional space: a mixture of one product kernel for each trial, one that is uniform over
 * the whole space (the prior), and one for the user's prior if given (belief.ts), all on the axes of unit.ts.
 *
 * Joint (multivariate): a trial's values are drawn and evaluated together (Falkner, Klein & Hutter, "BOHB", ICML 2018,
 * section 3.2). In a tree of conditions, a kernel is uniform along the axes that its trial did not have: its density
 * over the branches remains proper, and no group of parameters has to be modelled separately.
 */
import { drawWithinUnit, quickCdf, SQRT_2PI } from '../../maths/normal.js';
import { log, logSumExp } from '../../maths/numeric.js';
import type { Random } from '../../types.js';
import { cellOf, type Axis } from '../../space/unit.js';
import type { Belief } from './belief.js';
import { INACTIVE, type Point, type Tree } from './tree.js';

export { INACTIVE };

const LEAST_MASS = 1e-10;
/** Distance from an edge, in standard deviations, beyond which a kernel loses less than 1e-9 of its mass there. */
const UNCUT = 6;
/** Difference of logarithms at which a term is negligible, as in `logSumExp`. */
const NEGLIGIBLE = 50;

/** Bandwidths of the kernels. `values` are by kernel; INACTIVE if a trial did not have the parameter. */
export interface Bandwidth {
  /** Returns the bandwidth of a numeric axis, as a share of the range. */
  sigma(axis: Axis, values: Float64Array, weights: Float64Array): number;
  /** Returns the share of a choice kernel's mass that is spread over all values. */
  smoothing(axis: Axis, active: number): number;
}

/** Centers of the kernels by axis and kernel, and the weight of each kernel (the uniform prior has 1). */
export interface Kernels {
  values: Float64Array[];
  weights: Float64Array;
}

export class Parzen {
  private readonly n: number;
  private readonly axes: readonly Axis[];
  private readonly logWeights: Float64Array;
  private readonly total: number;
  private readonly values: Float64Array[];
  private readonly weights: Float64Array;
  private readonly sigmas: Float64Array;
  private readonly smoothings: Float64Array;
  /** Continuous axes, and the remaining axes with more than one value. */
  private readonly smooth: number[] = [];
  private readonly listed: number[] = [];
  /** Centers by kernel and continuous axis, in standard deviations; NaN if inactive. */
  private readonly places: Float64Array;
  /** True if any kernel is inactive along a continuous axis. */
  private gaps = false;
  /** Mass times normalizer, by continuous axis and kernel; 1 if inactive. */
  private readonly masses: Float64Array[];
  /** By axis and candidate value: log mass there of each kernel value, and last of the prior. */
  private readonly tables: Float64Array[][];
  private readonly bases = new Map<string, Float64Array>();
  private readonly terms: Float64Array;
  private readonly at: Float64Array;

  constructor(
    private readonly tree: Tree,
    kernels: Kernels,
    bandwidth: Bandwidth,
    private readonly belief: Belief | null = null,
  ) {
    const { axes } = tree;
    const { values, weights } = kernels;
    const n = (this.n = weights.length);
    this.axes = axes;
    this.values = values;
    this.weights = weights;
    this.terms = new Float64Array(n + 2);
    this.logWeights = new Float64Array(n);
    this.total = 1 + (belief?.weight ?? 0);
    for (let i = 0; i < n; i++) {
      this.logWeights[i] = weights[i] === 1 ? 0 : log(weights[i]!);
      this.total += weights[i]!;
    }
    this.sigmas = new Float64Array(axes.length).fill(1);
    this.smoothings = new Float64Array(axes.length);
    this.tables = axes.map(() => []);
    for (const [d, { count }] of axes.entries()) {
      if (count === 0) this.smooth.push(d);
      else if (count > 1) this.listed.push(d);
    }
    this.places = new Float64Array(n * this.smooth.length);
    this.at = new Float64Array(this.smooth.length);
    this.masses = this.smooth.map((d, k) => this.shape(d, k, bandwidth));
    for (const d of this.listed) this.spread(d, bandwidth);
  }

  private spread(d: number, bandwidth: Bandwidth): void {
    const axis = this.axes[d]!;
    const values = this.values[d]!;
    if (axis.ordered) {
      this.sigmas[d] = bandwidth.sigma(axis, values, this.weights);
      return;
    }
    let active = 0;
    for (let i = 0; i < this.n; i++) if (values[i]! !== INACTIVE) active++;
    this.smoothings[d] = bandwidth.smoothing(axis, active);
  }

  /** Fills column k of the places. */
  private shape(d: number, k: number, bandwidth: Bandwidth): Float64Array {
    const { n, places } = this;
    const stride = this.smooth.length;
    const values = this.values[d]!;
    const sigma = (this.sigmas[d] = bandwidth.sigma(this.axes[d]!, values, this.weights));
    const masses = new Float64Array(n);
    const sharp = 1 / sigma;
    const full = sigma * SQRT_2PI;
    for (let i = 0, p = k; i < n; i++, p += stride) {
      const at = values[i]!;
      if (at === INACTIVE) {
        this.gaps = true;
        places[p] = NaN;
        masses[i] = 1;
        continue;
      }
      const below = (places[p] = at * sharp);
      const above = sharp - below;
      let cut = 0;
      if (below < UNCUT) cut += quickCdf(-below);
      if (above < UNCUT) cut += quickCdf(-above);
      masses[i] = full * (1 - cut);
    }
    return masses;
  }

  /**
   * Draws into `point`. `crossed` is the share of draws that take each parameter from a different kernel, which
   * combines the strengths of several trials.
   */
  draw(random: Random, point: Point, crossed = 0): void {
    const { axes, n, tree } = this;
    const isCrossed = crossed > 0 && random.next() < crossed;
    let kernel = this.pick(random);
    for (let d = 0; d < axes.length; d++) {
      if (isCrossed && d > 0) kernel = this.pick(random);
      if (!tree.isActive(d, point)) point[d] = INACTIVE;
      else if (kernel > n) point[d] = this.belief!.place(d, random);
      else point[d] = this.place(axes[d]!, d, kernel === n ? INACTIVE : this.values[d]![kernel]!, random);
    }
  }

  private place(axis: Axis, d: number, at: number, random: Random): number {
    if (axis.count === 1) return 0;
    if (at === INACTIVE) return axis.edges ? cellOf(axis.edges, random.next()) : random.next();
    if (!axis.edges) return drawWithinUnit(at, this.sigmas[d]!, random);
    if (!axis.ordered) return random.next() < this.smoothings[d]! ? cellOf(axis.edges, random.next()) : at;
    const center = (axis.edges[at]! + axis.edges[at + 1]!) / 2;
    return cellOf(axis.edges, drawWithinUnit(center, this.sigmas[d]!, random));
  }

  /** Returns the index of a random kernel; n is the uniform prior, n + 1 the belief. */
  private pick(random: Random): number {
    const { n, weights } = this;
    let left = random.next() * this.total;
    for (let i = 0; i < n; i++) if ((left -= weights[i]!) < 0) return i;
    return this.belief && (left -= this.belief.weight) < 0 ? n + 1 : n;
  }

  /** Returns the log density at the point. */
  logDensity(point: Point): number {
    const { n, terms, belief, at, smooth, sigmas, places } = this;
    let gaps = this.gaps;
    for (let k = 0; k < smooth.length; k++) {
      const d = smooth[k]!;
      const u = point[d]!;
      at[k] = u === INACTIVE ? NaN : u / sigmas[d]!;
      gaps ||= u === INACTIVE;
    }
    terms.set(this.base(point));
    const prior = this.addListed(point);
    const m = smooth.length;
    let most = prior;
    for (let i = 0, p = 0; i < n; i++, p += m) {
      let term = terms[i]!;
      // Terms this far below the greatest don't change the sum; many kernels are, after some of the axes.
      const least = most - NEGLIGIBLE;
      if (gaps) {
        for (let k = 0; k < m && term > least; k++) {
          const z = at[k]! - places[p + k]!;
          if (!Number.isNaN(z)) term -= 0.5 * z * z;
        }
      } else {
        let k = 0;
        for (; k + 1 < m; k += 2) {
          const y = at[k]! - places[p + k]!;
          const z = at[k + 1]! - places[p + k + 1]!;
          term -= 0.5 * (y * y + z * z);
          if (term < least) break;
        }
        if (k + 1 === m) {
          const z = at[k]! - places[p + k]!;
          term -= 0.5 * z * z;
        }
      }
      terms[i] = term;
      if (term > most) most = term;
    }
    terms[n] = prior;
    terms[n + 1] = belief ? log(belief.weight) + belief.logDensity(point) : -Infinity;
    return logSumExp(terms, n + 2) - log(this.total);
  }

  /** Adds the contributions of choices and steps to the terms; returns the uniform prior's own term. */
  private addListed(point: Point): number {
    const { n, terms } = this;
    let prior = 0;
    for (const d of this.listed) {
      const at = point[d]!;
      if (at === INACTIVE) continue;
      const axis = this.axes[d]!;
      const values = this.values[d]!;
      const table = (this.tables[d]![at] ??= this.tabulate(axis, d, at));
      const inactive = table[axis.count]!;
      for (let i = 0; i < n; i++) {
        const value = values[i]!;
        terms[i] = terms[i]! + (value < 0 ? inactive : table[value]!);
      }
      prior += inactive;
    }
    return prior;
  }

  /** Returns the log weights plus normalizers of the kernels for this set of active continuous axes. */
  private base(point: Point): Float64Array {
    const { n, smooth, masses } = this;
    let pattern = '';
    for (const d of smooth) if (point[d] === INACTIVE) pattern += `${d} `;
    const known = this.bases.get(pattern);
    if (known) return known;
    const base = Float64Array.from(this.logWeights);
    const product = new Float64Array(n).fill(1);
    let factors = 0;
    for (const [k, d] of smooth.entries()) {
      if (point[d] === INACTIVE) continue;
      const factor = masses[k]!;
      for (let i = 0; i < n; i++) product[i] = product[i]! * factor[i]!;
      // Takes logarithms before the product underflows to 0.
      if (++factors % 32 === 0) subtractLogs(base, product);
    }
    subtractLogs(base, product);
    this.bases.set(pattern, base);
    return base;
  }

  private tabulate(axis: Axis, d: number, at: number): Float64Array {
    const table = new Float64Array(axis.count + 1);
    const edges = axis.edges!;
    const prior = edges[at + 1]! - edges[at]!;
    const sigma = this.sigmas[d]!;
    for (let k = 0; k < axis.count; k++) {
      if (!axis.ordered) {
        const smoothing = this.smoothings[d]!;
        table[k] = log(Math.max(LEAST_MASS, smoothing * prior + (k === at ? 1 - smoothing : 0)));
        continue;
      }
      const center = (edges[k]! + edges[k + 1]!) / 2;
      const below = (u: number) => quickCdf((u - center) / sigma);
      const mass = (below(edges[at + 1]!) - below(edges[at]!)) / (below(1) - below(0));
      table[k] = log(Math.max(LEAST_MASS, mass));
    }
    table[axis.count] = log(Math.max(LEAST_MASS, prior));
    return table;
  }
}

/** Subtracts the products' logarithms and resets the products to 1. */
function subtractLogs(base: Float64Array, product: Float64Array): void {
  for (let i = 0; i < base.length; i++) base[i] = base[i]! - log(product[i]!);
  product.fill(1);
}
