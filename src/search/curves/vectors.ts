/**
 * The objectives of a trial on its way, for searches with several: the values that it reported together at one step. A
 * report that lacks one of them is not compared.
 */
import type { Goal, History, Trial } from '../types.js';
import { lossOf } from './curve.js';

type Report = Trial['reports'][number];

/** Returns the losses of a report, one per objective; null if not all were reported. */
export function vectorOf({ value, rest }: Report, goals: readonly Goal[]): number[] | null {
  if (rest?.length !== goals.length - 1) return null;
  return [value, ...rest].map((each, k) => lossOf(each, goals[k]!));
}

/** Returns the losses of the last whole report; null if there is none. */
export function lastVector({ reports }: Trial, goals: readonly Goal[]): number[] | null {
  for (let i = reports.length - 1; i >= 0; i--) {
    const vector = vectorOf(reports[i]!, goals);
    if (vector) return vector;
  }
  return null;
}

/** Returns the losses of the last whole report at or before the step; null if there is none, or the trial never got there. */
export function vectorAt({ reports }: Trial, goals: readonly Goal[], step: number): number[] | null {
  let found: Report | null = null;
  let reached = false;
  for (const report of reports) {
    if (report.step >= step) reached = true;
    if (report.step > step || report.rest?.length !== goals.length - 1) continue;
    if (!found || report.step >= found.step) found = report;
  }
  return reached && found ? vectorOf(found, goals) : null;
}

/** Returns the losses of the first whole report at or after the step; null if there is none. */
export function vectorOnReaching({ reports }: Trial, goals: readonly Goal[], step: number): number[] | null {
  let found: Report | null = null;
  for (const report of reports) {
    if (report.step < step || report.rest?.length !== goals.length - 1) continue;
    if (!found || report.step < found.step) found = report;
  }
  return found && vectorOf(found, goals);
}

/** Returns the trials of this search, without repeats, that have not failed. */
export const comparable = ({ trials }: History): Trial[] =>
  trials.filter(({ state, repeatOf }) => state !== 'failed' && repeatOf === undefined);
