/**
 * Self-adaptive differential evolution: R. Tanabe & A. Fukunaga, "Success-History Based Parameter Adaptation for
 * Differential Evolution" (SHADE, CEC 2013): mutants move towards one of the best and along the difference of two
 * others; successful values of F and CR are remembered. Operators: `evolution/difference.ts`.
 *
 * There are no generations: each trial challenges one member of the population and replaces it, once the trial has
 * ended, if it is no worse. So any number of workers stays busy and trials end in any order.
 *
 * - Population: 8, or half the root of the planned trials if that is more, at most 30; the paper's hundred would use up
 *   most of a search's trials. Tuned on the same functions as in regularizedEvolution.ts.
 * - p-best: the best 20 %, at least two. Memory of H = 5 entries, archive as large as the population.
 * - The first trials fill the space evenly (Sobol). Good ones of earlier searches are members until a trial of this
 *   search ends: their losses may not be what the same params would give now.
 */
import { z } from 'zod';
import type { Params } from '../../../protocol/values/index.js';
import { SearchError } from '../../errors.js';
import { SeenPoints } from '../../space/seen.js';
import { countPoints, keyOf } from '../../space/index.js';
import type { History, Random, Sampler, Space, Trial } from '../../types.js';
import { binomial, currentToBest } from './difference.js';
import { Ended, EndedState } from './ended.js';
import { Genome, type Genes } from './genes.js';
import { compareStandings, FAILED, standingOf, type Standing } from './standing.js';
import { SobolSampler } from '../sobol/index.js';

export const DifferentialEvolutionSettings = z.strictObject({
  population: z
    .number()
    .int()
    .min(5)
    .max(1000)
    .optional()
    .describe('Size of the population. By default 8 to 30, depending on the number of planned trials.'),
});

const BEST_SHARE = 0.2;
const MEMORY = 5;
/** Minimum and maximum of the default population. */
const [LEAST, MOST] = [8, 30];
/** Number of already-tried mutants in a row before a point is drawn. */
const PATIENCE = 30;

const whole = z.number().int();
const State = z.object({
  /** Ids of trials; negative for those of earlier searches. */
  members: z.array(whole),
  archive: z.array(whole),
  /** By trial: the member it challenges (by place), and the F and CR it used. */
  challenges: z.array(z.tuple([whole, z.object({ place: whole, f: z.number(), cr: z.number() })])),
  f: z.array(z.number()).length(MEMORY),
  cr: z.array(z.number()).length(MEMORY),
  successes: z.array(z.object({ f: z.number(), cr: z.number(), gain: z.number() })),
  heard: whole,
  turn: whole,
  entry: whole,
  ended: EndedState,
  startup: z.unknown(),
});
type State = z.infer<typeof State>;
type Challenge = State['challenges'][number][1];

export class DifferentialEvolutionSampler implements Sampler {
  readonly name = 'de';
  private readonly genome: Genome;
  private readonly points: number;
  private readonly seen = new SeenPoints();
  private readonly ended = new Ended();
  private readonly startup: SobolSampler;
  private readonly population: number;
  private readonly challenges = new Map<number, Challenge>();
  private state: Omit<State, 'challenges' | 'ended' | 'startup'> | null = null;

  constructor(
    settings: z.infer<typeof DifferentialEvolutionSettings>,
    private readonly space: Space,
    planned: number | null = null,
  ) {
    this.genome = new Genome(space);
    this.points = countPoints(space);
    this.startup = new SobolSampler({}, space);
    this.population = settings.population ?? Math.min(MOST, Math.max(LEAST, Math.round(Math.sqrt(planned ?? 0) / 2)));
  }

  suggest(history: History, random: Random): Params | null {
    const state = (this.state ??= this.begin(history));
    this.update(state, history);
    if (this.points !== Infinity) this.seen.update(history);
    const full = state.members.length >= this.population;
    const breeding = full || (state.members.length >= 4 && history.trials.length >= 2 * this.population);
    if (!breeding) return this.startup.suggest(history, random);
    for (let attempt = 0; attempt < PATIENCE; attempt++) {
      const { params, ...challenge } = this.breed(state, history, random);
      if (this.points !== Infinity && this.seen.has(keyOf(this.space, params))) continue;
      this.challenges.set(history.trials.length, challenge);
      return params;
    }
    return this.startup.suggest(history, random);
  }

  size(): number | null {
    return this.startup.size();
  }

  save(): unknown {
    if (!this.state) return null;
    const { members, archive, f, cr, successes, ...more } = this.state;
    return {
      members: [...members],
      archive: [...archive],
      f: [...f],
      cr: [...cr],
      successes: [...successes],
      ...more,
      challenges: [...this.challenges],
      ended: this.ended.save(),
      startup: this.startup.save(),
    } satisfies State;
  }

  load(saved: unknown): void {
    const read = State.nullable().safeParse(saved);
    if (!read.success) throw new SearchError("the saved state of differential evolution can't be read");
    if (!read.data) return;
    const { challenges, ended, startup, ...state } = read.data;
    this.state = state;
    for (const [id, challenge] of challenges) this.challenges.set(id, challenge);
    this.ended.load(ended);
    this.startup.load(startup);
  }

  private begin(history: History): NonNullable<typeof this.state> {
    const earlier = [...(history.earlier ?? [])]
      .filter(({ state }) => state === 'completed')
      .sort((a, b) => compareStandings(standingOf(a, history.goals), standingOf(b, history.goals)));
    return {
      members: earlier.slice(0, this.population >> 1).map(({ id }) => id),
      archive: [],
      f: new Array<number>(MEMORY).fill(0.5),
      cr: new Array<number>(MEMORY).fill(0.7),
      successes: [],
      heard: 0,
      turn: 0,
      entry: 0,
    };
  }

  private update(state: NonNullable<typeof this.state>, history: History): void {
    for (const id of this.ended.update(history)) {
      if (history.trials[id]!.repeatOf !== undefined) continue;
      const challenge = this.challenges.get(id);
      this.challenges.delete(id);
      const own = this.standing(id, history);
      const there = state.members.indexOf(id);
      if (there >= 0) continue;
      if (!challenge && state.members.length < this.population) {
        state.members.push(id);
        continue;
      }
      // A trial that was not bred here takes the worst member's place.
      const place = challenge ? challenge.place : this.ranked(state, history).at(-1)!;
      const member = state.members[place]!;
      const rival = this.standing(member, history);
      const order = compareStandings(own, rival);
      if (order <= 0 && own.kind !== FAILED) {
        state.members[place] = id;
        if (order < 0) state.archive.push(member);
        if (order < 0 && challenge) state.successes.push({ ...challenge, gain: gainOf(own, rival) });
      }
      if (challenge && ++state.heard >= this.population) this.remember(state);
    }
    while (state.archive.length > this.population) state.archive.shift();
  }

  /** Stores the weighted Lehmer mean of the successful F and the weighted mean of the successful CR. */
  private remember(state: NonNullable<typeof this.state>): void {
    const { successes } = state;
    state.heard = 0;
    if (successes.length === 0) return;
    // The weights are equal unless every gain is known.
    const told = successes.every(({ gain }) => gain >= 0);
    const most = Math.max(...successes.map(({ gain }) => gain));
    let [sum, f, squares, cr] = [0, 0, 0, 0];
    for (const success of successes) {
      const weight = told && most > 0 ? success.gain / most : 1;
      sum += weight;
      f += weight * success.f;
      squares += weight * success.f * success.f;
      cr += weight * success.cr;
    }
    state.successes = [];
    if (!(sum > 0 && f > 0)) return;
    state.f[state.entry] = squares / f;
    state.cr[state.entry] = cr / sum;
    state.entry = (state.entry + 1) % MEMORY;
  }

  private breed(
    state: NonNullable<typeof this.state>,
    history: History,
    random: Random,
  ): Challenge & { params: Params } {
    const { members, archive } = state;
    const memory = random.int(MEMORY);
    let f = 0;
    // A Cauchy draw is the quotient of two normal ones.
    while (f <= 0) f = state.f[memory]! + (0.1 * random.normal()) / Math.max(1e-12, Math.abs(random.normal()));
    f = Math.min(1, f);
    const cr = Math.min(1, Math.max(0, state.cr[memory]! + 0.1 * random.normal()));
    const place = state.turn++ % members.length;
    const ranked = this.ranked(state, history);
    const best = members[ranked[random.int(Math.max(2, Math.round(BEST_SHARE * members.length)))]!]!;
    const own = members[place]!;
    const one = pick(members, random, [own]);
    const other = pick([...members, ...archive], random, [own, one]);
    const genes = (id: number): Genes => this.genome.genesOf(trialOf(id, history)?.params ?? {});
    const mutant = currentToBest(this.genome, [genes(own), genes(best), genes(one), genes(other)], f, random);
    const child = binomial(this.genome, genes(own), mutant, cr, random);
    return { place, f, cr, params: this.genome.paramsOf(child, random) };
  }

  /** Returns the places of members, best first. */
  private ranked({ members }: { members: number[] }, history: History): number[] {
    const standings = members.map((id) => this.standing(id, history));
    return [...members.keys()].sort((a, b) => compareStandings(standings[a]!, standings[b]!) || a - b);
  }

  private standing(id: number, history: History): Standing {
    if (id < 0) return { kind: FAILED, minusStep: 0, violation: 0, losses: [] };
    return standingOf(history.trials[id]!, history.goals);
  }
}

function trialOf(id: number, { trials, earlier = [] }: History): Trial | undefined {
  return id >= 0 ? trials[id] : earlier.find((trial) => trial.id === id);
}

/** Returns the gain; below 0 if it can't be derived from the losses. */
function gainOf(own: Standing, rival: Standing): number {
  if (own.kind !== rival.kind || own.minusStep !== rival.minusStep) return -1;
  const gain = Math.abs((rival.losses[0] ?? 0) - (own.losses[0] ?? 0));
  return gain < Infinity ? gain : -1;
}

function pick(ids: readonly number[], random: Random, not: readonly number[]): number {
  for (let attempt = 0; attempt < 20; attempt++) {
    const id = ids[random.int(ids.length)]!;
    if (!not.includes(id)) return id;
  }
  return ids[random.int(ids.length)]!;
}
