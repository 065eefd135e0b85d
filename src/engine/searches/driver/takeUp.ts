/**
 * Brings a search's study and the runs in the store together, after a restart of the engine or when the search is resumed.
 * The study may be older than the runs. Pure.
 */
import type { RunStatus } from '../../../protocol/engine/index.js';
import type { Params } from '../../../protocol/values/index.js';
import type { Outcome } from '../../../search/types.js';
import type { TrialView } from '../study/messages.js';
import { forgive, stageAfter, type Phase, type SearchState, type Stage, type TrialEntry } from './state.js';

/** A trial's run as the store has it. */
export interface RunFacts {
  readonly id: string;
  readonly status: RunStatus;
  /** It waits for a device or is running. This excludes a run that its scheduler paused and whose program is gone. */
  readonly live: boolean;
  readonly params: Params;
  /** Returns the outcome to tell the study if the trial has ended or was suspended. */
  outcome(): Outcome;
  readonly excused: boolean;
}

export interface TakeUp {
  phase: Phase;
  /** A person resumes the search: interrupted trials resume, and earlier failures no longer count. */
  resumed: boolean;
  trials: readonly TrialView[];
  /** By number of the trial. */
  runs: ReadonlyMap<number, RunFacts>;
  worked: boolean;
  giveUpAfter: number;
  forgiven: number;
}

/** Events to tell the study first, in this order. */
export type Telling =
  /** The study does not know this trial. `lost`: the store has no run of it either. */
  | { type: 'adopt'; trial: number; params: Params; lost: boolean }
  /** It takes this trial for over, but its run has been launched again. */
  | { type: 'reopen'; trial: number }
  /** Its points that the study has not heard. */
  | { type: 'report'; trial: number; run: string }
  | { type: 'tell'; trial: number; outcome: Outcome };

export function takeUp(given: TakeUp): { state: SearchState; tellings: Telling[] } {
  const { phase, resumed, runs, worked, giveUpAfter, forgiven } = given;
  const tellings: Telling[] = [];
  const known = adopted(given, tellings);
  const trials = known.map((view): TrialEntry => {
    const run = runs.get(view.id) ?? null;
    const { stage, tell } = stageOf(view, run, phase, resumed);
    if (run && stage.name === 'live' && isOver(view)) tellings.push({ type: 'reopen', trial: view.id });
    if (run && view.state === 'running') tellings.push({ type: 'report', trial: view.id, run: run.id });
    if (run && tell) tellings.push({ type: 'tell', trial: view.id, outcome: run.outcome() });
    return { id: view.id, params: view.params, run: run?.id ?? null, stage };
  });
  const state: SearchState = { phase, trials, question: 'open', worked, giveUpAfter, forgiven, doubtful: false };
  return { state: resumed ? forgive(state) : state, tellings };
}

/** The study's trials, with those that only the store knows. */
function adopted({ trials, runs }: TakeUp, tellings: Telling[]): TrialView[] {
  const known = [...trials];
  for (let id = known.length; id <= Math.max(-1, ...runs.keys()); id++) {
    const run = runs.get(id);
    const params = run?.params ?? {};
    tellings.push({ type: 'adopt', trial: id, params, lost: !run });
    // Its run was deleted: the trial keeps its number, but has no result.
    known.push({ id, params, state: run ? 'running' : 'failed' });
  }
  return known;
}

function stageOf(
  view: TrialView,
  run: RunFacts | null,
  phase: Phase,
  resumed: boolean,
): { stage: Stage; tell: boolean } {
  const keep = (stage: Stage) => ({ stage, tell: false });
  // Also where the study thinks otherwise: the run was launched again shortly before the engine ended.
  if (run?.live && (view.state === 'running' || run.status !== 'paused')) return keep({ name: 'live', cut: false });
  const excused = run === null || run.excused || run.status === 'stopped';
  const told = (): { stage: Stage; tell: boolean } => ({
    stage: stageAfter(run!.outcome().state, excused),
    tell: true,
  });
  switch (view.state) {
    case 'running':
      if (!run) return keep({ name: 'wanted', again: false, from: view.from, until: view.until });
      if (run.status !== 'stopped') return told();
      if (phase.name === 'stopping') return keep({ name: 'interrupted' });
      return resumed ? keep({ name: 'wanted', again: true, until: view.until }) : told();
    case 'paused':
      // Ended by a person while it was suspended. Trials that a stop of the search ended can still resume with it.
      if (run && run.status !== 'paused' && !resumed && phase.name !== 'stopping') return told();
      return keep({ name: 'paused' });
    default:
      return keep({ name: 'over', outcome: view.state, counts: view.state === 'failed' && !excused });
  }
}

function isOver({ state }: TrialView): boolean {
  return state !== 'running' && state !== 'paused';
}
