/**
 * CMA-ES: draws generations of trials from a normal distribution whose mean and covariance adapt to the better ones. N.
 * Hansen, "The CMA Evolution Strategy: A Tutorial" (arXiv 1604.00772), on the axes of unit.ts.
 *
 * - Integers and steps keep a margin of probability for their neighbours (`cma/margin.ts`); choices have probabilities
 *   of their own (`cma/categories.ts`). Inactive parameters keep the position that was drawn for them, so that the
 *   joint distribution is always defined.
 * - Where values are noisy (`cma/noise.ts`), the distribution stays wide enough to tell its members apart, and only
 *   some of the points are the model's own choice.
 * - A quadratic model stands in for those of a generation's trials that it ranks well (`cma/surrogate.ts`).
 * - A run that has converged is restarted (`cma/restarts.ts`); earlier trials give a warm start (`cma/start.ts`).
 * - Points outside the ranges are redrawn up to ten times, then moved to the border.
 * - Trials end in any order. A generation is complete when as many of its trials have ended as its size; trials that
 *   end later take part in the next one as injected points, and so do the user's trials if they beat all others. No
 *   worker waits: with more workers than a generation has trials, more points are drawn from the same distribution.
 */
import { z } from 'zod';
import type { Params } from '../../../protocol/values/index.js';
import { isAllowed } from '../../constraints/index.js';
import { SearchError } from '../../errors.js';
import { SeenPoints } from '../../space/seen.js';
import { countPoints, keyOf } from '../../space/index.js';
import type { History, Random, Sampler, Space, Trial } from '../../types.js';
import { Gaussian } from './gaussian.js';
import { drawCandidate, learnFrom, type Candidate, type Distribution, type Drawn, type Member } from './generation.js';
import { Layout } from './layout.js';
import { besides, NoiseProbe } from './noise.js';
import { Regimes } from './restarts.js';
import { startingSigma, startOf } from './start.js';
import { CmaState } from './state.js';
import { Surrogate } from './surrogate.js';
import { populationSize } from './weights.js';
import { Ended } from '../evolution/ended.js';
import { compareStandings, COMPLETED, standingOf } from '../evolution/standing.js';
import { RandomSampler } from '../random.js';

export const CmaEsSettings = z.strictObject({
  population: z
    .number()
    .int()
    .min(4)
    .max(1000)
    .optional()
    .describe('Number of trials in a generation. By default 4 + 3 ln(parameters).'),
  sigma: z
    .number()
    .min(0.001)
    .max(1)
    .optional()
    .describe(
      'Initial standard deviation around the middle, as a share of the ranges. By default 0.2, and less with more than 20 parameters.',
    ),
  restarts: z
    .enum(['bipop', 'ipop', 'none'])
    .default('bipop')
    .describe(
      'How to restart after convergence: with large and small generations in turn (bipop), or ever larger ones (ipop).',
    ),
  model: z.boolean().default(true).describe('Let a quadratic model stand in for trials that it can rank.'),
});

/** Number of already-tried points in a row after which the search restarts elsewhere. */
const PATIENCE = 30;
/** With noise: one in this many trials is at the model's optimum, and the factor by which generations are larger. */
const EXPLOIT = 2;
const NOISY = 1.5;

export class CmaEsSampler implements Sampler {
  readonly name = 'cmaes';
  private readonly layout: Layout;
  private readonly points: number;
  private readonly sigma: number;
  private readonly seen = new SeenPoints();
  private readonly fallback: RandomSampler;
  private readonly regimes: Regimes;
  private readonly surrogate: Surrogate;
  private readonly probe: NoiseProbe;
  private readonly ended = new Ended();
  /** Current distribution; null before the first suggestion. */
  private now: Distribution | null = null;
  private generation = 0;
  private begun = 0;
  private best: number | null = null;
  private candidates: Candidate[] = [];
  private readonly asked = new Map<number, Drawn & { key: string }>();
  private members: { id: number; drawn: Drawn }[] = [];
  /** Saved state, kept until the history that it refers to is available. */
  private loaded: CmaState | null = null;

  constructor(
    private readonly settings: z.infer<typeof CmaEsSettings>,
    private readonly space: Space,
  ) {
    this.layout = new Layout(space);
    this.points = countPoints(space);
    this.fallback = new RandomSampler({}, space);
    const { numbers, choices } = this.layout;
    this.sigma = settings.sigma ?? startingSigma(this.layout);
    const size = settings.population ?? populationSize(numbers.length + choices.length);
    this.regimes = new Regimes(settings.restarts, size, this.sigma);
    this.probe = new NoiseProbe(size);
    this.surrogate = new Surrogate(
      numbers.length,
      choices.map((axis) => axis.count),
    );
  }

  suggest(history: History, random: Random): Params | null {
    this.update(history, random);
    this.seen.update(history);
    if (this.seen.count >= this.points) return null;
    const probe = this.probeNow(history, random);
    if (probe) return probe;
    const { candidates } = this;
    // With noise, only some trials go to the model's optimum: it has to learn from all around.
    const explore = this.probe.noisy && history.trials.length % EXPLOIT !== 0;
    // Draws enough candidates for a generation of the planned size.
    const there = this.members.length + this.current();
    if (!explore && there === 0 && candidates.length === 0) {
      const bottom = this.surrogate.bottom();
      if (bottom) candidates.push(this.draw(random, bottom));
    }
    // The first trial is the start's mean: with many parameters it is better than most draws around it.
    if (history.trials.length === 0 && !history.earlier?.length && candidates.length === 0)
      candidates.push(this.draw(random, this.now!.gaussian.mean));
    while (candidates.length + there < this.wanted) candidates.push(this.draw(random));
    for (let attempt = 0; attempt < PATIENCE; attempt++) {
      if (candidates.length === 0) candidates.push(this.draw(random));
      const { params: own, ...drawn } = candidates.splice(explore ? 0 : this.mostPromising(), 1)[0]!;
      const params = own ?? this.layout.toParams(drawn);
      const key = keyOf(this.space, params);
      if (this.seen.has(key)) continue;
      // Computes the same bits as after a restart of the search.
      const shown = own ? drawn.shown : this.layout.shown(params);
      this.asked.set(history.trials.length, { ...drawn, shown, key });
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
    const model = surrogate.trusted ? '; a quadratic model ranks untried candidates' : '';
    const noise = this.probe.noisy ? '; adapts to noise' : '';
    return `cmaes: generation ${generation + 1} of a normal distribution${model}${noise}`;
  }

  /** Reads the ended trials, and learns from each complete generation. */
  private update(history: History, random: Random): void {
    if (this.loaded) this.recall(this.loaded, history);
    this.now ??= this.start(history);
    const ended = this.ended.update(history);
    for (const id of ended) this.hear(history.trials[id]!, id, history);
    const { gaussian } = this.now;
    if (ended.length > 0 && this.settings.model) this.surrogate.update(gaussian.mean, gaussian.sigma);
    while (this.members.length >= this.wanted) this.learn(this.members.splice(0, this.wanted), [], history, random);
    if (!this.surrogate.trusted || this.members.length === 0) return;
    while (this.members.length + this.candidates.length < this.wanted) this.candidates.push(this.draw(random));
    this.learn(this.members.splice(0), this.candidates, history, random);
  }

  private hear(trial: Trial, id: number, history: History): void {
    const own = this.asked.get(id);
    this.asked.delete(id);
    if (trial.repeatOf !== undefined) return;
    const standing = standingOf(trial, history.goals);
    const probed = this.probe.heard(id);
    if (probed !== null && standing.kind === COMPLETED) {
      const [other] = standingOf(history.trials[probed]!, history.goals).losses;
      this.probe.judge(standing.losses[0]! - other!, this.surrogate.unexplained);
      this.surrogate.noisy = this.probe.noisy;
    }
    const unchanged = own?.key === keyOf(this.space, trial.params);
    const shown = unchanged ? own!.shown : this.layout.shown(trial.params);
    if (standing.kind === COMPLETED) this.surrogate.add(id, shown, standing.losses[0]!);
    else this.surrogate.miss();
    const ofRun = unchanged && own!.generation >= this.begun;
    const best = this.best === null ? null : standingOf(history.trials[this.best]!, history.goals);
    const better = best !== null && compareStandings(standing, best) < 0;
    if (!ofRun && !better) return;
    if (best === null || better) this.best = id;
    const { generation } = this;
    const place = ofRun
      ? own!
      : { ...this.layout.toPlace(trial.params, this.now!.gaussian.mean), shown, foreign: true };
    this.members.push({ id, drawn: { generation, ...place } });
  }

  /** Updates the distribution. The `unseen` candidates were not tried; the model predicts their losses. */
  private learn(ended: typeof this.members, unseen: Candidate[], history: History, random: Random): void {
    const { generation, surrogate } = this;
    const now = this.now!;
    const members: Member[] = ended.map(({ id, drawn }) => {
      const standing = standingOf(history.trials[id]!, history.goals);
      // If the model ranks some members it ranks all of them, since it was fitted to the measured ones too.
      if (unseen.length > 0 && standing.kind === COMPLETED) standing.losses = [surrogate.predict(drawn.shown)!];
      return { ...drawn, id, standing, foreign: drawn.foreign || drawn.generation !== generation };
    });
    for (const drawn of unseen) {
      const losses = [surrogate.predict(drawn.shown)!];
      members.push({ ...drawn, id: Infinity, standing: { kind: COMPLETED, minusStep: 0, violation: 0, losses } });
    }
    const before = now.gaussian.extent;
    const losses = members.flatMap(({ standing }) => (standing.kind === COMPLETED ? [standing.losses[0]!] : []));
    const spread = learnFrom(members, this.layout, now);
    if (this.probe.drowns(losses, unseen.length > 0, surrogate.unexplained)) now.gaussian.keepReach(before);
    this.generation++;
    this.candidates = [];
    const reach = this.layout.numbers.length > 0 ? now.gaussian.extent : 1;
    if (this.regimes.isOver(spread, reach, ended.length)) this.restart(random);
  }

  private restart(random: Random): void {
    this.now = startOf(this.layout, this.regimes.next(random), []);
    const { mean } = this.now.gaussian;
    for (let i = 0; i < mean.length; i++) mean[i] = random.next();
    [this.candidates, this.members, this.best] = [[], [], null];
    this.begun = ++this.generation;
    this.surrogate.clear();
  }

  /** Starts from what earlier searches, the user or another sampler have tried. */
  private start({ trials, goals, earlier = [] }: History): Distribution {
    const known = [...earlier, ...trials]
      .filter((trial) => trial.state === 'completed')
      .map((trial) => ({ trial, standing: standingOf(trial, goals) }))
      .sort((a, b) => compareStandings(a.standing, b.standing));
    const places = known.map(({ trial }) => this.layout.shown(trial.params));
    return startOf(this.layout, this.sigma, places);
  }

  /** Returns the candidate that the model predicts to be best; the first one without a model. */
  private mostPromising(): number {
    let [pick, least] = [0, Infinity];
    for (const [i, { shown }] of this.candidates.entries()) {
      const loss = this.surrogate.predict(shown);
      if (loss === null) return 0;
      if (loss < least) [pick, least] = [i, loss];
    }
    return pick;
  }

  /** Number of members in a generation. */
  private get wanted(): number {
    const { size, first } = this.regimes;
    // Members that the model ranks cost no trials but time, and more of them would tell it nothing new.
    if (this.surrogate.trusted) return Math.min(size, first);
    return this.probe.noisy ? Math.floor(NOISY * size) : size;
  }

  /** Returns a trial right beside the best one when it is time to test for noise, else null. */
  private probeNow(history: History, random: Random): Params | null {
    const { surrogate, best, layout, generation, space } = this;
    const { gaussian } = this.now!;
    const id = history.trials.length;
    if (best === null || !surrogate.isPuzzled || !this.probe.isDue(id)) return null;
    if (standingOf(history.trials[best]!, history.goals).kind !== COMPLETED) return null;
    const place = layout.toPlace(history.trials[best]!.params, gaussian.mean);
    const beside = besides(place, layout, gaussian.extent, random);
    const params = beside && layout.toParams(beside);
    if (!params || !isAllowed(space, params)) return null;
    const key = keyOf(space, params);
    if (this.seen.has(key)) return null;
    this.probe.begin(id, best);
    this.asked.set(id, { ...beside, generation, foreign: true, shown: layout.shown(params), key });
    return params;
  }

  /** Returns the number of running trials of this generation. */
  private current(): number {
    let count = 0;
    for (const { generation } of this.asked.values()) if (generation === this.generation) count++;
    return count;
  }

  private draw(random: Random, bottom: Float64Array | null = null): Candidate {
    return drawCandidate(this.now!, this.layout, this.space, this.generation, random, bottom);
  }

  save(): unknown {
    const { now, generation, begun, best } = this;
    if (this.loaded) return this.loaded;
    if (!now) return null;
    return {
      generation,
      begun,
      best,
      ended: this.ended.save(),
      gaussian: now.gaussian.save(),
      shares: now.categories.shares.map((own) => [...own]),
      regimes: this.regimes.save(),
      surrogate: this.surrogate.save(),
      probe: this.probe.save(),
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

  /** Combines the saved state with what the history adds. */
  private recall(state: CmaState, { trials, goals }: History): void {
    const { layout } = this;
    this.loaded = null;
    const { generation, begun, best } = state;
    Object.assign(this, { generation, begun, best });
    this.ended.load(state.ended);
    const { categories } = startOf(layout, 1, []);
    for (const [c, own] of categories.shares.entries()) own.set(state.shares[c]!);
    this.now = { gaussian: Gaussian.load(state.gaussian), categories };
    this.regimes.load(state.regimes);
    if (state.probe) this.probe.load(state.probe);
    this.surrogate.noisy = this.probe.noisy;
    this.surrogate.load(state.surrogate, (id) => ({
      place: layout.shown(trials[id]!.params),
      loss: standingOf(trials[id]!, goals).losses[0]!,
    }));
    const unwritten = ({ at: places, picks: indices, ...drawn }: Written, params: Params | null): Drawn => {
      const [at, picks] = [Float64Array.from(places), Int32Array.from(indices)];
      return { ...drawn, at, picks, shown: params ? layout.shown(params) : { at, picks } };
    };
    this.candidates = state.candidates.map(([params, drawn]) => ({ ...unwritten(drawn, params), params }));
    for (const [id, drawn, key] of state.asked) {
      this.asked.set(id, { ...unwritten(drawn, trials[id]!.params), key });
    }
    this.members = state.members.map(([id, drawn]) => ({ id, drawn: unwritten(drawn, trials[id]!.params) }));
  }
}

type Written = CmaState['asked'][number][1];
function written({ at, picks, generation, foreign }: Drawn): Written {
  return { at: [...at], picks: [...picks], generation, foreign };
}
