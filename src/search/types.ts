/**
 * The search engine's interfaces. Everything in this folder is pure: no I/O, no clock, no Math.random; the
 * same seed, space and results told in the same order give the same suggestions on every platform.
 */
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
  | { kind: 'choice'; choices: ParamValue[]; weights: number[] | null }
  | { kind: 'constant'; value: ParamValue }
  | { kind: 'normal'; mean: number; sd: number; log: boolean; step: number | null }
) & { name: string; when: Condition | null };

/** In the order of the file; a parameter's parents come before it. */
export interface Space {
  dimensions: Dimension[];
}

export interface Objective {
  metric: string;
  goal: 'minimize' | 'maximize';
}

export type TrialState = 'running' | 'completed' | 'pruned' | 'failed';

/** What samplers and pruners see of a trial. `values` are by step in the order reported; all as the person logs them. */
export interface Trial {
  id: number;
  params: Params;
  state: TrialState;
  /** Final objective values, one per objective; null while running or after failure. NaN counts as failure. */
  values: number[] | null;
  reports: { step: number; value: number }[];
  /** True when the person or a warm start gave the params. */
  enqueued: boolean;
}

/** What a sampler may look at. `goals[i]` says how `values[i]` is meant. */
export interface History {
  space: Space;
  goals: ('minimize' | 'maximize')[];
  trials: readonly Trial[];
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
  /** Why it was chosen, in one line (for `auto`). */
  reason?(): string;
}

export type Verdict = 'continue' | 'prune';

/** A pruner judges a running trial after each report. */
export interface Pruner {
  readonly name: string;
  judge(history: History, trial: Trial): Verdict;
  save?(): unknown;
  load?(state: unknown): void;
}

export type Outcome = { state: 'completed'; values: number[] } | { state: 'pruned' } | { state: 'failed' };

export interface StudyOptions {
  space: Space;
  goals: ('minimize' | 'maximize')[];
  /** Name, or name with settings (as in the experiment file). */
  sampler: string | { name: string; [setting: string]: unknown };
  pruner: string | { name: string; [setting: string]: unknown } | null;
  seed: number;
  /** Trials planned; null: until the sampler ends or someone stops. */
  trials: number | null;
}

export interface Study {
  readonly options: StudyOptions;
  readonly trials: readonly Trial[];
  /** Null: nothing more to try. */
  ask(): { id: number; params: Params } | null;
  report(id: number, step: number, value: number): Verdict;
  tell(id: number, outcome: Outcome): void;
  enqueue(params: Params): void;
  /** Single objective: at most one; several: the Pareto front. */
  best(): Trial[];
  /** JSON-able; `restoreStudy(save())` continues as if nothing had happened. */
  save(): unknown;
}
