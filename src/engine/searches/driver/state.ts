/**
 * A search as its driver sees it: a phase, a stage for each trial, and the pending call to the study. Events change it
 * (`reduce`), and every change returns commands for the shell to carry out. Nothing here does I/O.
 */
import type { Params } from '../../../protocol/values/index.js';
import type { Outcome } from '../../../search/types.js';

export type Ending = 'completed' | 'stopped' | 'failed';

export type Phase =
  | { readonly name: 'running' }
  /** No trial starts; running ones are suspended. */
  | { readonly name: 'paused' }
  /** Its runs were asked to stop; over once they have. */
  | { readonly name: 'stopping'; readonly ending: Ending }
  | { readonly name: 'ended'; readonly ending: Ending };

export type Stage =
  /**
   * It has to get a program. `again`: in its existing run, from its checkpoint. `from`: it starts from the checkpoint
   * of this other trial. `until`: the step after which it pauses.
   */
  | {
      readonly name: 'wanted';
      readonly again: boolean;
      readonly from?: number | undefined;
      readonly until?: number | undefined;
    }
  /** Its run waits for a device or is running. `cut`: the study's verdict was passed on to it. */
  | { readonly name: 'live'; readonly cut: boolean }
  /** Paused by its scheduler, which may resume it. */
  | { readonly name: 'paused' }
  /** Ended because the search did. It resumes with the search. */
  | { readonly name: 'interrupted' }
  /** The study knows its outcome. `counts`: a failure that speaks against the program. */
  | { readonly name: 'over'; readonly outcome: TrialEnd; readonly counts: boolean };

export type TrialEnd = Exclude<Outcome['state'], 'paused'>;

export interface TrialEntry {
  readonly id: number;
  readonly params: Params;
  /** Its run, once it has one. */
  readonly run: string | null;
  readonly stage: Stage;
}

/**
 * `open`: the study may be asked for a trial. `asked`: it is thinking. `outdated`: likewise, and it has heard more since
 * the question. `waiting`: it has nothing to try before it hears more. `exhausted`: it has nothing more.
 */
export type Question = 'open' | 'asked' | 'outdated' | 'waiting' | 'exhausted';

export interface SearchState {
  readonly phase: Phase;
  /** By number. */
  readonly trials: readonly TrialEntry[];
  readonly question: Question;
  /** Some trial has reported the objective, or completed: the program can work. */
  readonly worked: boolean;
  /** Failed trials, before any worked, after which no more are started; 0: never. */
  readonly giveUpAfter: number;
  /** Number of failures that were forgiven when the search was resumed. */
  readonly forgiven: number;
  /** The limit is reached, but running trials may still show that the program works. */
  readonly doubtful: boolean;
}

export interface WantedTrial {
  readonly id: number;
  readonly params: Params;
  readonly again: boolean;
  readonly from?: number | undefined;
  readonly until?: number | undefined;
}

export type SearchEvent =
  /** Everything that an earlier engine left has been adopted. */
  | { readonly type: 'go' }
  /** There is room for a trial. */
  | { readonly type: 'room' }
  /** The study's answer to `ask`. */
  | { readonly type: 'answered'; readonly trial: WantedTrial | null; readonly waiting: boolean }
  /** A wanted trial has its run, which is queued or running. */
  | { readonly type: 'made'; readonly trial: number; readonly run: string }
  /** The study was told a value of the objective. */
  | { readonly type: 'reported' }
  | { readonly type: 'judged'; readonly trial: number; readonly verdict: 'prune' | 'pause'; readonly step: number }
  /**
   * A trial's run has ended, or was suspended. `stopped`: it was asked to stop. `excused`: the program was not at
   * fault.
   */
  | {
      readonly type: 'ended';
      readonly trial: number;
      readonly outcome: Outcome;
      readonly stopped: boolean;
      readonly excused: boolean;
    }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'stop' }
  /** The time limit of the search was reached. */
  | { readonly type: 'timeUp' }
  /** The study can't continue. */
  | { readonly type: 'broken' }
  /** The study has another space, more trials, or values that a person gave. */
  | { readonly type: 'changed' }
  /** Ended trials have to be repeated. */
  | { readonly type: 'reopened'; readonly trials: readonly number[] };

export type SearchCommand =
  | { readonly type: 'ask' }
  | { readonly type: 'make'; readonly trial: number }
  | { readonly type: 'tell'; readonly trial: number; readonly outcome: Outcome }
  | {
      readonly type: 'cut';
      readonly trial: number;
      readonly run: string;
      readonly verdict: 'prune' | 'pause';
      readonly step: number;
    }
  | { readonly type: 'hold' | 'goOn' | 'stop'; readonly run: string }
  /** Takes part in the scheduling, or no more. */
  | { readonly type: 'offer' | 'withdraw' }
  /** There may be room for work now. */
  | { readonly type: 'pump' }
  | { readonly type: 'show'; readonly status: 'running' | 'paused' | 'stopping' }
  /** The limit of failures was reached while trials are running, or one of them has succeeded after all. */
  | { readonly type: 'doubt' | 'trust' }
  | { readonly type: 'finish'; readonly ending: Ending; readonly why: 'gaveUp' | 'allFailed' | null };

export interface Step {
  readonly state: SearchState;
  readonly commands: readonly SearchCommand[];
}

export const isLive = ({ stage }: TrialEntry): boolean => stage.name === 'live';

export function liveTrials({ trials }: SearchState): TrialEntry[] {
  return trials.filter(isLive);
}

/** Failures that speak against the program and were not forgiven. */
export function failuresOf({ trials, forgiven }: SearchState): number {
  let failures = 0;
  for (const { stage } of trials) if (stage.name === 'over' && stage.counts) failures++;
  return failures - forgiven;
}

export function isHopeless(state: SearchState): boolean {
  return !state.worked && state.giveUpAfter > 0 && failuresOf(state) >= state.giveUpAfter;
}

/** The person continues in spite of the failures so far. */
export function forgive(state: SearchState): SearchState {
  const counted = state.trials.filter(({ stage }) => stage.name === 'over' && stage.counts).length;
  return { ...state, forgiven: counted, doubtful: false };
}

/** Its end still matters: it is running, or resumes in its run. */
export function isOpen({ stage }: TrialEntry): boolean {
  // Wanted ones too: the run of a trial that was about to resume may be stopped before it does.
  return stage.name === 'live' || stage.name === 'paused' || (stage.name === 'wanted' && stage.again);
}

/** `excused`: a failure does not speak against the program. */
export function stageAfter(state: 'completed' | 'pruned' | 'failed' | 'paused', excused: boolean): Stage {
  if (state === 'paused') return { name: 'paused' };
  return { name: 'over', outcome: state, counts: state === 'failed' && !excused };
}
