/**
 * Ends a search by itself once little is left to gain: when the upper bound of the remaining improvement (regretLeft.ts;
 * Makarova et al., "Automatic Termination for Hyperparameter Optimization", AutoML 2022) is small for as long as
 * `patience` trials.
 */
import { regretLeft } from '../insight/regretLeft.js';
import type { History, Stop, Trial } from '../types.js';

/** Number of completed trials before the first look, and number of trials that must not have improved the best. */
const AFTER = 20;
const PATIENCE = 10;
/** Without a gain of the user's own: this share of the distance from the best value to the median of the first trials. */
const SHARE = 0.01;
/** A look costs as much as a suggestion by a Gaussian process, so it is taken once per this many completed trials. */
const EVERY = 5;

/** Returns null if the search ends only with its trials. */
export const terminatorOf = ({ stop }: { stop?: Stop | null }) => (stop ? new Terminator(stop) : null);

/** Returns the settings for a search that has ended and is continued: it gets some trials before the next look. */
export function laterStop(stop: Stop, trials: readonly Trial[]): Stop {
  const completed = trials.filter(({ state }) => state === 'completed').length;
  return { ...stop, after: completed + (stop.patience ?? PATIENCE), from: completed };
}

/** Returns the reason if the last `stale` losses have not improved the best one before by more than `gain`. */
function staleAfter(losses: readonly number[], stale: number, gain: number): string | null {
  if (losses.length <= stale) return null;
  const before = Math.min(...losses.slice(0, -stale));
  const since = Math.min(...losses.slice(-stale));
  if (before - since > gain) return null;
  return `stopped after ${losses.length} trials: the last ${stale} were no better${gain > 0 ? `, by more than ${gain}` : ''}`;
}

export class Terminator {
  private looked = 0;
  private reason: string | null = null;

  constructor(private readonly stop: Stop) {}

  /** Returns why the search should end now, in one line, or null. A function of the trials alone. */
  reached(history: History): string | null {
    const { after = AFTER, patience = PATIENCE, gain = null, stale = null, from = 0 } = this.stop;
    const completed = history.trials.filter(({ state, repeatOf }) => state === 'completed' && repeatOf === undefined);
    const count = completed.length;
    // The same places for every study of these trials, so that a restored one ends where this one would have.
    const place = count - (count % EVERY);
    const sign = history.goals[0] === 'maximize' ? -1 : 1;
    const all = completed.map(({ values }) => sign * values![0]!);
    const late = stale === null || count < from + stale ? null : staleAfter(all, stale, gain ?? 0);
    if (late !== null) return late;
    if (count < Math.max(after, patience) || place === this.looked) return this.reason;
    this.looked = place;
    this.reason = null;
    const losses = all.slice(0, place);
    const best = Math.min(...losses);
    if (losses.indexOf(best) > place - patience) return null;
    const known: Trial[] = completed.slice(0, place);
    const left = regretLeft({ ...history, trials: known });
    if ('unknown' in left) return null;
    // Later trials lie near the best one: their median would be no measure of what parameters can change.
    const first = losses.slice(0, AFTER).filter(Number.isFinite);
    const sorted = first.sort((a, b) => a - b);
    const little = gain ?? Math.max(left.noise, SHARE * (sorted[sorted.length >> 1]! - best));
    if (!(left.atMost <= little)) return null;
    const amount = Number(left.atMost.toPrecision(2));
    const than =
      gain === null ? 'which is small compared with the spread of the trials' : `no more than the gain of ${gain}`;
    return (this.reason = `stopped after ${place} trials: at most ${amount} is left to gain, ${than}`);
  }
}
