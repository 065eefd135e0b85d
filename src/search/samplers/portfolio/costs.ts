/** Whether a sampler's thinking is worth it, by what trials take: there is no clock here, so its own time is an estimate. */
import type { History } from '../../types.js';

/** Trials whose duration is looked at. */
const TIMED = 10;
/** A suggestion may take this share of the time that passes between two trials' ends. */
const SHARE = 0.25;

export function isAffordable(name: string, history: History): boolean {
  const thinking = secondsOf(name, history.space.dimensions.length);
  if (thinking === 0) return true;
  const seconds = meanSeconds(history);
  return seconds === null || thinking <= (SHARE * seconds) / Math.max(1, history.workers ?? 1);
}

/** Of one suggestion, as measured on an ordinary machine; 0: too little to matter. */
function secondsOf(name: string, parameters: number): number {
  return name === 'gp' ? 0.02 + 0.002 * parameters : 0;
}

/** Null: not known. */
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
