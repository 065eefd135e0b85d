/** What passes between the engine and the thread in which a search's study lives. */
import type { Asked, Earlier, Outcome, Space, StudyOptions, TrialState, Verdict } from '../../../search/types.js';
import type { Params } from '../../../protocol/values.js';

export type ObjectivePoint = { step: number; value: number };

/** As kept with the search's row: the study as text, and how many objective values of each open trial it has been told. */
export interface StudyState {
  study: unknown;
  reported: Record<string, number>;
  /** By trial that was started again: the last step it had reported before. */
  repeated?: [number, number][];
}

/** How the thread's study begins: with the trials of earlier searches, search by search. */
export type StudyStart = { options: StudyOptions; earlier: Earlier[][] } | { saved: StudyState };

/** What the engine keeps in sight of a trial. */
export interface TrialView {
  id: number;
  params: Params;
  state: TrialState;
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
  /** The strictest verdict over all the points. */
  report: { params: { id: number; points: ObjectivePoint[] }; result: Verdict };
  tell: { params: { id: number; outcome: Outcome }; result: null };
  /** Next in turn, beyond what was planned. */
  enqueue: { params: { params: Params }; result: StudyFacts };
  /** Refused as a whole or not at all. */
  change: { params: { space?: Space; trials?: number | null }; result: StudyFacts };
  /** A trial that has a run although the study, restored from an older state, does not know it. */
  adopt: { params: { params: Params }; result: TrialView };
  save: { params: object; result: Saved };
}
export type StudyCall = keyof StudyCalls;
export type StudyMessage = { seq: number; call: StudyCall; params: unknown };
export type StudyReply = { seq: number; result: unknown } | { seq: number; error: { name: string; message: string } };
