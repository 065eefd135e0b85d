/**
 * CMA-ES: draws generations of trials from a normal distribution that learns, from which were better, where to go and
 * how far. N. Hansen, "The CMA Evolution Strategy: A Tutorial" (arXiv 1604.00772), on the axes of unit.ts.
 *
 * - Whole numbers and steps keep a margin of probability for their neighbours (`cma/margin.ts`), choices have
 *   probabilities of their own (`cma/categories.ts`). What is inactive keeps the place that was drawn for it, so that the
 *   joint distribution is always defined.
 * - A quadratic model stands in for those of a generation's trials that it ranks well (`cma/surrogate.ts`).
 * - Restarts when a run has nothing more to find (`cma/restarts.ts`); warm start (`cma/start.ts`).
 * - What lies outside the ranges is drawn again `DRAWS` times, and then moved to the border.
 * - Trials end in any order. A generation is over when as many of its trials have ended as it is large; what ends
 *   later takes part in the next one as a point from elsewhere. So do trials of the person, if they are better than
 *   all there is. Nobody waits: with more workers than a generation has trials, more are drawn from the same distribution.
 */
import { z } from 'zod';
import type { Params } from '../../protocol/values.js';
import { SearchError } from '../errors.js';
import { isAllowed, nearestAllowed } from '../constraints.js';
import { SeenPoints } from '../seen.js';
import { countPoints, keyOf } from '../space.js';
import type { History, Random, Sampler, Space, Trial } from '../types.js';
import type { Categories } from './cma/categories.js';
import { Gaussian } from './cma/gaussian.js';
import { Layout, type Place } from './cma/layout.js';
import { applyMargin } from './cma/margin.js';
import { Regimes } from './cma/restarts.js';
import { startOf } from './cma/start.js';
import { CmaState } from './cma/state.js';
import { Surrogate } from './cma/surrogate.js';
import { populationSize, ratesOf, shareEqually } from './cma/weights.js';
import { compareStandings, COMPLETED, standingOf, type Standing } from './evolution/standing.js';
import { RandomSampler } from './random.js';

export const CmaEsSettings = z.strictObject({
  population: z
    .number()
    .int()
    .min(4)
    .max(1000)
    .optional()
    .describe('Trials in a generation; 4 + 3 ln(parameters) if absent.'),
  sigma: z
    .number()
    .min(0.001)
    .max(1)
    .default(0.2)
    .describe('Standard deviation of the first trials around the middle, as a share of the ranges.'),
  restarts: z
    .enum(['bipop', 'ipop', 'none'])
    .default('bipop')
    .describe(
      'How it begins again once it has converged: with ever larger generations, or with large and small in turn.',
    ),
  model: z.boolean().default(true).describe('Let a quadratic model stand in for trials that it can rank.'),
});

/** Draws before a point is moved into the ranges. */
const DRAWS = 10;
/** Points in a row that were tried already before the search begins elsewhere. */
const PATIENCE = 30;

/** What was drawn, for which generation. */
interface Drawn extends Place {
  generation: number;
  /** Moved by constraints, or not drawn from its generation's distribution at all. */
  foreign: boolean;
}
interface Candidate extends Drawn {
  params: Params;
  /** The place of its params. */
  shown: Place;
}
interface Member extends Drawn {
  standing: Standing;
  id: number;
}

export class CmaEsSampler implements Sampler {
  readonly name = 'cmaes';
  private readonly layout: Layout;
  private readonly points: number;
  private readonly seen = new SeenPoints();
  private readonly fallback: RandomSampler;
  private readonly regimes: Regimes;
  private readonly surrogate: Surrogate;
  private readonly middle: Float64Array;
  /** Null before the first suggestion. */
  private gaussian: Gaussian | null = null;
  private categories!: Categories;
  private generation = 0;
  private begun = 0;
  private best: number | null = null;
  private candidates: Candidate[] = [];
  private readonly asked = new Map<number, Drawn & { key: string }>();
  private members: { id: number; drawn: Drawn }[] = [];
  private read = 0;
  private open: number[] = [];
  private paused = new Set<number>();
  /** Read, but the history that it speaks of is not there yet. */
  private loaded: CmaState | null = null;

  constructor(
    private readonly settings: z.infer<typeof CmaEsSettings>,
    private readonly space: Space,
  ) {
    this.layout = new Layout(space);
    this.points = countPoints(space);
    this.fallback = new RandomSampler({}, space);
    const { numbers, choices } = this.layout;
    const size = settings.population ?? populationSize(numbers.length + choices.length);
    this.regimes = new Regimes(settings.restarts, size, settings.sigma);
    this.middle = new Float64Array(numbers.length).fill(0.5);
    this.surrogate = new Surrogate(
      numbers.length,
      choices.map((axis) => axis.count),
    );
  }

  suggest(history: History, random: Random): Params | null {
    this.update(history, random);
    this.seen.update(history);
    if (this.seen.count >= this.points) return null;
    const { candidates } = this;
    // So many that the generation is as large as planned.
    const there = this.members.length + this.current();
    if (there === 0 && candidates.length === 0) {
      const bottom = this.surrogate.bottom();
      if (bottom) candidates.push(this.draw(random, bottom));
    }
    while (candidates.length + there < this.regimes.size) candidates.push(this.draw(random));
    for (let attempt = 0; attempt < PATIENCE; attempt++) {
      if (candidates.length === 0) candidates.push(this.draw(random));
      const { params, ...drawn } = candidates.splice(this.mostPromising(), 1)[0]!;
      const key = keyOf(this.space, params);
      if (this.seen.has(key)) continue;
      this.asked.set(history.trials.length, { ...drawn, key });
      return params;
    }
    if (this.settings.restarts !== 'none') this.restart(random);
    return this.fallback.suggest(history, random);
  }

  size(): number | null {
    return this.fallback.size();
  }

  reason(): string {
    const { generation, surrogate } = this;
    const model = surrogate.trusted ? '; a quadratic model ranks what is not tried' : '';
    return `cmaes: a normal distribution in its generation ${generation + 1}${model}`;
  }

  /** Reads what has ended, and learns where a generation is complete. */
  private update(history: History, random: Random): void {
    const { trials } = history;
    if (this.loaded) this.recall(this.loaded, history);
    else if (!this.gaussian) this.start(history);
    while (this.read < trials.length) this.open.push(this.read++);
    let heard = false;
    this.open = this.open.filter((id) => {
      const trial = trials[id]!;
      if (trial.state === 'running') return true;
      const again = this.paused.has(id);
      if (trial.state === 'paused' && again) return true;
      heard = true;
      this.hear(trial, id, history);
      if (trial.state === 'paused') this.paused.add(id);
      else this.paused.delete(id);
      return trial.state === 'paused';
    });
    if (heard && this.settings.model) this.surrogate.update(this.gaussian!.mean, this.gaussian!.sigma);
    const { size } = this.regimes;
    while (this.members.length >= size) this.learn(this.members.splice(0, size), [], history, random);
    if (!this.surrogate.trusted || this.members.length === 0) return;
    while (this.members.length + this.candidates.length < size) this.candidates.push(this.draw(random));
    this.learn(this.members.splice(0), this.candidates, history, random);
  }

  private hear(trial: Trial, id: number, history: History): void {
    const own = this.asked.get(id);
    this.asked.delete(id);
    if (trial.repeatOf !== undefined) return;
    const standing = standingOf(trial, history.goals);
    const place = this.layout.toPlace(trial.params, this.middle);
    if (standing.kind === COMPLETED) this.surrogate.add(id, place, standing.losses[0]!);
    else this.surrogate.miss();
    const ownRun = own && own.generation >= this.begun && own.key === keyOf(this.space, trial.params);
    const best = this.best === null ? null : standingOf(history.trials[this.best]!, history.goals);
    const better = best !== null && compareStandings(standing, best) < 0;
    if (!ownRun && !better) return;
    if (best === null || better) this.best = id;
    const { generation } = this;
    const elsewhere = () => ({ ...this.layout.toPlace(trial.params, this.gaussian!.mean), generation, foreign: true });
    this.members.push({ id, drawn: ownRun ? own : elsewhere() });
  }

  /** `unseen`: not tried; the model says how good they are. */
  private learn(ended: typeof this.members, unseen: Candidate[], history: History, random: Random): void {
    const { layout, generation } = this;
    const gaussian = this.gaussian!;
    const n = layout.numbers.length;
    const members: Member[] = ended.map(({ id, drawn }) => ({
      ...{ ...drawn, id, foreign: drawn.foreign || drawn.generation !== generation },
      standing: standingOf(history.trials[id]!, history.goals),
    }));
    // Where the model ranks some, it ranks all: what was measured is among what it was fitted to.
    if (unseen.length > 0) {
      for (const { id, standing } of members) {
        const place = layout.toPlace(history.trials[id]!.params, this.middle);
        if (standing.kind === COMPLETED) standing.losses = [this.surrogate.predict(place)!];
      }
    }
    for (const { shown, ...drawn } of unseen) {
      const loss = this.surrogate.predict(shown)!;
      const standing = { kind: COMPLETED, minusStep: 0, violation: 0, losses: [Number.isNaN(loss) ? Infinity : loss] };
      members.push({ ...drawn, id: Infinity, standing } as Member);
    }
    const order = (a: Member, b: Member) => compareStandings(a.standing, b.standing);
    members.sort((a, b) => order(a, b) || (a.id === b.id ? 0 : a.id - b.id));
    const rates = ratesOf(Math.max(1, n), members.length);
    const weights = shareEqually(rates.weights, (i) => order(members[i]!, members[i + 1]!) === 0);
    const half = members[members.length >> 1]!.standing;
    const spread = half.kind === COMPLETED ? half.losses[0]! - members[0]!.standing.losses[0]! : Infinity;
    if (n > 0 && members.length > 1) {
      gaussian.learn(members, weights, rates);
      // A plain: only farther away is there anything to learn.
      if (order(members[0]!, members[members.length >> 1]!) === 0) gaussian.widen(rates);
      applyMargin(gaussian, layout.edges, 1 / (n * members.length));
    }
    this.categories.learn(members, weights);
    this.generation++;
    this.candidates = [];
    if (this.regimes.isOver(spread, n > 0 ? gaussian.extent : 1, ended.length)) this.restart(random);
  }

  private restart(random: Random): void {
    const sigma = this.regimes.next(random);
    const { gaussian, categories } = startOf(this.layout, sigma, []);
    for (let i = 0; i < gaussian.mean.length; i++) gaussian.mean[i] = random.next();
    [this.gaussian, this.categories] = [gaussian, categories];
    [this.candidates, this.members, this.best] = [[], [], null];
    this.begun = ++this.generation;
    this.surrogate.clear();
  }

  /** With what earlier searches, the person or another sampler have tried. */
  private start(history: History): void {
    const { trials, goals, earlier = [] } = history;
    const known = [...earlier, ...trials]
      .filter((trial) => trial.state === 'completed')
      .map((trial) => ({ trial, standing: standingOf(trial, goals) }))
      .sort((a, b) => compareStandings(a.standing, b.standing));
    const places = known.map(({ trial }) => this.layout.toPlace(trial.params, this.middle));
    const { gaussian, categories } = startOf(this.layout, this.settings.sigma, places);
    [this.gaussian, this.categories] = [gaussian, categories];
  }

  /** Of the candidates, the one that the model thinks best; the first without a model. */
  private mostPromising(): number {
    let [pick, least] = [0, Infinity];
    for (const [i, { shown }] of this.candidates.entries()) {
      const loss = this.surrogate.predict(shown);
      if (loss === null) return 0;
      if (loss < least) [pick, least] = [i, loss];
    }
    return pick;
  }

  /** Number of this generation's trials that are running. */
  private current(): number {
    let count = 0;
    for (const { generation } of this.asked.values()) if (generation === this.generation) count++;
    return count;
  }

  /** `bottom`: the numbers are not drawn, but this point. */
  private draw(random: Random, bottom: Float64Array | null = null): Candidate {
    const { layout, space, generation } = this;
    const gaussian = this.gaussian!;
    const n = layout.numbers.length;
    const picks = new Int32Array(layout.choices.length);
    const at = new Float64Array(n);
    let params: Params = {};
    let allowed = false;
    for (let attempt = 0; attempt < DRAWS && !allowed; attempt++) {
      this.categories.draw(random, picks);
      let inside = n === 0;
      if (bottom) {
        at.set(bottom);
        gaussian.approach(at);
      }
      for (let again = 0; again < DRAWS && !inside && !bottom; again++) {
        gaussian.draw(random, at);
        inside = at.every((u) => u >= 0 && u <= 1);
      }
      if (!inside) for (let i = 0; i < n; i++) at[i] = Math.min(1, Math.max(0, at[i]!));
      params = layout.toParams({ at, picks });
      allowed = isAllowed(space, params);
    }
    if (!allowed) {
      params = nearestAllowed(space, params, random);
      const place = layout.toPlace(params, at);
      at.set(place.at);
      picks.set(place.picks);
    }
    layout.forget(params, picks);
    return {
      at,
      picks,
      generation,
      foreign: !allowed || bottom !== null,
      params,
      shown: layout.toPlace(params, this.middle),
    };
  }

  save(): unknown {
    const { gaussian, generation, begun, best, read, open } = this;
    if (this.loaded) return this.loaded;
    if (!gaussian) return null;
    return {
      ...{ generation, begun, best, read, open: [...open], paused: [...this.paused] },
      gaussian: gaussian.save(),
      shares: this.categories.shares.map((own) => [...own]),
      regimes: this.regimes.save(),
      surrogate: this.surrogate.save(),
      candidates: this.candidates.map((candidate) => [candidate.params, written(candidate)]),
      asked: [...this.asked].map(([id, drawn]) => [id, written(drawn), drawn.key]),
      members: this.members.map(({ id, drawn }) => [id, written(drawn)]),
    } satisfies CmaState;
  }

  load(state: unknown): void {
    const read = CmaState.nullable().safeParse(state);
    if (!read.success) throw new SearchError("the saved state of CMA-ES can't be read");
    this.loaded = read.data;
  }

  /** What was saved, with what the history adds to it. */
  private recall(state: CmaState, history: History): void {
    const { layout } = this;
    const { trials, goals } = history;
    this.loaded = null;
    const { generation, begun, best, read, open } = state;
    Object.assign(this, { generation, begun, best, read, open: [...open] });
    this.paused = new Set(state.paused);
    this.gaussian = Gaussian.load(state.gaussian);
    this.categories = startOf(layout, 1, []).categories;
    for (const [c, own] of this.categories.shares.entries()) own.set(state.shares[c]!);
    this.regimes.load(state.regimes);
    this.surrogate.load(state.surrogate, (id) => ({
      place: layout.toPlace(trials[id]!.params, this.middle),
      loss: standingOf(trials[id]!, goals).losses[0]!,
    }));
    this.candidates = state.candidates.map(([params, drawn]) => {
      return { ...unwritten(drawn), params, shown: layout.toPlace(params, this.middle) };
    });
    for (const [id, drawn, key] of state.asked) this.asked.set(id, { ...unwritten(drawn), key });
    this.members = state.members.map(([id, drawn]) => ({ id, drawn: unwritten(drawn) }));
  }
}

type Written = CmaState['asked'][number][1];
function written({ at, picks, generation, foreign }: Drawn): Written {
  return { at: [...at], picks: [...picks], generation, foreign };
}
function unwritten({ at, picks, generation, foreign }: Written): Drawn {
  return { at: Float64Array.from(at), picks: Int32Array.from(picks), generation, foreign };
}
