/**
 * Decides whether a sampler's computation time is worthwhile given the trials' duration. There is no clock here, so its
 * time is an estimate.
 */
import type { History } from '../../types.js';

/** Number of trials whose duration is considered. */
const TIMED = 10;
/** Maximum share of the time between two trials' ends that a suggestion may take. */
const SHARE = 0.25;

export function isAffordable(name: string, history: History): boolean {
  const thinking = secondsOf(name, history.space.dimensions.length);
  if (thinking === 0) return true;
  const seconds = meanSeconds(history);
  return seconds === null || thinking <= (SHARE * seconds) / Math.max(1, history.workers ?? 1);
}

/** Estimates the time of one suggestion on an ordinary machine; 0 if negligible. */
function secondsOf(name: string, parameters: number): number {
  return name === 'gp' ? 0.02 + 0.002 * parameters : 0;
}

/** Returns the mean duration, or null if unknown. */
function meanSeconds({ trials }: History): number | null {
  let [sum, timed] = [0, 0];
  for (let id = trials.length - 1; id >= 0 && timed < TIMED; id--) {
    const { seconds } = trials[id]!;
    if (seconds === undefined || !(seconds >= 0) || !Number.isFinite(seconds)) continue;
    sum += seconds;
    timed++;
  }
  return timed > 0 ? sum / timed : null;
}
