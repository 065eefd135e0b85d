/** Messages between the engine and the thread of a search's study. */
import type { Asked, Cost, Earlier, Outcome, Space, StudyOptions, TrialState, Verdict } from '../../../search/types.js';
import type { Params } from '../../../protocol/values/index.js';

/** `launch`: which of the run's launches logged it; the first when absent. */
export type ObjectivePoint = {
  step: number;
  value: number;
  /** Values of the other objectives at that step, if there are several and all are known. */
  rest?: number[];
  launch?: number;
};

/**
 * The form saved with the search's row: the study as text, and how many objective values of each open trial it has been
 * told.
 */
export interface StudyState {
  study: unknown;
  reported: Record<string, number>;
  /** By trial: the launch of its run whose values were reported last, where that is not the first. */
  launches?: [number, number][];
}

/** How the thread's study begins: with the trials of earlier searches, search by search. */
export type StudyStart = ({ options: StudyOptions; earlier: Earlier[][] } | { saved: StudyState }) & {
  /** The experiment file's folder, from which a person's own sampler is loaded. */
  folder?: string;
};

/** The engine's view of a trial. */
export interface TrialView {
  id: number;
  params: Params;
  state: TrialState;
  /** Starts from the checkpoint of this other trial. */
  from?: number | undefined;
  /** Step after which it pauses. */
  until?: number | undefined;
}

export interface StudyFacts {
  /** Why this sampler, in one line. */
  reason: string | null;
  /** How many trials there will be in all, as far as is known. */
  size: number | null;
}

export interface StudyOpened extends StudyFacts {
  trials: TrialView[];
  reported: Record<string, number>;
  /** Some trial has reported something. */
  heard: boolean;
}

/** A StudyState as JSON text, and how long writing it took. */
export interface Saved {
  text: string;
  ms: number;
}

export interface AskAnswer extends StudyFacts {
  asked: Asked | null;
  waiting: boolean;
  /** The study after the question, if that was wanted. */
  saved: Saved | null;
}

/** Questions with the answer each gets. Handled strictly in the order they were put. */
export interface StudyCalls {
  ask: { params: { save: boolean }; result: AskAnswer };
  /**
   * Returns the strictest verdict over all points. Points of a later launch of the trial's run replace those of an
   * earlier one from their step on. `told`: number of objective values that its run has logged so far.
   */
  report: { params: { id: number; points: ObjectivePoint[]; told: number }; result: Verdict };
  tell: { params: { id: number; outcome: Outcome }; result: null };
  /** Repeats or resumes an ended trial. `told` as above. */
  reopen: { params: { id: number; told: number }; result: null };
  /** Next in turn, in addition to the planned trials. */
  enqueue: { params: { params: Params }; result: StudyFacts };
  /** Refused as a whole or not at all. */
  change: { params: { space?: Space; trials?: number | null; cost?: Cost | undefined }; result: StudyFacts };
  /** Number of trials that run in parallel, which was not known before, and the budget of trial time. */
  resize: { params: { workers: number; cost?: Cost | undefined }; result: StudyFacts };
  /** A trial that has a run although the study, restored from an older state, does not know it. */
  adopt: { params: { params: Params }; result: TrialView };
  save: { params: object; result: Saved };
}
export type StudyCall = keyof StudyCalls;
export type StudyMessage = { seq: number; call: StudyCall; params: unknown };
export type StudyReply = { seq: number; result: unknown } | { seq: number; error: { name: string; message: string } };
