import type { Trial } from '../types.js';

/**
 * Maximum number of reports kept of a running and of a finished trial. Beyond it, every second report is dropped,
 * repeatedly.
 */
export const RUNNING_REPORTS = 1024;
export const FINISHED_REPORTS = 256;

/** Drops every second report, but keeps the first, the last, the smallest and the largest. */
export function thin(trial: Trial): void {
  const { reports } = trial;
  let [smallest, largest] = [0, 0];
  for (const [i, { value }] of reports.entries()) {
    if (value < reports[smallest]!.value) smallest = i;
    if (value > reports[largest]!.value) largest = i;
  }
  const keep = new Set([0, smallest, largest, reports.length - 1]);
  trial.reports = reports.filter((_, i) => i % 2 === 0 || keep.has(i));
}
