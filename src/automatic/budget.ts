/** Divides the time of `tunesmith auto`. */

/** Share of the time for training the chosen networks again, on the validation examples too, and its limit in seconds. */
const REFIT = { share: 0.25, most: 120 };
/**
 * Time reserved for comparing the networks at the end: a share of the time, within bounds in seconds, and a multiple
 * of the time that reading the data has taken, which shows how busy the machine is.
 */
const COMPARE = { share: 0.06, least: 2, most: 30, looks: 2 };
const LEAST_SEARCH_SECONDS = 3;

export interface Budget {
  /** Seconds of the search. */
  search: number;
  /** Seconds of the trainings after it. */
  refit: number;
}

/** Seconds that are assumed where the file has no limit. */
const DEFAULT_SECONDS = 120;

/** `time`: seconds for everything (null: no limit), of which `elapsed` are over; `look`: seconds that reading the data took. */
export function budgetOf(time: number | null, elapsed: number, look: number): Budget {
  const whole = time ?? DEFAULT_SECONDS;
  const compare = Math.min(COMPARE.most, Math.max(COMPARE.least, COMPARE.share * whole, COMPARE.looks * look));
  const refit = Math.min(REFIT.most, REFIT.share * whole);
  return { search: Math.max(LEAST_SEARCH_SECONDS, whole - elapsed - compare - refit), refit };
}

/** Returns the seconds of the trainings at the end: no more than fit to a search that has taken so long (null: unknown). */
export function refitOf({ refit }: Budget, searched: number | null): number {
  if (searched === null) return refit;
  return Math.min(refit, Math.max(LEAST_SEARCH_SECONDS, (searched * REFIT.share) / (1 - REFIT.share)));
}
