/**
 * Gives every trial a loss that is comparable with all others', however far each has got, so that a sampler learns from
 * stopped and paused trials too. A completed trial has its own final loss. For any other trial, two predictions are
 * combined, each weighted by its precision:
 *
 * - the final losses of trials that went further from a similar value at the same step: a regression line through (loss
 *   at that step, final loss), with one prior observation of slope `SLOPE`. Steps are processed from the last to the
 *   first, so that trials stopped early are also compared with trials stopped later;
 * - the extrapolation of its own curve (curves/model.ts), once a trial has completed.
 *
 * If no trial went further and none has completed, the best loss so far is used.
 *
 * At most `LEVELS` steps are distinguished and `REFERENCES` trials used, so a suggestion stays cheap with thousands.
 */
import { lossOf, type Curve } from './curve.js';
import { CurveModel } from './model.js';
import type { History, Trial } from '../types.js';

const LEVELS = 16;
const REFERENCES = 256;
const SLOPE = 0.7;
/** Prior error of the line, as a share of a typical drop; it weighs as much as two trials. */
const ERROR = 0.3;

export class FidelityLosses {
  /**
   * Expected loss at full length, by index in `history.trials` (smaller is better): Infinity for failed or diverged
   * trials, NaN if nothing is known yet. With several objectives, completed trials have NaN too.
   */
  losses: Float64Array = new Float64Array(0);
  /** Approximate standard error of that loss; 0 for completed and failed trials. */
  sd: Float64Array = new Float64Array(0);
  /** Share of the full length that was observed; 1 for completed trials, 0 for failed ones. */
  share: Float64Array = new Float64Array(0);
  /** Version that grows whenever the loss of an ended trial changes. */
  version = 0;

  private readonly model = new CurveModel();
  private readonly curves = this.model.curves;
  /** Cached predictions of the model, valid while neither the trial nor the model changes. */
  private readonly expected = new WeakMap<Trial, { version: number; reports: number; mean: number; sd: number }>();
  private read = 0;
  /** Running and paused trials. */
  private open: number[] = [];
  /** Trials stopped before the end, with reports. */
  private partial: number[] = [];
  private completed: number[] = [];
  private longest = 0;
  private seen = { partial: -1, reports: -1 };

  update(history: History): void {
    const { trials } = history;
    this.grow(trials.length);
    for (; this.read < trials.length; this.read++) this.open.push(this.read);
    let kept = 0;
    let changed = false;
    for (const i of this.open) {
      const { state } = trials[i]!;
      if (state === 'running' || state === 'paused') this.open[kept++] = i;
      else {
        this.end(i, history);
        changed = true;
      }
    }
    this.open.length = kept;
    if (history.goals.length === 1) this.predict(history, changed);
  }

  private end(i: number, { trials, goals }: History): void {
    const trial = trials[i]!;
    this.losses[i] = trial.state === 'failed' ? Infinity : NaN;
    // Clears the prediction made while the trial ran.
    this.sd[i] = 0;
    this.share[i] = 0;
    if (goals.length > 1) return;
    if (trial.state === 'completed') {
      this.losses[i] = lossOf(trial.values![0]!, goals[0]!);
      this.share[i] = 1;
      if (trial.reports.length === 0) return;
      this.longest = Math.max(this.longest, this.curves.of(trial, goals[0]!).last);
      this.completed.push(i);
    } else if (trial.state === 'pruned' && trial.reports.length > 0) this.partial.push(i);
  }

  private predict(history: History, ended: boolean): void {
    const { trials, goals } = history;
    const resting = this.partial.concat(this.open.filter((i) => trials[i]!.reports.length > 0));
    const reports = this.open.reduce((sum, i) => sum + trials[i]!.reports.length, 0);
    if (resting.length === 0) return;
    if (!ended && resting.length === this.seen.partial && reports === this.seen.reports) return;
    this.seen = { partial: resting.length, reports };
    if (this.partial.length > 0) this.version++;

    this.model.update(history);
    const curveOf = (i: number) => this.curves.of(trials[i]!, goals[0]!);
    // Sorted by id, not by the order of ending, which a restored search doesn't know.
    resting.sort((a, b) => curveOf(b).last - curveOf(a).last || a - b);
    const full = history.maxSteps ?? Math.max(this.longest, curveOf(resting[0]!).last);
    const levels = levelsOf(resting.map((i) => curveOf(i).last));
    let above = [...this.completed].sort((a, b) => a - b);
    for (let from = 0, level = 0; from < resting.length; level++) {
      const step = levels[level]!;
      let to = from;
      while (to < resting.length && curveOf(resting[to]!).last >= step) to++;
      const group = resting.slice(from, to);
      const line = this.fit(above, step, curveOf);
      for (const i of group) {
        const curve = curveOf(i);
        const own = curve.levelAt(line ? step : curve.last);
        this.share[i] = full > 0 ? Math.min(1, curve.last / full) : 0;
        this.losses[i] = line && own !== Infinity ? line.mean + line.slope * (own - line.center) : own;
        this.sd[i] = line ? line.sd : 0;
        if (own !== Infinity) this.combine(history, i, line !== null);
      }
      above = above.concat(group);
      from = to;
    }
  }

  /** Combines the prediction of the line with the extrapolation of the trial's own curve. */
  private combine(history: History, i: number, known: boolean): void {
    const trial = history.trials[i]!;
    const { version } = this.model;
    const reports = trial.reports.length;
    let expected = this.expected.get(trial);
    if (expected?.version !== version || expected.reports !== reports) {
      const outlook = this.model.outlook(history, trial);
      if (!outlook) return;
      this.expected.set(trial, (expected = { version, reports, mean: outlook.mean, sd: outlook.sd }));
    }
    const line = known ? 1 / (this.sd[i]! * this.sd[i]!) : 0;
    const own = 1 / (expected.sd * expected.sd);
    this.losses[i] = (line * this.losses[i]! + own * expected.mean) / (line + own);
    this.sd[i] = 1 / Math.sqrt(line + own);
  }

  /** Fits the line from losses at a step to final losses. Returns null if no trial went beyond that step. */
  private fit(trials: readonly number[], step: number, curveOf: (i: number) => Curve) {
    const stride = Math.max(1, Math.ceil(trials.length / REFERENCES));
    const [xs, ys]: [number[], number[]] = [[], []];
    for (let k = 0; k < trials.length; k += stride) {
      const curve = curveOf(trials[k]!);
      if (curve.last < step) continue;
      const [x, y] = [curve.levelAt(step), this.losses[trials[k]!]!];
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      xs.push(x);
      ys.push(y);
    }
    const n = xs.length;
    if (n === 0) return null;
    const center = mean(xs);
    const middle = mean(ys);
    let [xx, xy, yy] = [0, 0, 0];
    for (let k = 0; k < n; k++) {
      const [dx, dy] = [xs[k]! - center, ys[k]! - middle];
      xx += dx * dx;
      xy += dx * dy;
      yy += dy * dy;
    }
    // The prior observation counts as much as one trial at a typical distance.
    const prior = n > 1 ? xx / n : 1;
    const slope = Math.max(0.1, Math.min(1.5, (xy + prior * SLOPE) / (xx + prior)));
    const rest = Math.max(0, yy - 2 * slope * xy + slope * slope * xx);
    const believed = this.model.completed > 0 ? ERROR * this.model.scale : Math.sqrt(yy / n);
    return { center, mean: middle, slope, sd: Math.sqrt((rest + 2 * believed * believed) / (n + 1)) || 1e-12 };
  }

  private grow(count: number): void {
    if (count <= this.losses.length) return;
    const size = Math.max(64, count * 2);
    const larger = (old: Float64Array, fill: number) => {
      const array = new Float64Array(size).fill(fill);
      array.set(old);
      return array;
    };
    this.losses = larger(this.losses, NaN);
    this.sd = larger(this.sd, 0);
    this.share = larger(this.share, 0);
  }
}

/** Returns at most `LEVELS` of the steps, from the last to the first; always includes the first. */
function levelsOf(descending: readonly number[]): number[] {
  const distinct = descending.filter((step, i) => i === 0 || step !== descending[i - 1]);
  if (distinct.length <= LEVELS) return distinct;
  return Array.from({ length: LEVELS }, (_, k) => distinct[Math.round(((k + 1) * (distinct.length - 1)) / LEVELS)]!);
}

function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
