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

export class Forecast {
  /** Ranks of the trials in [0, 1) by objective, in their order; equal losses share the best one. */
  readonly ranks: Float64Array[];
  private readonly features: Float64Array[];
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
  private featuresOf(genes: Genes): Float64Array {
    const features = [1];
    const quadratic = this.axes.length <= MOST_QUADRATIC;
    for (const [i, { ordered, count, edges }] of this.axes.entries()) {
      if (count === 1) continue;
      const gene = genes[i]!;
      const isMissing = Number.isNaN(gene);
      if (ordered) {
        const from = isMissing ? 0 : gene - 0.5;
        features.push(from);
        // Without its mean over the range.
        if (quadratic) features.push(isMissing ? 0 : from * from - 1 / 12);
      } else if (count <= MOST_VALUES) {
        const cell = isMissing ? -1 : cellOf(edges!, gene);
        for (let value = 0; value < count; value++) features.push(cell === value ? 1 : 0);
      }
    }
    return Float64Array.from(features);
  }
}

/** Ridge regression of each target on the same features, the first of which is constant and free. */
function fit(features: readonly Float64Array[], targets: readonly Float64Array[]): Float64Array[] {
  const n = features[0]!.length;
  const gram = new Float64Array(n * n);
  for (const row of features) {
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) gram[i * n + j] = gram[i * n + j]! + row[i]! * row[j]!;
  }
  for (let i = 0; i < n; i++) gram[i * n + i] = gram[i * n + i]! + (i === 0 ? 1e-9 : RIDGE);
  const isSolvable = cholesky(gram, n);
  return targets.map((target) => {
    const solution = new Float64Array(n);
    if (!isSolvable) return solution;
    for (const [r, row] of features.entries())
      for (let i = 0; i < n; i++) solution[i] = solution[i]! + row[i]! * target[r]!;
    solveLower(gram, n, solution);
    solveLowerTransposed(gram, n, solution);
    return solution;
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

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
