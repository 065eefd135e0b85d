/** A trial's reports as losses by step, updated incrementally. */
import type { Goal, Trial } from '../types.js';

/** Returns the value as a loss to minimise; NaN becomes the worst. */
export function lossOf(value: number, goal: Goal): number {
  return Number.isNaN(value) ? Infinity : goal === 'minimize' ? value : -value;
}

/** Returns the index of the last of the ascending steps that is at most this one; -1 if there is none. */
export function lastAtMost(steps: readonly number[], step: number): number {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle]! <= step) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export class Curve {
  /** Steps of the reports, ascending. */
  steps: number[] = [];
  /** Losses as reported at each step, and the running minimum. */
  losses: number[] = [];
  best: number[] = [];
  /** Prefix sums of the finite losses, for means. */
  private sums: number[] = [0];
  private from: Trial['reports'] | null = null;
  private read = 0;

  constructor(private readonly goal: Goal) {}

  update({ reports }: Trial): void {
    // The list was replaced because it was thinned out.
    if (reports !== this.from || this.read > reports.length) this.clear(reports);
    for (; this.read < reports.length; this.read++) {
      const { step, value } = reports[this.read]!;
      const last = this.steps.length - 1;
      if (last >= 0 && step < this.steps[last]!) return this.sort(reports);
      this.push(step, lossOf(value, this.goal));
    }
  }

  get length(): number {
    return this.steps.length;
  }
  get first(): number {
    return this.steps[0]!;
  }
  get last(): number {
    return this.steps[this.steps.length - 1]!;
  }
  get lowest(): number {
    return this.best[this.best.length - 1]!;
  }

  /** Returns the index of the last report at or before the step; -1 if all come later. */
  placeOf(step: number): number {
    return lastAtMost(this.steps, step);
  }

  /** Returns the smallest loss up to the step; Infinity before the first report. */
  bestAt(step: number): number {
    const place = this.placeOf(step);
    return place < 0 ? Infinity : this.best[place]!;
  }

  /** Returns the smallest loss up to the first report at or after the step; null if the trial never got there. */
  bestOnReaching(step: number): number | null {
    if (this.steps.length === 0 || this.last < step) return null;
    let place = this.placeOf(step);
    if (place < 0 || this.steps[place]! < step) place++;
    // If a step was reported several times, the first report counts.
    while (place > 0 && this.steps[place - 1]! >= step) place--;
    return this.best[place]!;
  }

  /** Returns the mean of the last tenth of the reports up to the step, which smooths the noise of the loss. */
  levelAt(step: number): number {
    const place = this.placeOf(step);
    if (place < 0 || !Number.isFinite(this.losses[place])) return Infinity;
    const count = Math.ceil((place + 1) / 10);
    let finite = count;
    for (let i = place - count + 1; i < place; i++) if (!Number.isFinite(this.losses[i])) finite--;
    return (this.sums[place + 1]! - this.sums[place + 1 - count]!) / finite;
  }

  private push(step: number, loss: number): void {
    this.sums.push(this.sums[this.sums.length - 1]! + (Number.isFinite(loss) ? loss : 0));
    this.best.push(this.best.length ? Math.min(this.lowest, loss) : loss);
    this.steps.push(step);
    this.losses.push(loss);
  }

  private sort(reports: Trial['reports']): void {
    this.clear(reports);
    for (const { step, value } of [...reports].sort((a, b) => a.step - b.step))
      this.push(step, lossOf(value, this.goal));
    this.read = reports.length;
  }

  private clear(reports: Trial['reports']): void {
    [this.steps, this.losses, this.best, this.sums] = [[], [], [], [0]];
    [this.from, this.read] = [reports, 0];
  }
}

/** The curves of a search's trials, each read once. */
export class Curves {
  private readonly known = new WeakMap<Trial, Curve>();

  of(trial: Trial, goal: Goal): Curve {
    let curve = this.known.get(trial);
    if (!curve) this.known.set(trial, (curve = new Curve(goal)));
    curve.update(trial);
    return curve;
  }
}
