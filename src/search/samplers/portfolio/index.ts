/**
 * Divides the trials between several samplers, all of which learn from all trials, by the credit of each
 * (portfolio/credit.ts): the next trial goes to the best one in a draw from the posteriors of the mean rewards, as in
 * Thompson sampling (Chapelle & Li, "An Empirical Evaluation of Thompson Sampling", NIPS 2011, section 2), with rewards
 * that decay, so that the preference can change. One trial in twenty goes to a random sampler, so that a late bloomer
 * is noticed; a poor sampler gets little more than that.
 *
 * The first trials fill the space evenly; then each sampler gets `FIRST` of them. Samplers whose computation would take
 * too long for trials of this length are skipped (portfolio/costs.ts).
 */
import { z } from 'zod';
import type { Params } from '../../../protocol/values/index.js';
import { SearchError } from '../../errors.js';
import type { History, Random, Sampler, Space } from '../../types.js';
import { type Credit, Credits } from './credit.js';
import { isAffordable } from './costs.js';
import { firstOf } from './first.js';
import { SobolSampler } from '../sobol/index.js';

export const PortfolioSettings = z.strictObject({
  members: z
    .array(z.enum(['gp', 'tpe', 'cmaes', 'de', 'evolution', 'nsga2', 'nsga3', 'sobol', 'random']))
    .min(1)
    .optional()
    .describe(
      'Samplers that share the trials. By default gp, cmaes and tpe, or gp, tpe and nsga2 with several objectives.',
    ),
});

/**
 * Creates a sampler by its name, with default settings. Returns null if it doesn't exist or can't search this space.
 */
export type Maker = (name: string) => Sampler | null;

const DEFAULT = ['gp', 'cmaes', 'tpe'];
const DEFAULT_SEVERAL = ['gp', 'tpe', 'nsga2'];
const STARTUP = 5;
const FIRST = 2;
const ANYONE = 0.05;
/** Standard deviation of a single reward, and the prior of a sampler before its first. */
const REWARD_SD = 0.35;
const BELIEVED = { mean: 0.5, weight: 1 };
/** Number of trials that `reason` summarizes. */
const TOLD = 50;

const State = z.object({ producers: z.array(z.number().int()), startup: z.unknown(), members: z.array(z.unknown()) });

export class PortfolioSampler implements Sampler {
  readonly name: string = 'portfolio';
  private readonly members: Sampler[];
  private readonly startup: SobolSampler;
  private readonly credits = new Credits();
  /** Sampler of each trial; -1 for the first ones and for the user's. */
  private producers: number[] = [];

  constructor(settings: z.infer<typeof PortfolioSettings>, space: Space, objectives: number, make: Maker) {
    const names = [...new Set(settings.members ?? (objectives > 1 ? DEFAULT_SEVERAL : DEFAULT))];
    this.members = names.flatMap((name) => make(name) ?? []);
    if (this.members.length === 0)
      throw new SearchError(`none of the samplers ${names.join(', ')} can search this space`);
    this.startup = new SobolSampler({}, space);
  }

  suggest(history: History, random: Random): Params | null {
    const id = history.trials.length;
    while (this.producers.length < id) this.producers.push(-1);
    const first = firstOf(history, random);
    if (first) return first;
    const credits = this.credits.of(history, this.producers, this.members.length);
    for (const member of this.order(history, credits, random)) {
      const params = (member < 0 ? this.startup : this.members[member]!).suggest(history, random);
      if (!params) continue;
      this.producers[id] = member;
      return params;
    }
    return null;
  }

  size(space: Space): number | null {
    return this.members[0]!.size?.(space) ?? null;
  }

  reason(): string {
    const told = this.producers.filter((member) => member >= 0).slice(-TOLD);
    const names = this.members.map(({ name }) => name).join(', ');
    if (told.length === 0) return `portfolio of ${names}: the first ${STARTUP} trials fill the space evenly`;
    const shares = this.members.map(({ name }, k) => {
      return { name, share: told.filter((member) => member === k).length / told.length };
    });
    shares.sort((a, b) => b.share - a.share);
    const text = shares.map(({ name, share }) => `${name} ${Math.round(100 * share)} %`).join(', ');
    return `portfolio: shares of the last ${told.length} trials, by success: ${text}`;
  }

  save(): unknown {
    const members = this.members.map((member) => member.save?.() ?? null);
    return { producers: this.producers, startup: this.startup.save(), members };
  }

  load(state: unknown): void {
    const read = State.safeParse(state);
    if (!read.success || read.data.members.length !== this.members.length) {
      throw new SearchError("the saved state of the portfolio can't be read");
    }
    this.producers = read.data.producers;
    this.startup.load(read.data.startup ?? null);
    for (const [k, saved] of read.data.members.entries()) {
      if (saved !== null && saved !== undefined) this.members[k]!.load?.(saved);
    }
  }

  /** Returns the samplers in the order in which they are asked until one has a suggestion; -1 is the even start. */
  private order(history: History, credits: readonly Credit[], random: Random): number[] {
    const all = this.members.map((_, k) => k);
    const affordable = all.filter((k) => isAffordable(this.members[k]!.name, history));
    const everyone = affordable.length > 0 ? affordable : all;
    const started = this.producers.some((member) => member >= 0);
    const ended = history.trials.filter(({ state }) => state !== 'running').length + (history.earlier?.length ?? 0);
    if (!started && ended < STARTUP) return [-1, ...everyone];
    const asked = (k: number) => this.producers.filter((member) => member === k).length;
    const newcomer = everyone.filter((k) => asked(k) < FIRST).sort((a, b) => asked(a) - asked(b) || a - b)[0];
    if (newcomer !== undefined) return [newcomer, ...everyone];
    if (random.next() < ANYONE) return [everyone[random.int(everyone.length)]!, ...everyone];
    const scores = credits.map(({ mean, weight }) => {
      const total = weight + BELIEVED.weight;
      const expected = (mean * weight + BELIEVED.mean * BELIEVED.weight) / total;
      return expected + (REWARD_SD / Math.sqrt(total)) * random.normal();
    });
    return everyone.sort((a, b) => scores[b]! - scores[a]! || a - b);
  }
}
