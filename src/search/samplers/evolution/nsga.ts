/**
 * NSGA-II and NSGA-III: evolution towards the whole front of several objectives (references in
 * `evolution/survival.ts`). Steady-state form: each trial that ends joins the population, and the surplus one leaves at
 * once (Durillo, Nebro, Luna & Alba, "On the Effect of the Steady-State Selection Scheme in Multi-Objective Genetic
 * Algorithms", EMO 2009), so any number of workers stays busy and trials end in any order.
 *
 * Children: each gene comes from either parent, some numbers by simulated binary crossover; then polynomial mutation
 * changes one gene on average (Deb et al., 2002, section IV: 0.9 and 1/n). A population of 24 in place of 100,
 * distribution indices of 10 and `BLEND` were tuned on shifted forms of ZDT and DTLZ at 100, 300 and 1,000 trials. Of several
 * children the one is tried that the fewest members are expected to dominate (`forecast.ts`). The first trials fill the space
 * evenly (Sobol); good ones of earlier searches may be parents until then.
 */
import { z } from 'zod';
import type { Params } from '../../../protocol/values/index.js';
import { SearchError } from '../../errors.js';
import { SeenPoints } from '../../space/seen.js';
import { countPoints, keyOf } from '../../space/index.js';
import type { Goal, History, Random, Sampler, Space } from '../../types.js';
import { Ended, EndedState } from './ended.js';
import { Forecast, type Tried } from './forecast.js';
import { Genome, otherCell, polynomial, sbx, type Genes } from './genes.js';
import { directionsOf } from './niches.js';
import { COMPLETED, standingOf } from './standing.js';
import { rate, surviveByCrowding, surviveByNiche } from './survival.js';
import { SobolSampler } from '../sobol/index.js';

export const NsgaSettings = z.strictObject({
  population: z.number().int().min(4).max(2000).optional().describe('Size of the population.'),
  crossover: z.number().min(0).max(1).default(0.9).describe('Share of children with two parents.'),
  eta: z
    .number()
    .min(1)
    .max(200)
    .default(10)
    .describe('Distribution index: the larger, the closer children are to their parents.'),
  candidates: z
    .number()
    .int()
    .min(1)
    .max(64)
    .default(8)
    .describe('Children of which the most promising one is tried, as a model expects; 1: every child is tried.'),
});

/** Number of already-tried children in a row before a point is drawn. */
const PATIENCE = 50;
const POPULATION = 24;
/** Number of trials before there are children, at most the population. With a forecast, more of them gain nothing. */
const FIRST = 10;
/** Share of numbers that a child of two parents gets by simulated binary crossover instead of from one of them. */
const BLEND = 0.3;
/** Completed trials that the forecast knows: the population, or members at equal distances of a larger one, and the newest. */
const KNOWN = 300;
/** Scale of the random distance by which a changed integer or step moves, as a share of all values. */
const REACH = 0.15;

const whole = z.number().int();
const State = z.object({ members: z.array(whole), ended: EndedState, startup: z.unknown() });

export class NsgaSampler implements Sampler {
  private readonly genome: Genome;
  private readonly points: number;
  private readonly seen = new SeenPoints();
  private readonly ended = new Ended();
  private readonly startup: SobolSampler;
  private readonly population: number;
  private readonly directions: Float64Array[] | null;
  private members: number[] = [];

  constructor(
    readonly name: 'nsga2' | 'nsga3',
    private readonly settings: z.infer<typeof NsgaSettings>,
    private readonly space: Space,
    goals: readonly Goal[],
  ) {
    this.genome = new Genome(space);
    this.points = countPoints(space);
    this.startup = new SobolSampler({}, space);
    this.population = settings.population ?? POPULATION;
    this.directions = name === 'nsga3' ? directionsOf(goals.length, this.population) : null;
  }

  suggest(history: History, random: Random): Params | null {
    this.update(history, random);
    const parents = [...this.members];
    if (history.trials.length < Math.min(FIRST, this.population) || parents.length < 4) {
      return this.startup.suggest(history, random);
    }
    if (this.points !== Infinity) this.seen.update(history);
    const ranks = rate(parents.map((id) => standingOf(history.trials[id]!, history.goals)));
    const parent = (): Genes => {
      const [a, b] = [random.int(parents.length), random.int(parents.length)];
      const order = ranks.front[a]! - ranks.front[b]!;
      const better = order < 0 || (order === 0 && ranks.crowding[a]! >= ranks.crowding[b]!) ? a : b;
      return this.genome.genesOf(history.trials[parents[better]!]!.params);
    };
    const judge = this.settings.candidates > 1 ? this.judgeOf(history) : null;
    const wanted = judge ? this.settings.candidates : 1;
    let best: { params: Params; worse: number; novelty: number } | null = null;
    for (let attempt = 0, made = 0; attempt < PATIENCE + wanted && made < wanted; attempt++) {
      const params = this.genome.paramsOf(this.child(parent(), parent(), random), random);
      if (this.points !== Infinity && this.seen.has(keyOf(this.space, params))) continue;
      made++;
      const { worse, novelty } = judge?.(params) ?? { worse: 0, novelty: 0 };
      if (!best || worse < best.worse || (worse === best.worse && novelty > best.novelty))
        best = { params, worse, novelty };
    }
    return best?.params ?? this.startup.suggest(history, random);
  }

  /**
   * Returns a function that tells how many members are expected to dominate a child, and how far it is from everything tried.
   * Null: too few trials are known.
   */
  private judgeOf({ trials, goals }: History): ((params: Params) => { worse: number; novelty: number }) | null {
    const known = new Map<number, Tried>();
    const take = (id: number): void => {
      const standing = standingOf(trials[id]!, goals);
      if (standing.kind !== COMPLETED) return;
      known.set(id, { genes: this.genome.genesOf(trials[id]!.params), losses: standing.losses });
    };
    const stride = Math.ceil(this.members.length / KNOWN);
    this.members.forEach((id, i) => i % stride === 0 && take(id));
    for (let id = trials.length - 1; id >= 0 && known.size < KNOWN; id--) if (!known.has(id)) take(id);
    if (known.size < FIRST / 2) return null;
    const forecast = new Forecast(this.genome.axes, [...known.values()]);
    const own = new Set(this.members);
    const members = [...known.keys()].flatMap((id, i) =>
      own.has(id) ? [forecast.ranks.map((ranks) => ranks[i]!)] : [],
    );
    return (params) => {
      const { ranks, novelty } = forecast.of(this.genome.genesOf(params));
      return { worse: members.filter((member) => member.every((rank, k) => rank <= ranks[k]!)).length, novelty };
    };
  }

  size(): number | null {
    return this.startup.size();
  }
  save(): unknown {
    return { members: [...this.members], ended: this.ended.save(), startup: this.startup.save() };
  }
  load(state: unknown): void {
    const read = State.safeParse(state);
    if (!read.success) throw new SearchError(`the saved state of ${this.name} can't be read`);
    this.members = read.data.members;
    this.ended.load(read.data.ended);
    this.startup.load(read.data.startup);
  }

  private update(history: History, random: Random): void {
    for (const id of this.ended.update(history)) {
      if (history.trials[id]!.repeatOf !== undefined || this.members.includes(id)) continue;
      this.members.push(id);
      if (this.members.length <= this.population) continue;
      const standings = this.members.map((member) => standingOf(history.trials[member]!, history.goals));
      const kept = this.directions
        ? surviveByNiche(standings, this.population, this.directions, random)
        : surviveByCrowding(standings, this.population);
      this.members = kept.map((k) => this.members[k]!);
    }
  }

  private child(a: Genes, b: Genes, random: Random): Genes {
    const { axes, free } = this.genome;
    const { eta } = this.settings;
    const child = a.slice();
    const crossed = random.next() < this.settings.crossover;
    for (const i of free) {
      const [own, other] = [child[i]!, b[i]!];
      if (crossed && !Number.isNaN(other)) {
        const [near, far] = random.next() < 0.5 ? [other, own] : [own, other];
        const blended = axes[i]!.ordered && !Number.isNaN(own) && random.next() < BLEND;
        child[i] = blended ? sbx(near, far, eta, random) : near;
      }
      if (Number.isNaN(child[i]!) || random.next() >= 1 / free.length) continue;
      child[i] = axes[i]!.count ? otherCell(axes[i]!, child[i]!, REACH, random) : polynomial(child[i]!, eta, random);
    }
    return child;
  }
}
