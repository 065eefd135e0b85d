/**
 * Staged tuning: tunes one group of parameters after the other, with the others frozen at their best known values, and
 * finally, in a joint round, the parameters that turned out most important (PED-ANOVA, see insight). Each stage's
 * sampler works in a space where everything else is constant, and receives every trial that lies in it.
 *
 * - Parameters that are not tuned yet are at the user's priors, at the best of the earlier trials, or in the middle.
 *   The very first trial is at these values.
 * - "Best" means what the study would recommend, not the luckiest trial. If trials of the previous stage are still
 *   running when a stage begins, the stage restarts if one of them changes what is best.
 * - The joint round has a quarter of the trials. Stages without a share of their own divide the rest in proportion to
 *   their number of parameters plus one. If the number of trials is unknown, a stage has five for each of its
 *   parameters plus five.
 */
import { z } from 'zod';
import { Params } from '../../protocol/values/index.js';
import { isAllowed } from '../constraints/index.js';
import { SearchError } from '../errors.js';
import { importance } from '../insight/importance.js';
import { Recommender } from '../recommend/index.js';
import { keyOf } from '../space/index.js';
import { defaultsOf, freeze, livingIn } from './freeze.js';
import { planStages, type Stage } from './plan.js';
import type { History, Random, Sampler, Space, Stages } from '../types.js';
import { adapt } from '../widen/adapt.js';
import { View } from '../widen/view.js';
import { entryOf } from '../../protocol/values/records.js';

const JOINT = 4;
const JOINT_SHARE = 0.25;
const EACH = 5;
const JOINT_NAME = 'joint round';

const State = z.object({
  at: z.number().int().min(0),
  /** Number of trials when the stage began. */
  start: z.number(),
  /** Number of trials for the stage; null if it gets all the rest. */
  quota: z.number().nullable(),
  free: z.array(z.string()),
  values: Params,
  /** Trials of earlier stages that were running when it began. */
  pending: z.array(z.number()),
});
const Saved = z.object({ state: State.nullable(), inner: z.unknown() });
type State = z.infer<typeof State>;

export class StagedSampler implements Sampler {
  readonly name: string;
  private readonly stages: Stage[];
  private readonly joint: number;
  private readonly recommender = new Recommender();
  /** Current stage; `begun` tells whether its initial values were tried. */
  private current: { state: State; sampler: Sampler; view: View; begun: boolean } | null = null;

  /** Throws SearchError for invalid stages, or if the sampler can't search one of them. */
  constructor(
    settings: Stages,
    private readonly space: Space,
    trials: number | null,
    private readonly make: (space: Space, trials: number | null) => Sampler,
  ) {
    this.joint = settings.joint ?? JOINT;
    this.stages = planStages(space, settings);
    if (this.stages.length === 0) this.stages.push({ name: 'constants', params: [], share: null });
    if (this.stages.length > 1 && this.joint > 0) {
      this.stages.push({
        name: JOINT_NAME,
        params: unique(this.stages.flatMap(({ params }) => params)),
        share: JOINT_SHARE,
      });
    }
    const whole = make(space, trials);
    this.name = whole.name;
    const values = defaultsOf(space);
    for (const { params } of this.stages) make(freeze(space, new Set(params), values), trials);
  }

  suggest(history: History, random: Random): Params | null {
    if (!this.current) this.begin(0, history, this.initial(history));
    this.follow(history);
    for (;;) {
      const { state, sampler, view } = this.current!;
      const { at, quota, values } = state;
      const left = quota === null ? undefined : quota - asked(history, state.start);
      if (left === undefined || left > 0) {
        const seen = view.of(history, left);
        const beginning = adapt(view.space, values).params;
        this.current!.begun ||= isTried(seen, beginning);
        const params = this.current!.begun ? sampler.suggest(seen, random) : beginning;
        if (params) return params;
      }
      if (at + 1 < this.stages.length) this.begin(at + 1, history, this.best(history));
      else if (!this.openUp()) return null;
    }
  }

  reason(): string {
    if (!this.current) return `in ${this.stages.length} stages`;
    const { state, sampler } = this.current;
    const names = state.free.length > 6 ? `${state.free.slice(0, 6).join(', ')}, …` : state.free.join(', ');
    const { name } = this.stages[state.at]!;
    return `stage ${state.at + 1} of ${this.stages.length}, ${name} (${names}); ${sampler.reason?.() ?? sampler.name}`;
  }

  save(): unknown {
    const { state = null, sampler = null } = this.current ?? {};
    return { state, inner: sampler?.save?.() ?? null };
  }

  load(saved: unknown): void {
    const read = Saved.safeParse(saved);
    if (!read.success || (read.data.state?.at ?? 0) >= this.stages.length) {
      throw new SearchError("the saved state of the stages can't be read");
    }
    const { state, inner } = read.data;
    if (!state) return;
    this.enter(state);
    if (inner !== null && inner !== undefined) this.current!.sampler.load?.(inner);
  }

  /** Begins the first stage from `from` on that has something to tune. */
  private begin(from: number, history: History, values: Params): void {
    let at = from;
    let free = this.freeIn(at, history, values);
    while (free.length === 0 && at + 1 < this.stages.length) free = this.freeIn(++at, history, values);
    const running = history.trials.filter(({ state }) => state === 'running' || state === 'paused');
    this.enter({
      at,
      start: history.trials.length,
      quota: this.quotaOf(at, history, values),
      free,
      values,
      pending: running.map(({ id }) => id),
    });
  }

  private enter(state: State): void {
    const space = freeze(this.space, new Set(state.free), state.values);
    this.current = { state, sampler: this.make(space, state.quota), view: new View(space), begun: false };
  }

  /** Restarts the stage if late results of earlier ones change the frozen values. */
  private follow(history: History): void {
    const { state } = this.current!;
    const still = state.pending.filter((id) => {
      const trial = history.trials[id]!;
      return trial.state === 'running' || trial.state === 'paused';
    });
    if (still.length === state.pending.length) return;
    state.pending = still;
    const values = this.best(history);
    const frozen = this.space.dimensions.filter(({ name }) => !state.free.includes(name));
    const part = { dimensions: frozen };
    if (keyOf(part, values) !== keyOf(part, state.values)) this.enter({ ...state, values });
  }

  /** Frees all parameters when the joint round has nothing left. Returns false if everything was free already. */
  private openUp(): boolean {
    const { state } = this.current!;
    const all = this.stages[state.at]!.params;
    if (this.stages[state.at]!.name !== JOINT_NAME || state.free.length >= all.length) return false;
    this.enter({ ...state, free: all });
    return true;
  }

  private freeIn(at: number, history: History, values: Params): string[] {
    const { params, name } = this.stages[at]!;
    const living = livingIn(this.space, new Set(params), values);
    if (name !== JOINT_NAME || living.length <= this.joint) return living;
    const found = importance({ ...history, space: this.space });
    if ('unknown' in found) return living;
    const ranked = living
      .filter((one) => entryOf(found.shares, one))
      .sort((a, b) => entryOf(found.shares, b)! - entryOf(found.shares, a)!);
    const free = new Set<string>();
    for (const one of ranked) {
      if (free.size >= this.joint) break;
      // The parameter may be inactive without its parent.
      if (livingIn(this.space, new Set([...free, one]), values).includes(one)) free.add(one);
    }
    return free.size > 0 ? livingIn(this.space, free, values) : living;
  }

  /** Returns the stage's number of trials. */
  private quotaOf(at: number, { planned = null, trials }: History, values: Params): number | null {
    if (at + 1 >= this.stages.length) return null;
    const weights = this.stages.map(({ params }) => livingIn(this.space, new Set(params), values).length + 1);
    if (planned === null) return EACH * weights[at]!;
    const own = this.stages[at]!.share;
    if (own !== null) return Math.max(1, Math.round(own * planned));
    let [left, sum] = [planned - trials.length, 0];
    for (let i = at; i < this.stages.length; i++) {
      const { share } = this.stages[i]!;
      if (share !== null) left -= share * planned;
      else sum += weights[i]!;
    }
    return Math.max(1, Math.round((left * weights[at]!) / sum));
  }

  private initial({ earlier = [], goals }: History): Params {
    const values = defaultsOf(this.space);
    const known = earlier.filter(({ params }) => isAllowed(this.space, params));
    const [best] = known.length > 0 ? this.recommender.ranked(this.space, known, goals) : [];
    return best === undefined ? values : { ...values, ...known.find(({ id }) => id === best)!.params };
  }

  /** Returns the best params; those that the best trial does not have keep their frozen values. */
  private best(history: History): Params {
    const { values } = this.current!.state;
    const ranked = this.recommender.ranked(this.space, history.trials, history.goals);
    // The user's own values may break a constraint.
    const best = ranked.find((id) => isAllowed(this.space, history.trials[id]!.params));
    return best === undefined ? values : { ...values, ...history.trials[best]!.params };
  }
}

/** Counts the trials that belong to the stage. */
function asked({ trials }: History, start: number): number {
  let count = 0;
  for (let i = start; i < trials.length; i++) {
    if (!trials[i]!.enqueued && trials[i]!.repeatOf === undefined) count++;
  }
  return count;
}

const unique = (names: string[]): string[] => [...new Set(names)];

function isTried({ space, trials }: History, params: Params): boolean {
  const key = keyOf(space, params);
  return trials.some((trial) => keyOf(space, trial.params) === key);
}
