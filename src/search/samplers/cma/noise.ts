/**
 * Finds out whether the objective is noisy, by a trial right beside the best one: where there is no noise it gives
 * nearly the same. That is asked only when the model (surrogate.ts) leaves something unexplained. Either noise is the
 * cause or a rugged objective, and what helps against the one harms with the other.
 *
 * The constants were settled on the functions that surrogate.ts names, with normal noise of 10 and 30 % of what the best
 * tenth of random configurations reach.
 */
import type { Random } from '../../types.js';
import type { Layout, Place } from './layout.js';

/** In units of the usual population: before so many trials nothing is asked. */
const FIRST = 2;
/** So far beside the best trial, as a share of the distribution's reach. */
const BESIDE = 1e-5;
/** A difference below this share of what the model leaves unexplained is none. */
const SAME = 0.05;
/** Probes in all, and trials between them. */
const TRIES = 4;
const AGAIN = 50;

export class NoiseProbe {
  noisy = false;
  private tries = 0;
  private next: number;
  private pending: { trial: number; of: number } | null = null;

  /** `size`: the usual population. */
  constructor(size: number) {
    this.next = FIRST * size;
  }

  isDue(trials: number): boolean {
    return !this.noisy && this.pending === null && this.tries < TRIES && trials >= this.next;
  }

  /** `trial` was asked for beside trial `of`. */
  begin(trial: number, of: number): void {
    this.pending = { trial, of };
    this.tries++;
    this.next = trial + AGAIN;
  }

  /** Of which trial this one was the probe; null: of none. */
  heard(trial: number): number | null {
    if (this.pending?.trial !== trial) return null;
    const { of } = this.pending;
    this.pending = null;
    return of;
  }

  judge(difference: number, unexplained: number): void {
    this.noisy = Math.abs(difference) > SAME * unexplained;
  }

  /**
   * Whether a generation's losses say more about noise than about where they were measured: nearer together, nothing
   * could be told apart. `modelled`: they are a model's, without noise. `unexplained`: see surrogate.ts.
   */
  drowns(losses: readonly number[], modelled: boolean, unexplained: number): boolean {
    if (!this.noisy) return false;
    // Half of normal numbers lie within 0.674 deviations.
    const noise = unexplained / 0.674;
    return variance(losses) - (modelled ? 0 : noise * noise) < noise * noise;
  }

  save() {
    const { noisy, tries, next, pending } = this;
    return { noisy, tries, next, pending: pending && { ...pending } };
  }
  load(state: ReturnType<NoiseProbe['save']>): void {
    Object.assign(this, state, { pending: state.pending && { ...state.pending } });
  }
}

/** A place right beside another; null where no number can be moved by so little. */
export function besides({ at, picks }: Place, layout: Layout, reach: number, random: Random): Place | null {
  const moved = at.slice();
  let some = false;
  for (const [i, { count }] of layout.numbers.entries()) {
    const step = (random.next() < 0.5 ? -1 : 1) * BESIDE * reach;
    if (count !== 0) continue;
    moved[i] = moved[i]! + step >= 0 && moved[i]! + step <= 1 ? moved[i]! + step : moved[i]! - step;
    some = true;
  }
  return some ? { at: moved, picks } : null;
}

function variance(values: readonly number[]): number {
  let [mean, sum] = [0, 0];
  for (const value of values) mean += value / values.length;
  for (const value of values) sum += (value - mean) * (value - mean);
  return sum / values.length;
}
