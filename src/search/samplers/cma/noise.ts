/**
 * Detects noise with a trial right beside the best one: without noise it has nearly the same value. The test is made
 * only when the model (surrogate.ts) leaves something unexplained, which means either noise or a rugged objective; the
 * remedy for one makes the other worse.
 *
 * The constants were tuned on the functions that surrogate.ts names, with normal noise of 10 and 30 % of what the best
 * tenth of random configurations reach.
 */
import type { Random } from '../../types.js';
import type { Layout, Place } from './layout.js';

/** Number of trials before the first probe, as a multiple of the usual population. */
const FIRST = 2;
/** Distance of the probe from the best trial, as a share of the distribution's reach. */
const BESIDE = 1e-5;
/** Differences below this share of the unexplained part count as none. */
const SAME = 0.05;
/** Maximum number of probes, and the number of trials between them. */
const TRIES = 4;
const AGAIN = 50;

export class NoiseProbe {
  noisy = false;
  private tries = 0;
  private next: number;
  private pending: { trial: number; of: number } | null = null;

  /** Plans the first probe; `size` is the usual population. */
  constructor(size: number) {
    this.next = FIRST * size;
  }

  isDue(trials: number): boolean {
    return !this.noisy && this.pending === null && this.tries < TRIES && trials >= this.next;
  }

  /** Records that `trial` was requested as a probe beside trial `of`. */
  begin(trial: number, of: number): void {
    this.pending = { trial, of };
    this.tries++;
    this.next = trial + AGAIN;
  }

  /** Returns the trial that this one probed, or null if it was no probe. */
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
   * Returns whether noise dominates the differences between a generation's losses, so that members closer together
   * could not be told apart. `modelled`: the losses are a model's, without noise. `unexplained`: see surrogate.ts.
   */
  drowns(losses: readonly number[], modelled: boolean, unexplained: number): boolean {
    if (!this.noisy) return false;
    // Half of all normal numbers lie within 0.674 standard deviations.
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

/** Returns a place right beside another; null if no number can be moved by so little. */
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
