/**
 * The search engine's interfaces. Everything in this folder is pure: no I/O, no clock, no Math.random; the same seed,
 * space and sequence of results give the same suggestions on every platform.
 */
import type { FloatMark } from '../protocol/values/floats.js';
import type { Params, ParamValue } from '../protocol/values/index.js';

/** Bounds of a number; the absent ones don't restrict it. */
export interface Interval {
  above?: number;
  atLeast?: number;
  below?: number;
  atMost?: number;
}

/** Values that a condition allows: listed ones, an interval of numbers, or all but the listed ones. */
export type Allowed = ParamValue[] | Interval | { not: ParamValue[] };

/** Condition for a parameter to be active: every named parent is active and has an allowed value. */
export type Condition = Record<string, Allowed>;

export type Dimension = (
  | {
      kind: 'float';
      low: number;
      high: number;
      log: boolean;
      step: number | null;
      /**
       * Range of the number that a random draw rounds to the nearest step, so that a value at the edge is as likely as its
       * part of this range. Null: all values of an evenly spaced range are equally likely.
       */
      unrounded?: [low: number, high: number] | null;
      /** Number of values on a grid (evenly spaced; on a logarithmic scale if `log`). */
      points?: number | null;
    }
  | {
      kind: 'int';
      low: number;
      high: number;
      log: boolean;
      step: number;
      unrounded?: [low: number, high: number] | null;
      points?: number | null;
    }
  /** `floats`: which whole numbers of the values are floats; the same values for the search either way. */
  | { kind: 'choice'; choices: ParamValue[]; weights: number[] | null; floats?: FloatMark }
  | { kind: 'constant'; value: ParamValue; floats?: FloatMark }
  | { kind: 'normal'; mean: number; sd: number; log: boolean; step: number | null }
  /** A beta(a, b) number, stretched from [0, 1] to the range. */
  | { kind: 'beta'; a: number; b: number; low: number; high: number; step: number | null }
) & {
  name: string;
  when: Condition | null;
  /** The user's prior. `sd` is the standard deviation as a share of the whole range (0.25 by default). */
  prior?: { value: ParamValue; sd?: number } | null;
  /** Stage of a staged search; derived from the name by default. */
  stage?: string | null;
};

/** A constraint: the sum of factor times value, over active numeric parameters, must be at most `atMost`. */
export interface LinearConstraint {
  terms: Record<string, number>;
  atMost: number;
}

/** A term of a rule: a value, a parameter, or arithmetic of numbers. */
export type RuleTerm =
  | { kind: 'value'; value: ParamValue }
  | { kind: 'param'; name: string }
  | { kind: 'sum' | 'difference' | 'product' | 'quotient'; of: [RuleTerm, RuleTerm] };

/**
 * A rule on params that is not linear. A comparison that names an inactive parameter, or divides by 0, is neither true nor
 * false (Kleene's logic); a rule is broken only if it is false.
 */
export type Rule =
  | { kind: 'compare'; sign: '<' | '<=' | '==' | '!='; left: RuleTerm; right: RuleTerm }
  | { kind: 'in'; of: RuleTerm; values: ParamValue[] }
  | { kind: 'and' | 'or'; of: Rule[] }
  | { kind: 'not'; of: Rule };

/** A rule with its text as the person wrote it, for messages. */
export interface SpaceRule {
  text: string;
  rule: Rule;
}

/** A search space. Dimensions are in the order of the file; a parameter's parents come before it. */
export interface Space {
  dimensions: Dimension[];
  /** Constraints known before a trial is run: no suggestion breaks one. */
  constraints?: LinearConstraint[];
  /** Rules known before a trial is run: products, forbidden combinations. No suggestion breaks one. */
  rules?: SpaceRule[];
}

export type Goal = 'minimize' | 'maximize';

export interface Objective {
  metric: string;
  goal: Goal;
}

/** State of a trial. A paused one has saved a checkpoint and resumes only if its scheduler says so. */
export type TrialState = 'running' | 'paused' | 'completed' | 'pruned' | 'failed';

/**
 * A trial as samplers and pruners see it. `reports` are in the order reported; all values are as the user logs them.
 */
export interface Trial {
  /** Index in `History.trials`; negative for a trial of an earlier search. */
  id: number;
  /** Params; the latest ones if they were changed while the trial ran. */
  params: Params;
  state: TrialState;
  /** Final objective values, one per objective; null while running or after failure. NaN counts as failure. */
  values: number[] | null;
  /** `rest`: values of the other objectives at the same step, in their order, if there are several and all are known. */
  reports: { step: number; value: number; rest?: number[] }[];
  /** True if the user gave the params. */
  enqueued: boolean;
  /** The study learned of it after a restart: its sampler does not know that it has suggested these params. */
  adopted?: true;
  /** Measured black-box constraints, each met if at most 0. Absent if none were measured. */
  constraints?: number[];
  /** Running time without pauses, if it was reported. */
  seconds?: number;
  /** Values of parameters that the trial has tuned by gradients, as it ended. */
  tuned?: Params;
  /** Step (inclusive) after which the trial pauses or completes. Absent if it runs to its end. */
  until?: number;
  /** Bracket assigned by a scheduler. */
  bracket?: number;
  /** Trial from whose latest checkpoint this one began. */
  from?: number;
  /** Trial whose params this one measures again, with a fresh seed. */
  repeatOf?: number;
  /**
   * Changes of params on resuming: the new params, the step they start from, and the trial whose checkpoint was used
   * (absent for its own).
   */
  changes?: { step: number; params: Params; from?: number }[];
  /** Params before the first change. */
  began?: Params;
}

/** The data that a sampler may look at. `goals[i]` is the goal of `values[i]`. */
export interface History {
  space: Space;
  goals: Goal[];
  trials: readonly Trial[];
  /** Completed trials of earlier searches, converted to this space. They were not planned and have no runs here. */
  earlier?: readonly Trial[];
  /** Total number of planned trials, including those in `trials`. Absent or null if unknown. */
  planned?: number | null;
  /** Number of trials that run in parallel. */
  workers?: number;
  /** Step at which a full training ends, if known. */
  maxSteps?: number | null;
  /** Bracket of the next trial, for samplers. */
  bracket?: number;
  /** Weight in [0, 1] of the time that trials take, for samplers; absent: it does not count. */
  cost?: number;
}

export interface Random {
  /** Returns a number in [0, 1). */
  next(): number;
  /** Returns an integer in [0, n). */
  int(n: number): number;
  /** Returns a standard normal number. */
  normal(): number;
  state(): number[];
}

/** A sampler suggests the next trial's params. State that can't be derived from the history goes through save/load. */
export interface Sampler {
  readonly name: string;
  /** Returns null if nothing is left to try (a grid is complete). */
  suggest(history: History, random: Random): Params | null;
  save?(): unknown;
  load?(state: unknown): void;
  /** Returns the total number of trials, if the sampler knows it. */
  size?(space: Space): number | null;
  /** Returns why the sampler was chosen, in one line (for `auto`). May change as the search grows. */
  reason?(): string;
}

/** Verdict on a running trial. `pause`: save a checkpoint and end; the trial may be resumed. */
export type Verdict = 'continue' | 'prune' | 'pause';

/** A pruner judges a running trial after each report. */
export interface Pruner {
  readonly name: string;
  judge(history: History, trial: Trial): Verdict;
  save?(): unknown;
  load?(state: unknown): void;
  /** Returns why the pruner was chosen, in one line (for `auto`). */
  reason?(): string;
}

/**
 * The next action. `begin`: a new trial, with the sampler's params unless some are given. `resume`: a paused trial
 * continues, with the given params or from another trial's checkpoint if given. `wait`: nothing to do until more is
 * reported or told. `end`: the search has ended.
 */
export type Next =
  | { kind: 'begin'; params?: Params; until?: number; bracket?: number; from?: number }
  | { kind: 'resume'; trial: number; params?: Params; until?: number; from?: number }
  | { kind: 'wait' }
  | { kind: 'end' };

/** A pruner that also decides what comes next: trials that pause and resume, populations, brackets. */
export interface Scheduler extends Pruner {
  next(history: History, random: Random): Next;
}

/** Outcome of a trial; `constraints`, `seconds` and `tuned` as in `Trial`. */
export type Outcome = (
  { state: 'completed'; values: number[] } | { state: 'pruned' } | { state: 'paused' } | { state: 'failed' }
) & { constraints?: number[]; seconds?: number; tuned?: Params };

/** Name of a sampler or pruner, or an object with the name and settings (as in the experiment file). */
export type Named = string | { name: string; [setting: string]: unknown };

export interface StudyOptions {
  space: Space;
  goals: Goal[];
  sampler: Named;
  /** A pruner or a scheduler. */
  pruner: Named | null;
  seed: number;
  /**
   * Number of planned trials, not counting enqueued ones and repeats; null: until the sampler ends or someone stops.
   */
  trials: number | null;
  /** Number of trials that run in parallel, as far as is known (1). */
  workers?: number;
  /** Step at which a full training ends, if known. */
  maxSteps?: number | null;
  /** True if the program saves and loads checkpoints, so that its trials can pause. */
  checkpoints?: boolean;
  /** Stages; if absent or null, all parameters are tuned together. */
  stages?: Stages | null;
  /** Use of imported trials. Absent: the defaults; null: they go to the sampler as they are. */
  warmStart?: WarmStart | null;
  repeat?: Repeat | null;
  noise?: Noise;
  /** When the search ends before all planned trials; absent or null: never. For one objective. */
  stop?: Stop | null;
  /** Prefers trials that take less time; absent or null: time does not count. */
  cost?: Cost | null;
  /** Makes the sampler of a person's own module, for `sampler: { name: module }`. Never saved. */
  makeOwn?: MakeOwn;
}

/** Settings of a search in which the time of a trial counts. */
export interface Cost {
  /** Time budget: the sum of all trials' seconds. Absent: only the number of trials limits the search. */
  seconds?: number;
}

/** Settings of the end of a search by itself, once little is left to gain. */
export interface Stop {
  /** Improvement in the objective's unit that is not worth more trials. Absent: the noise of a trial, or 1 % of the distance from the best value to the median of the first 20. */
  gain?: number;
  /** Number of completed trials before the first look (20). */
  after?: number;
  /** Number of completed trials that must not have improved the best value before a model is asked (10). */
  patience?: number;
  /** Number of completed trials without an improvement after which the search ends in any case. Absent: never. */
  stale?: number;
  /** Number of completed trials before a continued search, which don't count as stale. */
  from?: number;
}

/**
 * Tells whether the same params may give different values. `auto` (the default): only if the trials show it; `none`: the best
 * observed value is recommended; `some`: a model's expectation is used from the start.
 */
export type Noise = 'auto' | 'none' | 'some';

/**
 * Settings of staged tuning: one group of parameters after the other, each at the best values found for the earlier
 * ones.
 */
export interface Stages {
  /**
   * Stages in order. A stage has the parameters that it names, then those whose `Dimension.stage` is its name, then
   * those whose own names suggest it. Default: architecture, optimizer, regularization, batch.
   */
  order?: { name: string; params?: string[]; /** Share of the trials. */ share?: number }[];
  /** Number of the most important parameters that are tuned together at the end (4); 0: none. */
  joint?: number;
}

/**
 * Settings of the warm start: the search begins where earlier searches were good, and leaves a share of its trials
 * free.
 */
export interface WarmStart {
  /** Share of trials that search everywhere (0.3); it adapts to which of them turn out better. */
  free?: number;
  /** Number of the best earlier configurations to try first (3). */
  first?: number;
  /** Says which earlier trials these are, for the person. */
  note?: string;
}

/** Settings of the final repeats: the `top` most promising trials run again with fresh seeds, up to `times` each. */
export interface Repeat {
  top: number;
  times: number;
}

/** A completed trial of an earlier search, possibly of another space; `values` are by this search's objectives. */
export interface Earlier {
  params: Params;
  values: number[];
  constraints?: number[];
}

/** The trial to rely on: the one with the best expected value, not the luckiest. */
export interface Recommendation {
  /** Trial that has completed, or is about to become clearly better. */
  trial: Trial;
  /** Expected value of the objective, as the user logs it. */
  mean: number;
  /** Standard deviation of the mean; Infinity if too little is known. */
  sd: number;
  /** Reason in one line. */
  reason: string;
}

/** A trial to run, or to resume if `resume` is true. The other fields are as in `Trial`. */
export interface Asked {
  id: number;
  params: Params;
  resume: boolean;
  until?: number;
  from?: number;
  repeatOf?: number;
}

export interface Study {
  readonly options: StudyOptions;
  readonly trials: readonly Trial[];
  /** Returns null if there is nothing to try now; see `waiting`. */
  ask(): Asked | null;
  /** True if, after `ask` returned null, there may be more once other trials have reported or ended. */
  readonly waiting: boolean;
  report(id: number, step: number, value: number, rest?: readonly number[]): Verdict;
  /** Discards a running trial's reports from a step on, because it resumed from an earlier checkpoint. */
  rewind(id: number, step: number): void;
  /** Reopens a failed or stopped trial, to run again or resume under the same number. Throws if it has completed. */
  reopen(id: number): void;
  tell(id: number, outcome: Outcome): void;
  enqueue(params: Params): void;
  /**
   * Imports trials of earlier searches for a warm start. Those that fit the space become `History.earlier`; the others
   * also show where it is good (see widen/adapt.ts for parameters that only one of the two spaces has).
   */
  import(trials: readonly Earlier[]): void;
  /** Continues in another space. Trials that fit it count as before, the others like imported ones. */
  widen(space: Space): void;
  /** Changes the total number of planned trials, not counting enqueued ones and repeats; null means no limit. */
  extend(trials: number | null): void;
  /** Returns at most one trial for one objective, else the Pareto front; see recommend/measured.ts. */
  best(): Trial[];
  /** Returns null if nothing has completed, or if there are several objectives. */
  recommend(): Recommendation | null;
  /** Returns JSON-able state; `restoreStudy(save())` continues as if nothing had happened. */
  save(): unknown;
}

/** The facts that a person's sampler is created with. Everything is a copy: it can change nothing here. */
export interface OwnFacts {
  space: Space;
  goals: Goal[];
  /** Number of planned trials; null if unknown. */
  trials: number | null;
  /** Number of trials that run in parallel. */
  workers: number;
  /** Settings beside `name` and `path` in the experiment file. */
  settings: Record<string, unknown>;
}

/** The question to a person's sampler: the trials so far, the space, the goals and planned numbers. */
export type OwnHistory = Pick<History, 'space' | 'goals' | 'trials' | 'earlier' | 'planned' | 'workers' | 'maxSteps'>;

/** The sampler that a module's default export, or its `createSampler`, returns. */
export interface OwnSampler {
  /** Returns the values to try next, or null if nothing is left to try. `random` is seeded; use it for every draw. */
  suggest(history: OwnHistory, random: Pick<Random, 'next' | 'int' | 'normal'>): Params | null;
  /** Returns JSON-able state; needed only for what does not follow from the trials. */
  save?(): unknown;
  load?(state: unknown): void;
}
export type MakeOwn = (facts: OwnFacts) => OwnSampler;
