/**
 * Regularised evolution: children of good trials replace the oldest ones, so that luck does not live for ever. E. Real,
 * A. Aggarwal, Y. Huang & Q. Le, "Regularized Evolution for Image Classifier Architecture Search" (AAAI 2019), section
 * 3.
 *
 * The population is simply the latest ended trials (by their numbers), so the history is the only state. A child is the
 * best of a random sample with one gene changed, or first crossed, gene by gene, with the best of another sample. Good
 * trials of earlier searches count as the oldest.
 *
 * Population, sample, crossover and `FIRST` were tuned on Rosenbrock, Ackley, Levy, Griewank, Styblinski-Tang,
 * Rastrigin, a sum of powers and ellipsoids with 5-10 dimensions, some with integers, choices or noise, at 25 to 300
 * trials; the paper's population of 100 is for 20,000.
 */
import { z } from 'zod';
import type { Params } from '../../../protocol/values/index.js';
import { SeenPoints } from '../../space/seen.js';
import { countPoints, keyOf } from '../../space/index.js';
import type { History, Random, Sampler, Space, Trial } from '../../types.js';
import { Ended } from './ended.js';
import { Genome, otherCell, type Genes } from './genes.js';
import { compareStandings, standingOf } from './standing.js';
import { SobolSampler } from '../sobol/index.js';

export const RegularizedEvolutionSettings = z.strictObject({
  population: z.number().int().min(2).max(10_000).default(40).describe('Size of the population: the latest trials.'),
  sample: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(25)
    .describe('Sample size: the best of this many random trials becomes the parent.'),
  crossover: z.number().min(0).max(1).default(0.5).describe('Share of children with two parents.'),
});

/** Standard deviations of a changed number, as shares of the range; one is picked at random each time. */
const REACH = [0.2, 0.05, 0.01] as const;
/** Number of trials before there are children. */
const FIRST = 12;
/** Number of already-tried children in a row before a point is drawn. */
const PATIENCE = 50;

export class RegularizedEvolutionSampler implements Sampler {
  readonly name = 'evolution';
  private readonly genome: Genome;
  private readonly points: number;
  private readonly seen = new SeenPoints();
  private readonly ended = new Ended();
  private readonly startup: SobolSampler;
  /** Ids of ended trials, ascending. */
  private ids: number[] = [];

  constructor(
    private readonly settings: z.infer<typeof RegularizedEvolutionSettings>,
    private readonly space: Space,
  ) {
    this.genome = new Genome(space);
    this.points = countPoints(space);
    this.startup = new SobolSampler({}, space);
  }

  suggest(history: History, random: Random): Params | null {
    const population = this.members(history);
    if (population.length < Math.min(FIRST, this.settings.population)) return this.startup.suggest(history, random);
    if (this.points !== Infinity) this.seen.update(history);
    for (let attempt = 0; attempt < PATIENCE; attempt++) {
      const params = this.genome.paramsOf(this.child(population, history, random), random);
      if (this.points === Infinity || !this.seen.has(keyOf(this.space, params))) return params;
    }
    return this.startup.suggest(history, random);
  }

  size(): number | null {
    return this.startup.size();
  }
  save(): unknown {
    return this.startup.save();
  }
  load(state: unknown): void {
    this.startup.load(state);
  }

  private members(history: History): Trial[] {
    for (const id of this.ended.update(history)) {
      let at = this.ids.length;
      while (at > 0 && this.ids[at - 1]! > id) at--;
      if (this.ids[at - 1] !== id && history.trials[id]!.repeatOf === undefined) this.ids.splice(at, 0, id);
    }
    const { population } = this.settings;
    const latest = this.ids.slice(-population).map((id) => history.trials[id]!);
    if (latest.length >= population || !history.earlier?.length) return latest;
    const good = history.earlier
      .filter(({ state }) => state === 'completed')
      .sort((a, b) => compareStandings(standingOf(a, history.goals), standingOf(b, history.goals)));
    return [...good.slice(0, Math.min(population - latest.length, population >> 1)), ...latest];
  }

  private child(population: readonly Trial[], history: History, random: Random): Genes {
    const genes = this.genome.genesOf(this.parent(population, history, random).params);
    const { free, axes } = this.genome;
    if (random.next() < this.settings.crossover) {
      const other = this.genome.genesOf(this.parent(population, history, random).params);
      for (const i of free) if (random.next() < 0.5 && !Number.isNaN(other[i]!)) genes[i] = other[i]!;
    }
    const active = free.filter((i) => !Number.isNaN(genes[i]!));
    if (active.length === 0) return genes;
    const i = active[random.int(active.length)]!;
    const reach = REACH[random.int(REACH.length)]!;
    const own = genes[i]!;
    if (axes[i]!.count) genes[i] = otherCell(axes[i]!, own, reach, random);
    else {
      const moved = own + reach * random.normal();
      genes[i] = moved < 0 ? Math.min(1, -moved) : moved > 1 ? Math.max(0, 2 - moved) : moved;
    }
    return genes;
  }

  private parent(population: readonly Trial[], { goals }: History, random: Random): Trial {
    let best: Trial | null = null;
    for (let i = 0; i < this.settings.sample; i++) {
      const trial = population[random.int(population.length)]!;
      if (best && compareStandings(standingOf(trial, goals), standingOf(best, goals)) >= 0) continue;
      best = trial;
    }
    return best!;
  }
}
