/**
 * Pruning with several objectives: a trial is compared with the others by dominance of the values that they reported at
 * the same step.
 *
 * - The percentile rules become: too many of the others dominate it. With one objective that is the median stopping
 *   rule (median.ts).
 * - At a rung of successive halving, the trials are sorted into fronts, and those of the best fronts continue: Schmucker,
 *   Donini, Zafar, Salinas & Archambeau, "Multi-objective Asynchronous Successive Halving" (2021), section 4, without
 *   a choice within a front: ties continue together, as with one objective.
 */
import { comparable, vectorAt, vectorOf, vectorOnReaching } from '../curves/vectors.js';
import { dominates, nonDominatedRanks } from '../pareto/index.js';
import type { History, Trial } from '../types.js';

/**
 * Returns the share of the other ended trials that dominate this one at its latest step; null if fewer than `least`
 * reported all objectives there, or this one did not.
 */
export function dominatedShare(history: History, trial: Trial, least: number): number | null {
  const { goals } = history;
  const latest = trial.reports.at(-1);
  const own = latest && vectorOf(latest, goals);
  if (!own) return null;
  let [others, better] = [0, 0];
  for (const other of comparable(history)) {
    if (other === trial || other.state === 'running' || other.state === 'paused') continue;
    const vector = vectorAt(other, goals, latest.step);
    if (!vector) continue;
    others++;
    if (dominates(vector, own)) better++;
  }
  return others < least ? null : better / others;
}

/**
 * Returns how many trials reached the rung, and how many of them are in better fronts than this one; null if this one
 * did not report all objectives there. `stepOf` returns the step of the rung for a trial of the same bracket, else null.
 */
export function standingAt(
  history: History,
  trial: Trial,
  stepOf: (other: Trial) => number | null,
): { count: number; better: number } | null {
  const points: number[][] = [];
  let place = -1;
  for (const other of comparable(history)) {
    const step = stepOf(other);
    const vector = step === null ? null : vectorOnReaching(other, history.goals, step);
    if (!vector) continue;
    if (other === trial) place = points.length;
    points.push(vector);
  }
  if (place < 0) return null;
  const ranks = nonDominatedRanks(points);
  let better = 0;
  for (const rank of ranks) if (rank < ranks[place]!) better++;
  return { count: points.length, better };
}
