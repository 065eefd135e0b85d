/**
 * The user's prior (`dimension.prior`) as one kernel of the mixture: around the preferred value with width `sd`, and
 * uniform along axes without a prior. It counts as much as `weight` trials, so evidence soon outweighs it: the decay
 * that Hvarfner et al., "πBO" (ICLR 2022), section 3, give to priors, expressed within the estimator.
 */
import { drawWithinUnit, quickCdf, SQRT_2PI } from '../../maths/normal.js';
import { log } from '../../maths/numeric.js';
import type { Random, Space } from '../../types.js';
import { cellOf, type Axis } from '../../space/unit.js';
import { INACTIVE, type Point, type Tree } from './tree.js';

const DEFAULT_SD = 0.25;
const LEAST_SD = 0.005;
const LEAST_MASS = 1e-10;

interface Expected {
  center: number;
  sigma: number;
  /** Continuous axes: logarithm of the kernel's mass times its normalizer. */
  logMass: number;
  /** Axes with a count: edges of the values' shares of [0, 1]. */
  edges: Float64Array | null;
}

export class Belief {
  private readonly expected: (Expected | null)[];

  constructor(
    private readonly tree: Tree,
    readonly weight: number,
  ) {
    this.expected = tree.axes.map(expectedOf);
  }

  /** Returns null if there are no priors. */
  static of(space: Space, tree: Tree, weight: number): Belief | null {
    return space.dimensions.some((d) => d.prior) ? new Belief(tree, weight) : null;
  }

  /** Sets the point to the preferred values, and to the middle where there are none. */
  mode(random: Random, point: Point): void {
    this.tree.fill(point, (d) => {
      const expected = this.expected[d];
      const { edges } = this.tree.axes[d]!;
      if (!expected) return this.tree.middleOf(d, random);
      return edges ? cellOf(edges, expected.center) : expected.center;
    });
  }

  draw(random: Random, point: Point): void {
    this.tree.fill(point, (d) => this.place(d, random));
  }

  place(d: number, random: Random): number {
    const axis = this.tree.axes[d]!;
    const expected = this.expected[d];
    const edges = expected?.edges ?? axis.edges;
    if (edges) return cellOf(edges, random.next());
    return expected ? drawWithinUnit(expected.center, expected.sigma, random) : random.next();
  }

  logDensity(point: Point): number {
    let sum = 0;
    for (const [d, axis] of this.tree.axes.entries()) {
      const at = point[d]!;
      if (at === INACTIVE || axis.count === 1) continue;
      const expected = this.expected[d];
      const edges = expected?.edges ?? axis.edges;
      if (edges) sum += log(Math.max(LEAST_MASS, edges[at + 1]! - edges[at]!));
      else if (expected) sum -= 0.5 * ((at - expected.center) / expected.sigma) ** 2 + expected.logMass;
    }
    return sum;
  }
}

function expectedOf(axis: Axis): Expected | null {
  const { prior } = axis.dimension;
  if (!prior || axis.count === 1) return null;
  const sigma = Math.max(LEAST_SD, prior.sd ?? DEFAULT_SD);
  const { edges } = axis;
  const at = edges ? axis.indexOf(prior.value) : 0;
  if (at < 0) return null;
  const center = edges ? (edges[at]! + edges[at + 1]!) / 2 : axis.toUnit(prior.value);
  const below = (u: number) => quickCdf((u - center) / sigma);
  const mass = below(1) - below(0);
  const logMass = log(sigma * SQRT_2PI * mass);
  if (!edges) return { center, sigma, logMass, edges: null };
  // No choice is nearer than another, so the uncertainty is spread over all.
  const spread = Math.min(1, 2 * sigma);
  let sum = 0;
  const shares = Float64Array.from({ length: axis.count + 1 }, (_, k) => {
    if (k === 0) return 0;
    if (axis.ordered) return (below(edges[k]!) - below(0)) / mass;
    sum += spread * (edges[k]! - edges[k - 1]!) + (k - 1 === at ? 1 - spread : 0);
    return sum;
  });
  shares[axis.count] = 1;
  return { center, sigma, logMass, edges: shares };
}
