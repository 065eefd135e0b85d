/**
 * A Parzen estimator over a conditional space: a mixture of one product kernel for each trial and one that is even
 * over the whole space (the prior), all on the axes of unit.ts.
 *
 * Joint (multivariate): a trial's values are drawn and judged together (Falkner, Klein & Hutter, "BOHB", ICML 2018,
 * section 3.2). Over a tree of conditions, a kernel is even along the axes that its trial did not have: what it says
 * about the branches is then still a proper density, and no group of parameters has to be modelled by itself.
 */
import type { Params } from '../../protocol/values.js';
import { drawWithinUnit, quickCdf, SQRT_2PI } from '../normal.js';
import { log, logSumExp } from '../numeric.js';
import { isActive } from '../space.js';
import type { Random } from '../types.js';
import { cellOf, type Axis } from '../unit.js';

/** In `Point` and in columns: the parameter takes no part. */
export const INACTIVE = -1;
/** By axis: the index of the value, or the place in [0, 1] of a continuous one, or INACTIVE. */
export type Point = Float64Array;

const LEAST_MASS = 1e-10;

export interface Bandwidth {
  /** Of numeric axes, as a share of the range. */
  sigma(axis: Axis, values: Float64Array): number;
  /** Of choices: the share of a kernel's mass that is spread over all of them. */
  smoothing(axis: Axis, active: number): number;
}

export class Parzen {
  private readonly n: number;
  private readonly logWeights: Float64Array;
  /** By axis and kernel. */
  private readonly values: Float64Array[];
  private readonly sigmas: number[];
  private readonly smoothings: number[];
  /** By continuous axis and kernel: 1/σ and the kernel's mass times its normalizer; 0 and 1 where inactive. */
  private readonly sharpness: (Float64Array | null)[];
  private readonly masses: (Float64Array | null)[];
  /** By axis and candidate's value: the logarithm of each kernel value's mass there, and last the prior's. */
  private readonly tables: Float64Array[][];
  private readonly bases = new Map<string, Float64Array>();
  private readonly terms: Float64Array;

  /** `columns` by axis and trial; `rows` are the trials that become kernels, `weights` theirs (the prior has 1). */
  constructor(
    private readonly axes: readonly Axis[],
    columns: readonly Float64Array[],
    rows: Int32Array,
    bandwidth: Bandwidth,
    private readonly weights: Float64Array | null = null,
  ) {
    const n = (this.n = rows.length);
    this.terms = new Float64Array(n + 1);
    this.logWeights = new Float64Array(n);
    if (weights) for (let i = 0; i < n; i++) this.logWeights[i] = log(weights[i]!);
    this.values = columns.map((column) => {
      const values = new Float64Array(n);
      for (let i = 0; i < n; i++) values[i] = column[rows[i]!]!;
      return values;
    });
    this.tables = axes.map(() => []);
    this.sigmas = [];
    this.smoothings = [];
    this.sharpness = [];
    this.masses = [];
    for (const [d, axis] of axes.entries()) {
      const values = this.values[d]!;
      let active = 0;
      for (let i = 0; i < n; i++) if (values[i]! !== INACTIVE) active++;
      const sigma = axis.ordered && axis.count !== 1 ? bandwidth.sigma(axis, values) : 1;
      this.sigmas.push(sigma);
      this.smoothings.push(axis.ordered ? 0 : bandwidth.smoothing(axis, active));
      this.sharpness.push(axis.count ? null : new Float64Array(n));
      this.masses.push(axis.count ? null : new Float64Array(n).fill(1));
      if (axis.count) continue;
      const sharpness = this.sharpness[d]!;
      const masses = this.masses[d]!;
      for (let i = 0; i < n; i++) {
        const at = values[i]!;
        if (at === INACTIVE) continue;
        sharpness[i] = 1 / sigma;
        masses[i] = sigma * SQRT_2PI * (quickCdf((1 - at) / sigma) - quickCdf(-at / sigma));
      }
    }
  }

  /** A draw; `point` is filled. */
  draw(random: Random, point: Point): Params {
    const { axes, n } = this;
    const kernel = this.pick(random);
    const params: Params = {};
    for (let d = 0; d < axes.length; d++) {
      const axis = axes[d]!;
      if (!isActive(axis.dimension, params)) {
        point[d] = INACTIVE;
        continue;
      }
      const at = kernel === n ? INACTIVE : this.values[d]![kernel]!;
      const value = this.place(axis, d, at, random);
      point[d] = value;
      params[axis.dimension.name] = axis.count ? axis.fromIndex(value) : axis.fromUnit(value);
    }
    return params;
  }

  private place(axis: Axis, d: number, at: number, random: Random): number {
    if (axis.count === 1) return 0;
    if (at === INACTIVE) return axis.edges ? cellOf(axis.edges, random.next()) : random.next();
    if (!axis.edges) return drawWithinUnit(at, this.sigmas[d]!, random);
    if (!axis.ordered) return random.next() < this.smoothings[d]! ? cellOf(axis.edges, random.next()) : at;
    const center = (axis.edges[at]! + axis.edges[at + 1]!) / 2;
    return cellOf(axis.edges, drawWithinUnit(center, this.sigmas[d]!, random));
  }

  private pick(random: Random): number {
    const { n, weights } = this;
    if (!weights) return random.int(n + 1);
    let total = 1;
    for (let i = 0; i < n; i++) total += weights[i]!;
    let left = random.next() * total;
    for (let i = 0; i < n; i++) if ((left -= weights[i]!) < 0) return i;
    return n;
  }

  /** Logarithm of the density at the point, up to the sum of all weights (the same for all points). */
  logDensity(point: Point): number {
    const { axes, n, terms } = this;
    terms.set(this.base(point));
    let prior = 0;
    for (let d = 0; d < axes.length; d++) {
      const at = point[d]!;
      const axis = axes[d]!;
      if (at === INACTIVE || axis.count === 1) continue;
      const values = this.values[d]!;
      if (axis.count) {
        const table = (this.tables[d]![at] ??= this.tabulate(axis, d, at));
        const inactive = table[axis.count]!;
        for (let i = 0; i < n; i++) {
          const value = values[i]!;
          terms[i] = terms[i]! + (value < 0 ? inactive : table[value]!);
        }
        prior += inactive;
      } else {
        const sharpness = this.sharpness[d]!;
        for (let i = 0; i < n; i++) {
          const z = (at - values[i]!) * sharpness[i]!;
          terms[i] = terms[i]! - 0.5 * z * z;
        }
      }
    }
    terms[n] = prior;
    return logSumExp(terms, n + 1);
  }

  /** What the kernels' weights and normalizers come to where just these continuous axes take part. */
  private base(point: Point): Float64Array {
    const { axes, n } = this;
    let pattern = '';
    for (let d = 0; d < axes.length; d++) if (!axes[d]!.count) pattern += point[d] === INACTIVE ? '0' : '1';
    const known = this.bases.get(pattern);
    if (known) return known;
    const base = Float64Array.from(this.logWeights);
    const product = new Float64Array(n).fill(1);
    const settle = () => {
      for (let i = 0; i < n; i++) base[i] = base[i]! - log(product[i]!);
      product.fill(1);
    };
    let factors = 0;
    for (let d = 0; d < axes.length; d++) {
      const masses = this.masses[d];
      if (!masses || point[d] === INACTIVE) continue;
      for (let i = 0; i < n; i++) product[i] = product[i]! * masses[i]!;
      // Before a product of many small numbers becomes 0.
      if (++factors % 32 === 0) settle();
    }
    settle();
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
