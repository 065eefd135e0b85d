/**
 * The search engine's interfaces. Everything in this folder is pure: no I/O, no clock, no Math.random; the
 * same seed, space and results told in the same order give the same suggestions on every platform.
 */
import type { FloatMark } from '../protocol/floats.js';
import type { Params, ParamValue } from '../protocol/values.js';

/** When the parameter takes part: every named parent is active and has one of the values given. */
export type Condition = Record<string, ParamValue[]>;

export type Dimension = (
  | {
      kind: 'float';
      low: number;
      high: number;
      log: boolean;
      step: number | null;
      /** Into how many values a grid divides it (evenly; on a logarithmic scale when `log`). */
      points?: number | null;
    }
  | { kind: 'int'; low: number; high: number; log: boolean; step: number; points?: number | null }
  /** `floats`: which whole numbers of the values are floats; the same values for the search either way. */
  | { kind: 'choice'; choices: ParamValue[]; weights: number[] | null; floats?: FloatMark }
  | { kind: 'constant'; value: ParamValue; floats?: FloatMark }
  | { kind: 'normal'; mean: number; sd: number; log: boolean; step: number | null }
  /** A beta(a, b) number, stretched from [0, 1] to the range. */
  | { kind: 'beta'; a: number; b: number; low: number; high: number; step: number | null }
) & {
  name: string;
  when: Condition | null;
  /** What the person believes to be good. `sd`: how far off it may be, as a share of the whole range (0.25 if absent). */
  prior?: { value: ParamValue; sd?: number } | null;
  /** In which stage of a staged search it is tuned; by its name if absent. */
  stage?: string | null;
};

/** Sum of factor times value, over active numeric parameters, must be at most this. */
export interface LinearConstraint {
  terms: Record<string, number>;
  atMost: number;
}

/** In the order of the file; a parameter's parents come before it. */
export interface Space {
  dimensions: Dimension[];
  /** Known before a trial is run: no suggestion breaks one. */
  constraints?: LinearConstraint[];
}

export type Goal = 'minimize' | 'maximize';

export interface Objective {
  metric: string;
  goal: Goal;
}

/** A paused trial has saved a checkpoint and goes on only if its scheduler says so. */
export type TrialState = 'running' | 'paused' | 'completed' | 'pruned' | 'failed';

/** What samplers and pruners see of a trial. `values` are by step in the order reported; all as the person logs them. */
export interface Trial {
  /** Its place in `History.trials`; negative for a trial of an earlier search. */
  id: number;
  /** Of a trial whose params were changed while it ran: the latest. */
  params: Params;
  state: TrialState;
  /** Final objective values, one per objective; null while running or after failure. NaN counts as failure. */
  values: number[] | null;
  reports: { step: number; value: number }[];
  /** True when the person gave the params. */
  enqueued: boolean;
  /** Black-box constraints as measured: met where at most 0. Absent: none were measured. */
  constraints?: number[];
  /** How long it has run, without the time in which it was paused, if whoever ran it says so. */
  seconds?: number;
  /** It runs up to this step (included) and then pauses or completes. Absent: to its end. */
  until?: number;
  /** The bracket that a scheduler put it in. */
  bracket?: number;
  /** Began from this trial's latest checkpoint. */
  from?: number;
  /** A further measurement, with a fresh seed, of this trial's params. */
  repeatOf?: number;
  /** Each time it went on with other params: which, from which step on, and from whose checkpoint (own: absent). */
  changes?: { step: number; params: Params; from?: number }[];
  /** What its params were before the first change. */
  began?: Params;
}

/** What a sampler may look at. `goals[i]` says how `values[i]` is meant. */
export interface History {
  space: Space;
  goals: Goal[];
  trials: readonly Trial[];
  /** Completed trials of earlier searches, brought into this space. They were not planned and have no runs here. */
  earlier?: readonly Trial[];
  /** Trials there will be, of which `trials` have been asked for. Absent or null: not known. */
  planned?: number | null;
  /** Trials that run at the same time. */
  workers?: number;
  /** The step at which a full training ends, if it is known. */
  maxSteps?: number | null;
  /** For a sampler: the bracket that the next trial will be in. */
  bracket?: number;
}

export interface Random {
  /** In [0, 1). */
  next(): number;
  /** In [0, n). */
  int(n: number): number;
  /** Standard normal. */
  normal(): number;
  state(): number[];
}

/** A sampler suggests the next trial's params. State that can't be derived from the history goes through save/load. */
export interface Sampler {
  readonly name: string;
  /** Null: nothing is left to try (a grid is done). */
  suggest(history: History, random: Random): Params | null;
  save?(): unknown;
  load?(state: unknown): void;
  /** How many trials there are in all, if the sampler knows. */
  size?(space: Space): number | null;
  /** Why it was chosen, in one line (for `auto`). May change as the search grows. */
  reason?(): string;
}

/** `pause`: save a checkpoint and end; the trial may be taken up again. */
export type Verdict = 'continue' | 'prune' | 'pause';

/** A pruner judges a running trial after each report. */
export interface Pruner {
  readonly name: string;
  judge(history: History, trial: Trial): Verdict;
  save?(): unknown;
  load?(state: unknown): void;
  /** Why it was chosen, in one line (for `auto`). */
  reason?(): string;
}

/**
 * What is to be done next. `begin`: a new trial, with the sampler's params unless some are given. `resume`: a paused
 * trial goes on, with other params or from another trial's checkpoint where these are given. `wait`: nothing before
 * more is reported or told. `end`: the search is over.
 */
export type Next =
  | { kind: 'begin'; params?: Params; until?: number; bracket?: number; from?: number }
  | { kind: 'resume'; trial: number; params?: Params; until?: number; from?: number }
  | { kind: 'wait' }
  | { kind: 'end' };

/** A pruner that also says what comes next: trials that pause and go on, populations, brackets. */
export interface Scheduler extends Pruner {
  next(history: History, random: Random): Next;
}

/** `constraints` and `seconds` as in `Trial`. */
export type Outcome = (
  { state: 'completed'; values: number[] } | { state: 'pruned' } | { state: 'paused' } | { state: 'failed' }
) & { constraints?: number[]; seconds?: number };

/** A sampler's or pruner's name, or the name with settings (as in the experiment file). */
export type Named = string | { name: string; [setting: string]: unknown };

export interface StudyOptions {
  space: Space;
  goals: Goal[];
  sampler: Named;
  /** Of a pruner or a scheduler. */
  pruner: Named | null;
  seed: number;
  /** Trials planned, not counting enqueued ones and repeats; null: until the sampler ends or someone stops. */
  trials: number | null;
  /** Trials that run at the same time, as far as is known (1). */
  workers?: number;
  /** The step at which a full training ends, if it is known. */
  maxSteps?: number | null;
  /** The program saves and loads checkpoints, so its trials can pause. */
  checkpoints?: boolean;
  /** Absent or null: all parameters are tuned together. */
  stages?: Stages | null;
  /** What is made of imported trials. Absent: the defaults; null: they are given to the sampler as they are. */
  warmStart?: WarmStart | null;
  repeat?: Repeat | null;
  noise?: Noise;
}

/**
 * Whether the same params may give another value. `auto` (the default): only if the trials show it; `none`: the best
 * value seen is recommended; `some`: what a model expects is, from the start.
 */
export type Noise = 'auto' | 'none' | 'some';

/** Parameters are tuned one group after the other, each group at the best values found for the earlier ones. */
export interface Stages {
  /**
   * In order; a stage has the parameters that it names, then those whose `Dimension.stage` is its name, then those
   * whose own names tell. Absent: architecture, optimizer, regularization, batch.
   */
  order?: { name: string; params?: string[]; /** Of the trials. */ share?: number }[];
  /** So many of the most important parameters are tuned together at the end (4); 0: none. */
  joint?: number;
}

/** The search begins where earlier searches were good, with a share of its trials left free. */
export interface WarmStart {
  /** Share of trials that look everywhere (0.3); it adapts to which of them turn out better. */
  free?: number;
  /** So many of the best earlier configurations are tried first (3). */
  first?: number;
}

/** At the end, the most promising trials are run again with fresh seeds: `top` of them up to `times` each. */
export interface Repeat {
  top: number;
  times: number;
}

/** A completed trial of an earlier search, perhaps of another space; `values` by the objectives of this one. */
export interface Earlier {
  params: Params;
  values: number[];
  constraints?: number[];
}

/** The trial to rely on: by its expected value, not by its luck. */
export interface Recommendation {
  /** Completed, or on its way to something clearly better. */
  trial: Trial;
  /** Expected value, of the objective as the person logs it. */
  mean: number;
  /** Its standard deviation; Infinity: too little is known. */
  sd: number;
  /** One line. */
  reason: string;
}

/** A trial to run, or to go on with when `resume` is true. The other fields as in `Trial`. */
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
  /** Null: nothing to try now; see `waiting`. */
  ask(): Asked | null;
  /** After `ask` gave null: whether there may be more once others have reported or ended. */
  readonly waiting: boolean;
  report(id: number, step: number, value: number): Verdict;
  /** Forgets what a running trial has reported from a step on: it went on from an earlier checkpoint. */
  rewind(id: number, step: number): void;
  /** A trial that failed or was stopped is done again, or goes on, under the same number. Throws when it has completed. */
  reopen(id: number): void;
  tell(id: number, outcome: Outcome): void;
  enqueue(params: Params): void;
  /**
   * Trials of earlier searches, to begin from. Those that fit into the space become `History.earlier`; the others too
   * say where it is good (see widen/adapt.ts for what becomes of parameters that only one of the two spaces has).
   */
  import(trials: readonly Earlier[]): void;
  /** Goes on in another space. Trials that fit into it count as they did; the others as imported ones. */
  widen(space: Space): void;
  /** Another number of planned trials in all, besides enqueued ones and repeats; null: as many as are asked for. */
  extend(trials: number | null): void;
  /**
   * Single objective: at most one; several: the Pareto front. Trials that broke a constraint only when none met all.
   * Of a trial with repeats the mean counts.
   */
  best(): Trial[];
  /** Null: nothing has completed, or there are several objectives. */
  recommend(): Recommendation | null;
  /** JSON-able; `restoreStudy(save())` continues as if nothing had happened. */
  save(): unknown;
}
