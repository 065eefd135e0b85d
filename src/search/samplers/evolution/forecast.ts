/**
 * Forecasts how a child would stand among the trials so far, so that evolution tries the most promising of several children
 * (surrogates in evolution: Jin, "Surrogate-assisted evolutionary computation", Swarm and Evolutionary Computation 1(2), 2011,
 * section 3). For each objective, an additive quadratic response surface (Box & Wilson 1951), fitted with ridge to the ranks of
 * the losses, and the residuals of the nearest trials. Ranks, because losses may differ by orders of magnitude; additive,
 * because some twenty trials must suffice.
 */
import { cholesky, solveLower, solveLowerTransposed } from '../../maths/linalg.js';
import { cellOf, type Axis } from '../../space/unit.js';
import type { Genes } from './genes.js';

export interface Tried {
  genes: Genes;
  /** One value for each objective; smaller is better. Infinity is allowed. */
  losses: readonly number[];
}

const RIDGE = 0.1;
/** Number of nearest trials whose residuals count, and how much. */
const NEAREST = 2;
const RESIDUAL = 0.75;
/** With more parameters than this, the surface is linear: there are too few trials for more, and it would take long. */
const MOST_QUADRATIC = 40;
/** Choices with more values have no part in the surface. */
const MOST_VALUES = 20;
/** Up to this many features, the surface is fitted by features; beyond, by trials if these are fewer. */
const MOST_BY_FEATURES = 200;

/** Features that are not zero, in the order of their indices. */
interface Features {
  /** Number of all features. */
  count: number;
  at: readonly number[];
  values: readonly number[];
}

export class Forecast {
  /** Ranks of the trials in [0, 1) by objective, in their order; equal losses share the best one. */
  readonly ranks: Float64Array[];
  private readonly features: Features[];
  private readonly residuals: Float64Array[];
  private readonly surfaces: Float64Array[];

  /** `tried`: at least one trial. */
  constructor(
    private readonly axes: readonly Axis[],
    private readonly tried: readonly Tried[],
  ) {
    this.features = tried.map(({ genes }) => this.featuresOf(genes));
    this.ranks = tried[0]!.losses.map((_, k) => ranksOf(tried.map(({ losses }) => losses[k]!)));
    this.surfaces = fit(this.features, this.ranks);
    this.residuals = this.ranks.map((ranks, k) =>
      ranks.map((rank, i) => rank - product(this.surfaces[k]!, this.features[i]!)),
    );
  }

  /**
   * Returns the expected rank by objective, on the scale of `ranks` (it may lie beyond it), and the distance to the nearest
   * trial in the unit cube.
   */
  of(genes: Genes): { ranks: number[]; novelty: number } {
    const features = this.featuresOf(genes);
    const all = this.tried.map((one, i) => ({ i, away: distance(this.axes, genes, one.genes) }));
    const near = all.sort((a, b) => a.away - b.away || a.i - b.i).slice(0, NEAREST);
    const weights = near.map(({ away }) => 1 / (away + 1e-9));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const ranks = this.surfaces.map((surface, k) => {
      const residual = near.reduce((sum, { i }, n) => sum + weights[n]! * this.residuals[k]![i]!, 0) / total;
      return product(surface, features) + RESIDUAL * residual;
    });
    return { ranks, novelty: near[0]!.away };
  }

  /** A gene that is missing has no effect. */
  private featuresOf(genes: Genes): Features {
    let count = 1;
    const at = [0];
    const values = [1];
    const put = (value: number): void => {
      if (value !== 0) {
        at.push(count);
        values.push(value);
      }
      count++;
    };
    const quadratic = this.axes.length <= MOST_QUADRATIC;
    for (const [i, { ordered, count: choices, edges }] of this.axes.entries()) {
      if (choices === 1) continue;
      const gene = genes[i]!;
      const isMissing = Number.isNaN(gene);
      if (ordered) {
        const from = isMissing ? 0 : gene - 0.5;
        put(from);
        // Without its mean over the range.
        if (quadratic) put(isMissing ? 0 : from * from - 1 / 12);
      } else if (choices <= MOST_VALUES) {
        if (!isMissing) {
          at.push(count + cellOf(edges!, gene));
          values.push(1);
        }
        count += choices;
      }
    }
    return { count, at, values };
  }
}

/** Ridge regression of each target on the same features, the first of which is constant and free. */
function fit(features: readonly Features[], targets: readonly Float64Array[]): Float64Array[] {
  const { count } = features[0]!;
  return count > Math.max(MOST_BY_FEATURES, features.length)
    ? fitByTrials(features, targets, count)
    : fitByFeatures(features, targets, count);
}

function fitByFeatures(features: readonly Features[], targets: readonly Float64Array[], n: number): Float64Array[] {
  const gram = new Float64Array(n * n);
  for (const { at, values } of features) {
    for (const [k, i] of at.entries()) {
      for (let l = 0; l <= k; l++) gram[i * n + at[l]!] = gram[i * n + at[l]!]! + values[k]! * values[l]!;
    }
  }
  for (let i = 0; i < n; i++) gram[i * n + i] = gram[i * n + i]! + (i === 0 ? 1e-9 : RIDGE);
  const isSolvable = cholesky(gram, n);
  return targets.map((target) => {
    const solution = new Float64Array(n);
    if (!isSolvable) return solution;
    for (const [r, row] of features.entries()) add(solution, row, target[r]!);
    solveLower(gram, n, solution);
    solveLowerTransposed(gram, n, solution);
    return solution;
  });
}

/**
 * Solves the same regression in its dual form (Saunders, Gammerman & Vovk, "Ridge regression learning algorithm in dual
 * variables", ICML 1998), whose matrix has a row for each trial. Centered features and targets leave the constant free.
 */
function fitByTrials(features: readonly Features[], targets: readonly Float64Array[], n: number): Float64Array[] {
  const trials = features.length;
  const gram = new Float64Array(trials * trials);
  const mean = new Float64Array(n);
  const dense = new Float64Array(n);
  for (const [i, row] of features.entries()) {
    add(mean, row, 1 / trials);
    add(dense, row, 1);
    for (let j = 0; j <= i; j++) gram[i * trials + j] = product(dense, features[j]!);
    for (const at of row.at) dense[at] = 0;
  }
  const own = features.map((row) => product(mean, row));
  const both = own.reduce((sum, value) => sum + value, 0) / trials;
  for (let i = 0; i < trials; i++) {
    for (let j = 0; j <= i; j++) gram[i * trials + j] = gram[i * trials + j]! - own[i]! - own[j]! + both;
    gram[i * trials + i] = gram[i * trials + i]! + RIDGE;
  }
  const isSolvable = cholesky(gram, trials);
  return targets.map((target) => {
    const surface = new Float64Array(n);
    if (!isSolvable) return surface;
    const middle = target.reduce((sum, value) => sum + value, 0) / trials;
    const weights = target.map((value) => value - middle);
    solveLower(gram, trials, weights);
    solveLowerTransposed(gram, trials, weights);
    const total = weights.reduce((sum, value) => sum + value, 0);
    for (const [r, row] of features.entries()) add(surface, row, weights[r]! - total / trials);
    let offset = middle;
    for (let i = 1; i < n; i++) offset -= surface[i]! * mean[i]!;
    surface[0] = offset;
    return surface;
  });
}

function ranksOf(losses: readonly number[]): Float64Array {
  const order = losses
    .map((_, i) => i)
    .sort((a, b) => (losses[a]! === losses[b]! ? a - b : losses[a]! < losses[b]! ? -1 : 1));
  const ranks = new Float64Array(losses.length);
  let first = 0;
  for (const [at, i] of order.entries()) {
    if (losses[i] !== losses[order[first]!]) first = at;
    ranks[i] = first / losses.length;
  }
  return ranks;
}

/** Distance of two trials; a choice that differs, or a gene that one of them lacks, counts as the whole range. */
function distance(axes: readonly Axis[], a: Genes, b: Genes): number {
  let sum = 0;
  for (const [i, { ordered }] of axes.entries()) {
    const [own, other] = [a[i]!, b[i]!];
    if (Number.isNaN(own) && Number.isNaN(other)) continue;
    const gap = own - other;
    sum += ordered && !Number.isNaN(gap) ? gap * gap : gap === 0 ? 0 : 1;
  }
  return Math.sqrt(sum);
}

function product(surface: Float64Array, { at, values }: Features): number {
  let sum = 0;
  for (let k = 0; k < at.length; k++) sum += surface[at[k]!]! * values[k]!;
  return sum;
}

function add(into: Float64Array, { at, values }: Features, factor: number): void {
  for (let k = 0; k < at.length; k++) into[at[k]!] = into[at[k]!]! + values[k]! * factor;
}
