/**
 * Analysis of a learning rate range test. Smith, "Cyclical Learning Rates for Training Neural Networks" (WACV 2017),
 * section 3.3, reads rates off a plot of loss by learning rate; here the rates grow by the same factor from step to
 * step.
 *
 * Two rates are read off the smoothed losses before their minimum: the rate where they fall most steeply over the
 * logarithm of the rate, and a tenth of the rate at the minimum. The smaller one is suggested, because a training keeps
 * its rate for longer than the few steps of a test, and a rate that works for a moment may then be too high.
 */

export interface RangeCurve {
  /** Loss of each step, smoothed over both sides. */
  smoothed: number[];
  /** Suggested learning rates; null when the losses never fall. */
  steepest: number | null;
  minimum: number | null;
  suggestion: number | null;
}

/** Share of the steps that is averaged on either side. */
const REACH = 1 / 20;
/** Smallest decrease that counts, as a share of the first loss. */
const LEAST_FALL = 0.02;

/**
 * Analyzes a test. `losses[i]` follows a step with `rates[i]`, which are ascending. A NaN or infinite loss ends the
 * curve.
 */
export function readCurve(rates: readonly number[], losses: readonly number[]): RangeCurve {
  const end = losses.findIndex((loss) => !Number.isFinite(loss));
  const count = end < 0 ? losses.length : end;
  const reach = Math.max(1, Math.round(losses.length * REACH));
  const smoothed = smooth(losses.slice(0, count), reach);
  const nothing = { smoothed, steepest: null, minimum: null, suggestion: null };
  if (count < 3) return nothing;
  const lowest = smoothed.indexOf(Math.min(...smoothed));
  const start = smoothed[0]!;
  if (!(start - smoothed[lowest]! > LEAST_FALL * Math.abs(start))) return nothing;
  // The slope spans as many steps as are averaged; otherwise noise would look steep.
  let steepest = lowest;
  let fall = 0;
  for (let i = reach; i < lowest && i + reach < count; i++) {
    const slope = smoothed[i + reach]! - smoothed[i - reach]!;
    if (slope < fall) [fall, steepest] = [slope, i];
  }
  const minimum = rates[lowest]!;
  return {
    smoothed,
    steepest: rates[steepest]!,
    minimum,
    suggestion: twoDigits(Math.min(rates[steepest]!, minimum / 10)),
  };
}

/** Smooths with weights that fall linearly to both sides; near the ends, over the values available. */
function smooth(values: readonly number[], reach: number): number[] {
  return values.map((_, i) => {
    let sum = 0;
    let weights = 0;
    for (let j = Math.max(0, i - reach); j <= Math.min(values.length - 1, i + reach); j++) {
      const weight = reach + 1 - Math.abs(j - i);
      sum += weight * values[j]!;
      weights += weight;
    }
    return sum / weights;
  });
}

const twoDigits = (value: number): number => Number(value.toPrecision(2));

/**
 * Detects divergence during the test: the losses, averaged over the last steps, are four times their lowest average and
 * above the initial loss.
 */
export class Divergence {
  private average = 0;
  private seen = 0;
  private lowest = Infinity;
  private first = NaN;

  /** `memory` is the share of the average that is retained at each step. */
  constructor(private readonly memory: number) {}

  met(loss: number): boolean {
    if (!Number.isFinite(loss)) return true;
    this.average = this.memory * this.average + (1 - this.memory) * loss;
    const value = this.average / (1 - this.memory ** ++this.seen);
    if (this.seen === 1) this.first = value;
    this.lowest = Math.min(this.lowest, value);
    return value > TIMES * this.lowest && value > this.first;
  }
}
const TIMES = 4;

/** Returns the rate of step `i`, counted from 0. */
export function rateAt({ from, to, steps }: { from: number; to: number; steps: number }, i: number): number {
  return from * (to / from) ** (i / (steps - 1));
}
