/**
 * Tree-structured Parzen estimator: suggests points that are likely among the good trials and unlikely among all
 * others. Bergstra, Bardenet, Bengio & Kégl, "Algorithms for Hyper-Parameter Optimization" (NIPS 2011), section 4;
 * joint over all parameters as in Falkner, Klein & Hutter, "BOHB" (ICML 2018), section 3.2. Watanabe, "Tree-Structured
 * Parzen Estimator" (arXiv 2304.11127), section 3, explains what each setting does.
 *
 * Good and bad trials: split.ts, for several objectives front.ts. Bandwidths: bandwidth.ts. Measured constraints:
 * constraints.ts. The user's prior: parzen/belief.ts; until there is something to learn from, every second draw follows
 * it. The first trial: portfolio/first.ts. Earlier searches' trials are split separately, because their values may be
 * on another scale; they weigh `EARLIER` at first, and less as more is known about this search.
 *
 * Niches, crossed draws, bandwidths and weights by rank were tuned on Rosenbrock, Rastrigin, Ackley, Levy, Griewank,
 * Styblinski-Tang, Schwefel, the six-hump camel, a sharp ridge and ellipsoids with shifts (and rotations) of their own,
 * in 2 to 20 dimensions, some with noise, and on made-up spaces with choices, steps and conditions.
 */
import { z } from 'zod';
import type { Params } from '../../../protocol/values/index.js';
import { cheapnessOf } from '../../gp/cost.js';
import { feasible, isConstrained } from '../../constraints/index.js';
import { exp, log } from '../../maths/numeric.js';
import { SeenPoints } from '../../space/seen.js';
import { countPoints, keyOf } from '../../space/index.js';
import type { History, Random, Sampler, Space, Trial } from '../../types.js';
import { Observations } from '../observations.js';
import { type Kernels, Parzen } from '../parzen/index.js';
import { Belief } from '../parzen/belief.js';
import { type Point, Tree } from '../parzen/tree.js';
import { firstOf } from '../portfolio/first.js';
import { RandomSampler } from '../random.js';
import { scott } from './bandwidth.js';
import { Feasibility } from './constraints.js';
import { Fronts } from './front.js';
import { type Split, splitOf } from './split.js';
import type { Weighed } from './weighed.js';

export const TpeSettings = z.strictObject({
  startupTrials: z
    .number()
    .int()
    .min(1)
    .default(10)
    .describe('Trials that must have completed or been pruned before it learns from them.'),
  candidates: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(24)
    .describe('Number of draws, of which the most promising is tried.'),
});

/**
 * Share of suggestions that look at niches: half, or 3/d with d > 6 parameters. The share is 0 up to `NICHES_FROM`
 * trials and complete after `NICHES_OVER` more. The radius is log-uniform between two bounds.
 */
const NICHES = 0.5;
const NICHES_PARAMETERS = 3;
const NICHES_FROM = 30;
const NICHES_OVER = 100;
const NEAREST = 0.05;
const FARTHEST = 0.25;
/** Share of draws that take each parameter from another good trial. */
const CROSSED = 0.3;
/** Number of trials that the user's prior counts for. */
const BELIEF_WEIGHT = 3;
/** Initial weight of an earlier search's trial, and the number of this search's trials over which it halves. */
const EARLIER = 0.5;
const EARLIER_FADES = 10;

export class TpeSampler implements Sampler {
  readonly name = 'tpe';
  private readonly tree: Tree;
  private readonly belief: Belief | null;
  private readonly observations: Observations;
  private past: { trials: readonly Trial[]; observations: Observations; fronts: Fronts } | null = null;
  private readonly fronts = new Fronts();
  private readonly seen = new SeenPoints();
  private readonly points: number;
  /**
   * `startup` suggests the first trials, and in a finite space the remaining points once the estimate yields nothing
   * new.
   */
  private readonly startup: Sampler;

  constructor(
    private readonly settings: z.infer<typeof TpeSettings>,
    space: Space,
    startup: Sampler = new RandomSampler({}, space),
  ) {
    this.tree = new Tree(space);
    this.belief = Belief.of(space, this.tree, BELIEF_WEIGHT);
    this.observations = new Observations(this.tree);
    this.points = countPoints(space);
    this.startup = startup;
  }

  suggest(history: History, random: Random): Params | null {
    this.observations.update(history);
    this.readPast(history);
    const { startupTrials } = this.settings;
    const past = this.past?.observations.known ?? 0;
    // With at least that many earlier trials, half as many of its own are enough.
    const needed = past >= startupTrials ? Math.ceil(startupTrials / 2) : startupTrials;
    if (this.observations.known < needed) return this.begin(history, random);
    const { space } = history;
    const constrained = isConstrained(space);
    if (this.points === Infinity && !constrained) return this.candidates(history, random, 1)[0]!;
    const candidates = this.candidates(history, random, this.settings.candidates);
    if (this.points === Infinity) return candidates[0]!;
    this.seen.update(history);
    const fresh = candidates.find((params) => !this.seen.has(keyOf(space, params)));
    return fresh ?? this.startup.suggest(history, random);
  }

  size(space: Space): number | null {
    return this.startup.size?.(space) ?? null;
  }

  save(): unknown {
    return this.startup.save?.() ?? null;
  }

  load(state: unknown): void {
    if (state !== null && state !== undefined) this.startup.load?.(state);
  }

  private begin(history: History, random: Random): Params | null {
    const { belief, tree, observations } = this;
    const first = firstOf(history, random);
    if (first) return first;
    if (!belief || observations.count % 2 === 1) return this.startup.suggest(history, random);
    const point: Point = new Float64Array(tree.axes.length);
    const params = feasible(history.space, random, () => {
      belief.draw(random, point);
      return tree.paramsAt(point);
    });
    if (this.points === Infinity) return params;
    this.seen.update(history);
    return this.seen.has(keyOf(history.space, params)) ? this.startup.suggest(history, random) : params;
  }

  private readPast(history: History): void {
    const { earlier = [] } = history;
    if (earlier === this.past?.trials || (!this.past && earlier.length === 0)) return;
    const observations = new Observations(this.tree);
    observations.update({ ...history, trials: earlier.map((trial, id) => ({ ...trial, id })) });
    this.past = { trials: earlier, observations, fronts: new Fronts() };
  }

  /** Draws from the estimate of the good trials and returns at most `most` points, most promising first. */
  private candidates(history: History, random: Random, most: number): Params[] {
    const { tree, observations, belief } = this;
    const { space } = history;
    const bandwidth = scott(tree.free, observations.count);
    const radius = this.radius(random);
    const [own, past] = this.splits(history.goals.length > 1, radius);
    const better = new Parzen(tree, this.kernels(own.good, past?.good), bandwidth, belief);
    const worse = new Parzen(tree, this.kernels(own.bad, past?.bad), bandwidth);
    const feasibility = new Feasibility(observations, tree, bandwidth, (rows, weights) =>
      this.kernels({ rows, weights }),
    );
    const constrained = isConstrained(space);
    const cheapness = cheapnessOf(history);
    const drawn: { point: Point; score: number }[] = [];
    for (let i = 0; i < this.settings.candidates; i++) {
      const point: Point = new Float64Array(tree.axes.length);
      if (constrained) {
        const params = feasible(space, random, () => {
          better.draw(random, point, CROSSED);
          return tree.paramsAt(point);
        });
        for (let d = 0; d < point.length; d++) point[d] = tree.placeOf(d, params);
      } else better.draw(random, point, CROSSED);
      const score = better.logDensity(point) - worse.logDensity(point) + feasibility.score(point);
      drawn.push({ point, score: score + (cheapness?.(tree.paramsAt(point)) ?? 0) });
    }
    drawn.sort((a, b) => b.score - a.score);
    return drawn.slice(0, most).map(({ point }) => tree.paramsAt(point));
  }

  /** Draws the radius of niches; 0 means none. */
  private radius(random: Random): number {
    const ramp = Math.min(1, Math.max(0, (this.observations.count - NICHES_FROM) / NICHES_OVER));
    const share = ramp * Math.min(NICHES, NICHES_PARAMETERS / this.tree.free);
    return random.next() < share ? NEAREST * exp(random.next() * log(FARTHEST / NEAREST)) : 0;
  }

  private splits(several: boolean, radius: number): [own: Split, past: Split | null] {
    const own = splitOf(this.observations, this.tree, several ? this.fronts : null, radius);
    const { past } = this;
    if (!past || past.observations.known === 0) return [own, null];
    const weight = (EARLIER * EARLIER_FADES) / (EARLIER_FADES + this.observations.known);
    const { good, bad } = splitOf(past.observations, this.tree, several ? past.fronts : null, 0);
    const lighter = ({ rows, weights }: Weighed) => ({ rows, weights: weights.map((w) => w * weight) });
    return [own, { good: lighter(good), bad: lighter(bad) }];
  }

  private kernels(own: Weighed, past?: Weighed): Kernels {
    const n = own.rows.length;
    const more = past?.rows.length ?? 0;
    const weights = new Float64Array(n + more);
    weights.set(own.weights);
    if (past) weights.set(past.weights, n);
    const values = this.observations.columns.map((column, d) => {
      const gathered = new Float64Array(n + more);
      for (let i = 0; i < n; i++) gathered[i] = column[own.rows[i]!]!;
      const earlier = this.past?.observations.columns[d];
      for (let i = 0; i < more; i++) gathered[n + i] = earlier![past!.rows[i]!]!;
      return gathered;
    });
    return { values, weights };
  }
}
