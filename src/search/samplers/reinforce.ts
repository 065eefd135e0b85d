/**
 * REINFORCE: a policy draws each parameter's value, and values that led to better trials become more likely. R. J.
 * Williams, "Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning" (Machine
 * Learning 8, 1992), section 5; as a search over architectures, B. Zoph & Q. Le, "Neural Architecture Search with
 * Reinforcement Learning" (ICLR 2017), section 3.2. Experimental: it needs far more trials than the other samplers.
 *
 * The policy is one softmax for each parameter in place of their recurrent network, which a search's few trials could
 * not train. Continuous ranges are divided into `bins`, and a value is drawn uniformly within its bin; the same applies
 * to ranges of integers or steps with more than 128 values. Only parameters that were active in a trial learn from it.
 *
 * The reward is a trial's rank among the latest `WINDOW`, from 1 (best) to -1, so that its scale and outliers don't
 * matter and the baseline is 0. An entropy bonus keeps the policy from converging too early.
 */
import { z } from 'zod';
import type { Params } from '../../protocol/values/index.js';
import { feasible } from '../constraints/index.js';
import { SearchError } from '../errors.js';
import { exp, log } from '../maths/numeric.js';
import { SeenPoints } from '../space/seen.js';
import { countPoints, isActive, keyOf } from '../space/index.js';
import type { History, Random, Sampler, Space } from '../types.js';
import { axesOf, type Axis } from '../space/unit.js';
import { Ended, EndedState } from './evolution/ended.js';
import { compareStandings, standingOf } from './evolution/standing.js';
import { RandomSampler } from './random.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';

export const ReinforceSettings = z.strictObject({
  rate: z.number().min(0.001).max(5).default(0.5).describe('Learning rate of the policy.'),
  entropy: z
    .number()
    .min(0)
    .max(1)
    .default(0.02)
    .describe('Weight of the entropy bonus, which keeps the policy from converging early.'),
  bins: z
    .number()
    .int()
    .min(2)
    .max(128)
    .default(8)
    .describe('Number of bins into which a continuous range is divided.'),
});

const WINDOW = 30;
/** Number of already-tried trials in a row before an untried one is drawn. */
const PATIENCE = 50;

const State = z.object({ scores: z.array(z.array(z.number())), recent: z.array(z.number().int()), ended: EndedState });

export class ReinforceSampler implements Sampler {
  readonly name = 'reinforce';
  private readonly axes: Axis[];
  /** Unnormalized log probabilities by parameter and value. */
  private readonly scores: Float64Array[];
  private readonly points: number;
  private readonly seen = new SeenPoints();
  private readonly ended = new Ended();
  private readonly fallback: RandomSampler;
  private recent: number[] = [];

  constructor(
    private readonly settings: z.infer<typeof ReinforceSettings>,
    private readonly space: Space,
  ) {
    this.axes = axesOf(space);
    this.points = countPoints(space);
    this.fallback = new RandomSampler({}, space);
    this.scores = this.axes.map(({ count, edges }) => {
      return Float64Array.from({ length: count || settings.bins }, (_, k) => {
        return edges ? log(edges[k + 1]! - edges[k]!) : 0;
      });
    });
  }

  suggest(history: History, random: Random): Params | null {
    this.update(history);
    if (this.points !== Infinity) this.seen.update(history);
    if (this.seen.count >= this.points) return null;
    for (let attempt = 0; attempt < PATIENCE; attempt++) {
      const params = feasible(this.space, random, () => this.draw(random));
      if (this.points === Infinity || !this.seen.has(keyOf(this.space, params))) return params;
    }
    return this.fallback.suggest(history, random);
  }

  size(): number | null {
    return this.fallback.size();
  }
  save(): unknown {
    return {
      scores: this.scores.map((own) => [...own].map(atLeast)),
      recent: [...this.recent],
      ended: this.ended.save(),
    };
  }
  load(state: unknown): void {
    const read = State.safeParse(state);
    if (!read.success || read.data.scores.some((own, i) => own.length !== this.scores[i]?.length)) {
      throw new SearchError("the saved state of reinforce can't be read");
    }
    for (const [i, own] of read.data.scores.entries()) this.scores[i]!.set(own);
    this.recent = read.data.recent;
    this.ended.load(read.data.ended);
  }

  private update(history: History): void {
    for (const id of this.ended.update(history)) {
      const { params, repeatOf } = history.trials[id]!;
      if (repeatOf !== undefined) continue;
      const own = standingOf(history.trials[id]!, history.goals);
      let balance = 0;
      for (const other of this.recent) {
        balance += Math.sign(compareStandings(standingOf(history.trials[other]!, history.goals), own));
      }
      const reward = this.recent.length ? balance / this.recent.length : 0;
      this.recent.push(id);
      if (this.recent.length > WINDOW) this.recent.shift();
      this.learn(params, reward);
    }
  }

  private learn(params: Params, reward: number): void {
    const { rate, entropy } = this.settings;
    for (const [i, axis] of this.axes.entries()) {
      const value = entryOf(params, axis.dimension.name);
      if (value === undefined || axis.count === 1) continue;
      const own = this.scores[i]!;
      const taken = this.binOf(axis, axis.count ? axis.indexOf(value) : axis.toUnit(value));
      const shares = softmax(own);
      let mean = 0;
      for (const share of shares) if (share > 0) mean += share * log(share);
      for (let k = 0; k < own.length; k++) {
        const share = shares[k]!;
        // Values with weight 0 stay impossible.
        if (share <= 0) continue;
        const gradient = reward * ((k === taken ? 1 : 0) - share) - entropy * share * (log(share) - mean);
        own[k] = own[k]! + rate * gradient;
      }
    }
  }

  private draw(random: Random): Params {
    const params: Params = {};
    for (const [i, axis] of this.axes.entries()) {
      if (!isActive(axis.dimension, params)) continue;
      const shares = softmax(this.scores[i]!);
      let [left, pick] = [random.next(), 0];
      for (let k = 0; k < shares.length; k++) {
        if (shares[k]! <= 0) continue;
        pick = k;
        if ((left -= shares[k]!) < 0) break;
      }
      const value = axis.count ? axis.fromIndex(pick) : axis.fromUnit((pick + random.next()) / shares.length);
      setEntry(params, axis.dimension.name, value);
    }
    return params;
  }

  private binOf(axis: Axis, at: number): number {
    return axis.count ? at : Math.min(this.settings.bins - 1, Math.floor(at * this.settings.bins));
  }
}

function softmax(scores: Float64Array): Float64Array {
  let most = -Infinity;
  for (const score of scores) most = Math.max(most, score);
  const shares = scores.map((score) => (score > -1e300 ? exp(score - most) : 0));
  let sum = 0;
  for (const share of shares) sum += share;
  return shares.map((share) => share / sum);
}

/** Bounds a score, because JSON has no infinite numbers. */
function atLeast(score: number): number {
  return Math.max(-1e300, score);
}
