/**
 * What the losses of a learning-rate range test say. Smith, "Cyclical Learning Rates for Training Neural Networks" (WACV
 * 2017), section 3.3, reads the rates off the loss by learning rate; here these grow by the same factor from step to step.
 *
 * Two rates are read off the smoothed losses before their minimum: where they fall steepest over the logarithm of the rate,
 * and a tenth of the rate at the minimum. The smaller one is suggested: a training goes on at its rate for longer than the
 * few steps of a test, and what the test bears for a moment is too much then.
 */

export interface RangeCurve {
  /** Of each step: losses smoothed over both sides. */
  smoothed: number[];
  /** Learning rates; null where the losses never fall. */
  steepest: number | null;
  minimum: number | null;
  suggestion: number | null;
}

/** Of the steps: so many on either side are averaged. */
const REACH = 1 / 20;
/** A fall by a smaller part of the first loss is none. */
const LEAST_FALL = 0.02;

/** `losses[i]`: after a step with `rates[i]`, which grow. Losses that are no numbers end the curve. */
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
  // Over as many steps as are averaged, or noise would seem steep.
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

/** Means with weights that fall evenly to both sides; near the ends, over what is there. */
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
 * Says while the test goes on when it has seen enough: when the losses, averaged over the last steps, are four times the
 * lowest such average, and above where they began.
 */
export class Divergence {
  private average = 0;
  private seen = 0;
  private lowest = Infinity;
  private first = NaN;

  /** `memory`: the share of the average that stays at each step. */
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

/** The rate of step `i` from 0. */
export function rateAt({ from, to, steps }: { from: number; to: number; steps: number }, i: number): number {
  return from * (to / from) ** (i / (steps - 1));
}
