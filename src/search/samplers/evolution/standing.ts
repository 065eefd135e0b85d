/**
 * Comparison of trials in any state, for samplers that only need to know which of two is better (K. Deb, "An efficient
 * constraint handling method for genetic algorithms", 2000: feasible trials first, then by constraint violation; pruned
 * and paused trials after completed ones, those that got further first; failures last).
 */
import { SearchError } from '../../errors.js';
import type { Goal, Trial } from '../../types.js';
import { l10n } from '../../../format/l10n.js';

export const COMPLETED = 0;
export const CUT_SHORT = 1;
export const INFEASIBLE = 2;
export const FAILED = 3;

export interface Standing {
  kind: typeof COMPLETED | typeof CUT_SHORT | typeof INFEASIBLE | typeof FAILED;
  /** Negated last step of a trial that was cut short. */
  minusStep: number;
  /** Total constraint violation of an infeasible trial. */
  violation: number;
  /** Losses to minimise; for trials cut short only the first, as last reported. Empty if nothing is known. */
  losses: number[];
}

/** Returns the standing of a trial. A running one counts as cut short at its latest step. */
export function standingOf(trial: Trial, goals: readonly Goal[]): Standing {
  const standing: Standing = { kind: FAILED, minusStep: 0, violation: 0, losses: [] };
  if (trial.state === 'completed') {
    standing.kind = COMPLETED;
    standing.losses = trial.values!.map((value, i) => lossOf(value, goals[i]!));
  } else if (trial.state !== 'failed') {
    const last = trial.reports.at(-1);
    if (!last) return standing;
    standing.kind = CUT_SHORT;
    standing.minusStep = -last.step;
    standing.losses = [lossOf(last.value, goals[0]!)];
  }
  if (standing.kind === FAILED) return standing;
  for (const c of trial.constraints ?? []) standing.violation += Number.isNaN(c) ? Infinity : Math.max(0, c);
  if (standing.violation > 0) standing.kind = INFEASIBLE;
  return standing;
}

/** Compares by the first objective only: below 0 if a is better; 0 if the two can't be told apart. */
export function compareStandings(a: Standing, b: Standing): number {
  if (a.kind !== b.kind) return a.kind - b.kind;
  if (a.kind === INFEASIBLE && a.violation !== b.violation) return a.violation < b.violation ? -1 : 1;
  if (a.minusStep !== b.minusStep) return a.minusStep - b.minusStep;
  const [x, y] = [a.losses[0] ?? 0, b.losses[0] ?? 0];
  return x === y ? 0 : x < y ? -1 : 1;
}

function lossOf(value: number, goal: Goal): number {
  return Number.isNaN(value) ? Infinity : goal === 'minimize' ? value : -value;
}

/** Throws SearchError if there are several objectives: this sampler has to know which of two trials is better. */
export function oneObjective(name: string, goals: readonly Goal[]): void {
  if (goals.length <= 1) return;
  throw new SearchError(
    l10n.t('sampler "{0}" takes one objective, not {1}: use nsga2, nsga3 or tpe instead', name, goals.length),
  );
}
