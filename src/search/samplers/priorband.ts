/**
 * PriorBand: draws at random, from the user's prior (`Dimension.prior`), or near the best trial so far. Mallik,
 * Bergman, Hvarfner, Stoll, Janowski, Lindauer, Nardi & Hutter, "PriorBand: Practical Hyperparameter Optimization in
 * the Age of Deep Learning" (NeurIPS 2023), section 5 and algorithm 2. Intended for `hyperband`.
 *
 * - The share of random draws is 1/(1 + η^r) in bracket r: the longer trials are from the start, the more the sampler
 *   relies on what is known.
 * - The rest is divided between prior and incumbent by how well each explains the best trials of the furthest rung that
 *   η trials have reached: the rank-weighted sum of their densities under either (section 5.2). Before a trial has
 *   completed, all goes to the prior.
 * - Near the incumbent, each parameter moves with probability ½, by a quarter of its range (section 5.1).
 */
import { z } from 'zod';
import type { Params } from '../../protocol/values/index.js';
import { feasible } from '../constraints/index.js';
import { FidelityLosses } from '../curves/fidelityRank.js';
import { drawWithinUnit, normalCdf, normalDensity } from '../maths/normal.js';
import { SeenPoints } from '../space/seen.js';
import { countPoints, isActive, keyOf } from '../space/index.js';
import type { History, Random, Sampler, Space, Trial } from '../types.js';
import { axesOf, cellOf, type Axis } from '../space/unit.js';
import { RandomSampler } from './random.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';

export const PriorBandSettings = z.strictObject({
  eta: z.number().min(2).max(100).default(3).describe('As for the pruner: one in this many trials continues.'),
});

const MOVED = 0.5;
const SIGMA = 0.25;

/** Centers of the draws on the axes, each with its own standard deviation; null is uniform. */
type Centers = (axis: Axis) => { at: number; sd: number; share: number } | null;

export class PriorBandSampler implements Sampler {
  readonly name = 'priorband';
  private readonly axes: Axis[];
  private readonly ranks = new FidelityLosses();
  private readonly atRandom: RandomSampler;
  private readonly seen = new SeenPoints();
  private readonly finite: boolean;
  private readonly hasPrior: boolean;

  constructor(
    private readonly settings: z.infer<typeof PriorBandSettings>,
    space: Space,
  ) {
    this.axes = axesOf(space);
    this.atRandom = new RandomSampler({}, space);
    this.finite = Number.isFinite(countPoints(space));
    this.hasPrior = space.dimensions.some(({ prior }) => prior);
  }

  suggest(history: History, random: Random): Params | null {
    const centers = this.choose(history, random);
    if (!centers) return this.atRandom.suggest(history, random);
    const params = feasible(history.space, random, () => this.draw(centers, random));
    if (!this.finite) return params;
    this.seen.update(history);
    return this.seen.has(keyOf(history.space, params)) ? this.atRandom.suggest(history, random) : params;
  }

  private choose(history: History, random: Random): Centers | null {
    let power = 1;
    for (let r = 0; r < (history.bracket ?? 0); r++) power *= this.settings.eta;
    if (random.next() < 1 / (1 + power)) return null;
    const best = history.goals.length === 1 ? this.bestTrials(history) : [];
    const incumbent = best[0];
    if (!incumbent) return this.hasPrior ? priorOf : null;
    const near = this.around(incumbent);
    if (!this.hasPrior) return near;
    let [prior, own] = [0, 0];
    for (const [i, trial] of best.entries()) {
      prior += (best.length - i) * this.density(trial.params, priorOf);
      own += (best.length - i) * this.density(trial.params, near);
    }
    return random.next() * (prior + own) < prior ? priorOf : near;
  }

  /** Returns the best 1/η of the trials that got furthest; none before one has completed. */
  private bestTrials(history: History): Trial[] {
    const { ranks } = this;
    ranks.update(history);
    const usable = history.trials.filter(({ id, state }) => state !== 'running' && ranks.losses[id]! < Infinity);
    if (!usable.some(({ state }) => state === 'completed')) return [];
    const byLoss = usable.sort((a, b) => ranks.losses[a.id]! - ranks.losses[b.id]! || a.id - b.id);
    const shares = [...new Set(usable.map(({ id }) => ranks.share[id]!))].sort((a, b) => b - a);
    const share = shares.find((s) => byLoss.filter(({ id }) => ranks.share[id]! >= s).length >= this.settings.eta);
    const there = byLoss.filter(({ id }) => ranks.share[id]! >= (share ?? shares[0]!));
    return there.slice(0, Math.max(1, Math.floor(there.length / this.settings.eta)));
  }

  private around({ params }: Trial): Centers {
    return (axis) => {
      const value = entryOf(params, axis.dimension.name);
      return value === undefined ? null : { at: axis.toUnit(value), sd: SIGMA, share: 1 - MOVED };
    };
  }

  private draw(centers: Centers, random: Random): Params {
    const params: Params = {};
    for (const axis of this.axes) {
      const { name } = axis.dimension;
      if (!isActive(axis.dimension, params)) continue;
      const center = centers(axis);
      if (!center) setEntry(params, name, axis.fromUnit(random.next()));
      else if (random.next() < center.share) setEntry(params, name, axis.fromUnit(center.at));
      else if (!axis.ordered && axis.edges) setEntry(params, name, axis.fromUnit(random.next()));
      else setEntry(params, name, axis.fromUnit(drawWithinUnit(center.at, center.sd, random)));
    }
    return params;
  }

  /**
   * Returns the product of the densities over the parameters; an unmoved value counts as spread over its standard
   * deviation.
   */
  private density(params: Params, centers: Centers): number {
    let product = 1;
    for (const axis of this.axes) {
      const value = entryOf(params, axis.dimension.name);
      const center = value === undefined || axis.count === 1 ? null : centers(axis);
      if (!center || value === undefined) continue;
      if (!axis.ordered && axis.edges) {
        const own = cellOf(axis.edges, center.at) === axis.indexOf(value);
        product *= (own ? center.share : 0) * axis.count + (1 - center.share);
      } else {
        const z = (axis.toUnit(value) - center.at) / center.sd;
        const mass = normalCdf((1 - center.at) / center.sd) - normalCdf(-center.at / center.sd);
        product *= normalDensity(z) / (center.sd * mass);
      }
    }
    return product;
  }
}

function priorOf(axis: Axis): ReturnType<Centers> {
  const { prior } = axis.dimension;
  if (!prior) return null;
  const sd = prior.sd ?? SIGMA;
  const choice = !axis.ordered && axis.edges !== null;
  return { at: axis.toUnit(prior.value), sd: Math.max(1e-3, sd), share: choice ? Math.max(0, 1 - sd) : 0 };
}
