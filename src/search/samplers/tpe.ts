/**
 * Tree-structured Parzen estimator: tries what is likely among the good trials and unlikely among all others.
 * Bergstra, Bardenet, Bengio & Kégl, "Algorithms for Hyper-Parameter Optimization" (NIPS 2011), section 4; joint over
 * all parameters as in Falkner, Klein & Hutter, "BOHB" (ICML 2018), section 3.2. What each setting does:
 * Watanabe, "Tree-Structured Parzen Estimator" (arXiv 2304.11127), section 3.
 *
 * - Good are the best tenth of the trials that have ended, at most 25 (Watanabe's linear splitting). Completed trials
 *   rank before pruned ones, and of these the ones that got further first, by their last report.
 * - Bad are all others: failed trials too, and those still running, so that parallel workers keep apart.
 * - Good kernels weigh by rank, a plain form of Watanabe's weights by expected improvement; bad ones all the same.
 * - Bandwidth: Scott's rule ("Multivariate Density Estimation", 1992, section 6.3) on the trials and one even
 *   observation over the whole range, times `NARROWER`, and never below 3 % of the range (Watanabe's Δ).
 * - Choices: a kernel's mass spreads over all K of them by the share K / (n + 1 + K), as with one vote for each.
 *
 * `NARROWER`, the weights by rank and Scott's rule were settled on Rosenbrock, Rastrigin, Ackley, Levy, an ellipsoid
 * and two spaces with choices; tests and benchmark report other functions.
 */
import { z } from 'zod';
import type { Params } from '../../protocol/values.js';
import { exp, log } from '../numeric.js';
import { SeenPoints } from '../seen.js';
import { countPoints, keyOf } from '../space.js';
import type { History, Random, Sampler, Space } from '../types.js';
import { axesOf, type Axis } from '../unit.js';
import { Observations } from './observations.js';
import { INACTIVE, Parzen, type Bandwidth, type Point } from './parzen.js';
import { RandomSampler } from './random.js';

export const TpeSettings = z.strictObject({
  startupTrials: z
    .number()
    .int()
    .min(1)
    .default(10)
    .describe('Trials that must have completed or been pruned before it learns from them.'),
  candidates: z.number().int().min(1).max(1000).default(24).describe('Draws of which the most promising is tried.'),
});

const GOOD_SHARE = 0.1;
const GOOD_MOST = 25;
const NARROWER = 0.6;
const LEAST_SIGMA = 0.03;

export class TpeSampler implements Sampler {
  readonly name = 'tpe';
  private readonly axes: Axis[];
  private readonly observations: Observations;
  private readonly bandwidth: Bandwidth;
  private readonly seen = new SeenPoints();
  private readonly points: number;
  /** `startup` suggests the first trials, and in a finite space what is left when the estimate has run dry. */
  private readonly startup: Sampler;

  constructor(
    private readonly settings: z.infer<typeof TpeSettings>,
    space: Space,
    startup: Sampler = new RandomSampler({}, space),
  ) {
    this.axes = axesOf(space);
    this.observations = new Observations(this.axes);
    this.bandwidth = scott(this.axes.filter((axis) => axis.count !== 1).length);
    this.points = countPoints(space);
    this.startup = startup;
  }

  suggest(history: History, random: Random): Params | null {
    this.observations.update(history);
    if (this.observations.ranked.length < this.settings.startupTrials) return this.startup.suggest(history, random);
    const candidates = this.candidates(random);
    if (this.points === Infinity) return candidates[0]!;
    this.seen.update(history);
    const fresh = candidates.find((params) => !this.seen.has(keyOf(history.space, params)));
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

  /** Draws from the good trials' estimate, the most promising first. */
  private candidates(random: Random): Params[] {
    const { axes } = this;
    const { columns } = this.observations;
    const { good, bad } = this.split();
    const weights = Float64Array.from(good, (_, i) => (2 * (good.length - i)) / (good.length + 1));
    const better = new Parzen(axes, columns, good, this.bandwidth, weights);
    const worse = new Parzen(axes, columns, bad, this.bandwidth);
    const point: Point = new Float64Array(axes.length);
    const drawn: { params: Params; score: number }[] = [];
    for (let i = 0; i < this.settings.candidates; i++) {
      const params = better.draw(random, point);
      drawn.push({ params, score: better.logDensity(point) - worse.logDensity(point) });
    }
    return drawn.sort((a, b) => b.score - a.score).map(({ params }) => params);
  }

  private split(): { good: Int32Array; bad: Int32Array } {
    const { ranked, count } = this.observations;
    const good = new Int32Array(Math.min(GOOD_MOST, Math.ceil(GOOD_SHARE * ranked.length)));
    const isGood = new Uint8Array(count);
    for (let i = 0; i < good.length; i++) isGood[(good[i] = ranked[i]!.id)] = 1;
    const bad = new Int32Array(count - good.length);
    for (let id = 0, i = 0; id < count; id++) if (!isGood[id]) bad[i++] = id;
    return { good, bad };
  }
}

function scott(dimensions: number): Bandwidth {
  return {
    sigma(axis, values) {
      // Begins with the even observation: mean 1/2, variance 1/12.
      let [sum, squares, count] = [1 / 2, 1 / 4 + 1 / 12, 1];
      for (let i = 0; i < values.length; i++) {
        const at = values[i]!;
        if (at === INACTIVE) continue;
        const u = axis.edges ? (axis.edges[at]! + axis.edges[at + 1]!) / 2 : at;
        sum += u;
        squares += u * u;
        count++;
      }
      const deviation = Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
      const shrink = exp(-log(count) / (dimensions + 4));
      const sigma = Math.max(LEAST_SIGMA, NARROWER * deviation * shrink);
      // A kernel of a stepped range reaches the neighboring values.
      return Math.min(1, axis.count ? Math.max(sigma, 0.5 / axis.count) : sigma);
    },
    smoothing: (axis, active) => axis.count / (active + 1 + axis.count),
  };
}
