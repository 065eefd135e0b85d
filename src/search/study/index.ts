/** Ask and tell: keeps the history, drives the sampler and the pruner, and can be saved at any moment. */
import type { Params } from '../../protocol/values/index.js';
import { SearchError } from '../errors.js';
import { createRandom, restoreRandom } from '../maths/random.js';
import { bestOf } from '../recommend/measured.js';
import { Recommender } from '../recommend/index.js';
import { Unfinished } from '../recommend/unfinished.js';
import { createPruner } from '../registry.js';
import { costWeight } from './cost.js';
import { defined, isExtra, usable } from './helpers.js';
import { nextRepeat } from './repeat.js';
import { fromSaved, toSaved, type SavedState } from '../saved/index.js';
import { TrialTexts } from '../saved/trialTexts.js';
import { checkSpace, drawAllowed, keyOf, refuse } from '../space/index.js';
import { checkOptions, contextOf, samplerOf } from './parts.js';
import { PastTrials } from './past.js';
import { laterStop, terminatorOf, type Terminator } from './terminator.js';
import { FINISHED_REPORTS, RUNNING_REPORTS, thin } from './thin.js';
import type {
  Asked,
  Cost,
  Earlier,
  History,
  Next,
  Outcome,
  Pruner,
  Random,
  Recommendation,
  Sampler,
  Scheduler,
  Space,
  Study,
  StudyOptions,
  Trial,
  Verdict,
} from '../types.js';
import { View } from '../widen/view.js';
import { l10n } from '../../format/l10n.js';

/** Throws SearchError for an unknown sampler or pruner, bad settings, or a space that the sampler can't use. */
export function createStudy(options: StudyOptions): SavedStudy {
  return new SavedStudy(options);
}

/** Continues from the result of `save()` as if nothing had happened. Throws SearchError if it can't be read. */
export function restoreStudy(saved: unknown, makeOwn?: StudyOptions['makeOwn']): SavedStudy {
  const state = fromSaved(saved);
  return new SavedStudy({ ...state.options, ...defined({ makeOwn }) }, state);
}

export class SavedStudy implements Study {
  readonly options: StudyOptions;
  readonly trials: Trial[];
  waiting = false;
  /** Reason why the search has ended by itself, in one line. */
  ended: string | null = null;
  private readonly queue: Params[];
  private readonly random: Random;
  private readonly imported: Earlier[][];
  private past: PastTrials;
  private sampler: Sampler;
  private pruner: Pruner | Scheduler | null;
  /** The sampler's view once the space was changed; null if it sees everything. */
  private view: View | null;
  /** True if the sampler has nothing left to suggest. */
  private dry: boolean;
  /** Number of trials beyond the planned ones: enqueued ones and repeats. */
  private extra = 0;
  /** Number of measured constraints, once a trial has reported it. */
  private constraints: number | null = null;
  private readonly texts: TrialTexts;
  private recommender: Recommender;
  private unfinished = new Unfinished();
  private terminator: Terminator | null;

  constructor(options: StudyOptions, state?: SavedState) {
    this.options = { ...options };
    this.recommender = new Recommender(options.noise);
    this.terminator = terminatorOf(options);
    checkSpace(options.space);
    checkOptions(options);
    this.texts = new TrialTexts(options.space.dimensions.map(({ name }) => name));
    this.trials = state?.trials ?? [];
    this.queue = state?.queue ?? [];
    this.imported = state?.imported ?? [];
    this.dry = state?.dry ?? false;
    this.random = state ? restoreRandom(state.random) : createRandom(options.seed);
    for (const trial of this.trials) {
      if (isExtra(trial)) this.extra++;
      this.constraints ??= trial.constraints?.length ?? null;
    }
    const widened = state?.widened ?? false;
    this.view = widened ? new View(options.space) : null;
    this.past = new PastTrials(options.space, this.imported, this.trials, widened);
    this.sampler = samplerOf(this.options, this.past);
    this.pruner = createPruner(options.pruner, contextOf(this.options));
    if (state && state.sampler !== null) this.sampler.load?.(state.sampler);
    if (state && state.pruner !== null) this.pruner?.load?.(state.pruner);
  }

  /** Describes what the search does and why, in one line, if its sampler or its pruner gives a reason. */
  get reason(): string | null {
    const pruner = this.pruner?.reason?.();
    const said = [this.ended, this.sampler.reason?.(), pruner && l10n.t('pruner {0}', pruner)].filter((text) => text);
    return said.length > 0 ? said.join('; ') : null;
  }

  /** Total number of trials, as far as it is known. */
  get size(): number | null {
    if (this.ended !== null) return this.trials.length;
    const size = this.sampler.size?.(this.options.space) ?? null;
    const { trials } = this.options;
    const planned = size === null ? trials : trials === null ? size : Math.min(size, trials);
    return planned === null ? null : planned + this.extra + this.queue.length;
  }

  ask(): Asked | null {
    this.waiting = false;
    const next = this.next();
    if (next.kind === 'resume') return this.resume(next);
    const { until, bracket, from } = next.kind === 'begin' ? next : {};
    const given = this.queue.shift();
    if (given) {
      const params = drawAllowed(this.options.space, this.random, given);
      return this.begin(params, { enqueued: true, ...defined({ until, bracket }) });
    }
    this.ended ??= this.terminator?.reached(this.history()) ?? null;
    if (next.kind === 'begin' && !this.full && this.ended === null) {
      const params = next.params ?? this.suggest(next);
      if (params) return this.begin(params, { enqueued: false, ...defined({ until, bracket, from }) });
      this.dry = true;
    }
    const repeated = this.nextRepeat(next);
    if (typeof repeated === 'number') {
      return this.begin(this.trials[repeated]!.params, { enqueued: false, repeatOf: repeated });
    }
    // A scheduler may resume a trial that pauses later.
    const more = this.pruner !== null && 'next' in this.pruner && next.kind !== 'end';
    this.waiting = (more || repeated === 'wait') && this.trials.some(({ state }) => state === 'running');
    return null;
  }

  /**
   * Returns the sampler's next suggestion. A restored sampler first suggests again what adopted trials have, digit by digit:
   * that is passed over.
   */
  private suggest(next: Extract<Next, { kind: 'begin' }>): Params | null {
    const { space } = this.options;
    const suggest = (): Params | null => this.sampler.suggest(this.seen(next), this.random);
    const adopted = new Set(this.trials.filter((trial) => trial.adopted).map(({ params }) => keyOf(space, params)));
    let params = suggest();
    for (let left = adopted.size; left > 0 && params && adopted.has(keyOf(space, params)); left--) params = suggest();
    return params;
  }

  private next(): Next {
    return this.pruner && 'next' in this.pruner ? this.pruner.next(this.history(), this.random) : { kind: 'begin' };
  }

  private nextRepeat({ kind }: Next): number | 'wait' | null {
    const { repeat, goals, space } = this.options;
    if (!repeat || kind === 'wait' || !(this.full || this.dry || this.ended !== null || kind === 'end')) return null;
    return nextRepeat(this.trials, repeat, () => this.recommender.rankedByRepeats(space, this.trials, goals));
  }

  /** Returns whether all planned trials have been asked for. */
  private get full(): boolean {
    const { trials } = this.options;
    return trials !== null && this.trials.length - this.extra >= trials;
  }

  private history(): History {
    const { space, goals, trials, workers, maxSteps } = this.options;
    const planned = this.dry ? this.trials.length : trials === null ? null : trials + this.extra;
    const { earlier } = this.past;
    const { cost: settings } = this.options;
    const cost = settings ? costWeight(settings, this.trials, planned) : undefined;
    return { space, goals, trials: this.trials, earlier, planned, ...defined({ workers, maxSteps, cost }) };
  }

  /** Returns the history as the sampler sees it. */
  private seen({ bracket }: { bracket?: number }): History {
    const history = { ...this.history(), ...defined({ bracket }) };
    return this.view ? this.view.of(history) : history;
  }

  private begin(params: Params, more: Partial<Trial> & { enqueued: boolean }): Asked {
    const id = this.trials.length;
    const trial: Trial = { id, params: { ...params }, state: 'running', values: null, reports: [], ...more };
    this.trials.push(trial);
    if (isExtra(trial)) this.extra++;
    const { until, from, repeatOf } = more;
    return { id, params: { ...params }, resume: false, ...defined({ until, from, repeatOf }) };
  }

  private resume({ trial: id, params, until, from }: Extract<Next, { kind: 'resume' }>): Asked {
    const trial = this.trial(id);
    if (trial.state !== 'paused') throw new SearchError(l10n.t('trial {0} is {1}, not paused', id, trial.state));
    trial.state = 'running';
    delete trial.until;
    Object.assign(trial, defined({ until }));
    if (params || from !== undefined) {
      if (params) trial.began ??= trial.params;
      trial.params = { ...(params ?? trial.params) };
      const step = trial.reports.at(-1)?.step ?? 0;
      (trial.changes ??= []).push({ step, params: trial.params, ...defined({ from }) });
    }
    return { id, params: { ...trial.params }, resume: true, ...defined({ until, from }) };
  }

  /**
   * Records a report: the first objective's value and, if all of them are known at this step, those of the others. For a trial that has ended it changes nothing; for one that is to pause it returns `pause` again.
   */
  report(id: number, step: number, value: number, rest?: readonly number[]): Verdict {
    const trial = this.trial(id);
    if (trial.state === 'pruned') return 'prune';
    if (trial.state === 'paused') return 'pause';
    if (trial.state !== 'running') return 'continue';
    if (rest && rest.length !== this.options.goals.length - 1) {
      throw new SearchError(`trial ${id} must report ${this.options.goals.length} values, not ${rest.length + 1}`);
    }
    trial.reports.push({ step, value, ...(rest?.length && { rest: [...rest] }) });
    if (trial.reports.length > RUNNING_REPORTS) thin(trial);
    // A repeat always runs to its end.
    if (trial.repeatOf !== undefined) return 'continue';
    return this.pruner?.judge(this.history(), trial) ?? 'continue';
  }

  /** Discards a running trial's reports from a step on, because it resumed from an earlier checkpoint. */
  rewind(id: number, step: number): void {
    const trial = this.trial(id);
    if (trial.state !== 'running') return;
    const kept = trial.reports.filter((report) => report.step < step);
    if (kept.length === trial.reports.length) return;
    trial.reports = kept;
    this.readAgain();
  }

  /** Reopens a failed or stopped trial, to run again or resume under the same number. Throws if it has completed. */
  reopen(id: number): void {
    const trial = this.trial(id);
    if (trial.state === 'completed') throw new SearchError(l10n.t('trial {0} has completed', id));
    if (trial.state === 'running') return;
    trial.state = 'running';
    delete trial.constraints;
    this.texts.reopened(id);
    this.readAgain();
  }

  /**
   * Records the outcome. Only the first one counts: repeating it, as after a restart, changes nothing. NaN values are a
   * failure.
   */
  tell(id: number, outcome: Outcome): void {
    const trial = this.trial(id);
    if (trial.state !== 'running' && trial.state !== 'paused') return;
    const { constraints, seconds, tuned } = outcome;
    const expected = this.options.goals.length;
    if (outcome.state === 'completed' && outcome.values.length !== expected) {
      throw new SearchError(l10n.t('trial {0} must end with {1} values, not {2}', id, expected, outcome.values.length));
    }
    if (constraints && constraints.length !== (this.constraints ??= constraints.length)) {
      throw new SearchError(
        l10n.t(
          'trial {0} measured {1} constraints, but the other trials {2}',
          id,
          constraints.length,
          this.constraints,
        ),
      );
    }
    Object.assign(trial, defined({ constraints: constraints && [...constraints], seconds, tuned }));
    if (outcome.state === 'completed') {
      if (outcome.values.some(Number.isNaN)) trial.state = 'failed';
      else [trial.state, trial.values] = ['completed', [...outcome.values]];
    } else trial.state = outcome.state;
    while (trial.reports.length > FINISHED_REPORTS) thin(trial);
    this.past.follow(trial);
  }

  /** Queues params ahead of the sampler's suggestions and beyond the planned number; missing values are drawn. */
  enqueue(params: Params): void {
    const { dimensions } = this.options.space;
    for (const [name, value] of Object.entries(params)) {
      const dimension = dimensions.find((d) => d.name === name);
      if (!dimension) throw new SearchError(l10n.t('"{0}" is not in the search space', name));
      const refusal = refuse(dimension, value);
      if (refusal) throw new SearchError(`"${name}" ${refusal}`);
    }
    this.queue.push({ ...params });
  }

  /**
   * Adds a trial that is already running although this study, restored from an older state, doesn't know it. It counts
   * as planned.
   */
  adopt(params: Params): Asked {
    const next = this.next();
    const { until, bracket } = next.kind === 'begin' ? next : {};
    const { space } = this.options;
    const whole = drawAllowed(space, this.random, usable(space, params));
    return this.begin(whole, { enqueued: false, adopted: true, ...defined({ until, bracket }) });
  }

  /** Imports the trials of one earlier search per call. */
  import(trials: readonly Earlier[]): void {
    const expected = this.options.goals.length;
    for (const { values } of trials) {
      if (values.length === expected) continue;
      throw new SearchError(l10n.t('an imported trial needs {0} values, not {1}', expected, values.length));
    }
    const search = trials
      .filter(({ values }) => !values.some(Number.isNaN))
      .map(({ params, values, constraints }) => ({
        params: { ...params },
        values: [...values],
        ...(constraints && { constraints: [...constraints] }),
      }));
    if (search.length === 0) return;
    this.imported.push(search);
    this.past.add(search);
  }

  /**
   * Replaces the space. The sampler restarts with the existing trials. Throws, and changes nothing, if it can't use
   * the space.
   */
  widen(space: Space): void {
    checkSpace(space);
    const options = { ...this.options, space };
    const past = new PastTrials(space, this.imported, this.trials, true);
    const sampler = samplerOf(options, past);
    const pruner = createPruner(options.pruner, contextOf(options));
    const state = this.pruner?.save?.() ?? null;
    if (state !== null) pruner?.load?.(state);
    [this.past, this.sampler, this.pruner] = [past, sampler, pruner];
    [this.view, this.dry, this.options.space] = [new View(space), false, space];
    for (const [i, params] of this.queue.entries()) this.queue[i] = usable(space, params);
  }

  /**
   * Changes the number of trials; the sampler and the pruner keep their state. Throws, and changes nothing, if they
   * can't handle it.
   */
  extend(trials: number | null): void {
    this.readAgain({ ...this.options, trials });
    [this.options.trials, this.dry] = [trials, false];
    if (this.ended !== null) this.options.stop = laterStop(this.options.stop!, this.trials);
    [this.terminator, this.ended] = [terminatorOf(this.options), null];
  }

  /**
   * Changes the number of trials that run in parallel and the budget of trial time, if there is one; the sampler and the
   * pruner keep their state.
   */
  resize(workers: number, cost: Cost | undefined): void {
    const options = { ...this.options, workers, ...defined({ cost }) };
    this.readAgain(options);
    Object.assign(this.options, { workers, ...defined({ cost }) });
  }

  /** Recreates the sampler and the pruner with their saved state, so that they reread the trials from the start. */
  private readAgain(options: StudyOptions = this.options): void {
    const sampler = samplerOf(options, this.past);
    const pruner = createPruner(options.pruner, contextOf(options));
    const known = { sampler: this.sampler.save?.() ?? null, pruner: this.pruner?.save?.() ?? null };
    if (known.sampler !== null) sampler.load?.(known.sampler);
    if (known.pruner !== null) pruner?.load?.(known.pruner);
    [this.sampler, this.pruner] = [sampler, pruner];
    this.recommender = new Recommender(options.noise);
    this.unfinished = new Unfinished();
  }

  best(): Trial[] {
    // Without a goal, no trial is better than another.
    return this.options.goals.length === 0 ? [] : bestOf(this.trials, this.options.goals);
  }

  recommend(): Recommendation | null {
    const { space, goals } = this.options;
    if (goals.length === 0) return null;
    const completed = this.recommender.recommend(space, this.trials, goals);
    return completed && this.unfinished.orBetter(this.history(), completed);
  }

  save(): unknown {
    return toSaved(
      {
        options: this.options,
        trials: this.trials,
        queue: this.queue,
        imported: this.imported,
        random: this.random.state(),
        sampler: this.sampler.save?.() ?? null,
        pruner: this.pruner?.save?.() ?? null,
        widened: this.view !== null,
        dry: this.dry,
      },
      this.texts,
    );
  }

  private trial(id: number): Trial {
    const trial = this.trials[id];
    if (!trial) throw new SearchError(l10n.t('there is no trial {0}', id));
    return trial;
  }
}
