/**
 * Stops a trial whose best value so far is worse than a percentile (the median by default) of what the other
 * trials had reached by the same step. The median stopping rule of Golovin et al., "Google Vizier: A Service for
 * Black-Box Optimization" (KDD 2017), with the trial's best against the others' bests.
 *
 * The others are the finished and the pruned trials that got as far as this step. Nothing is pruned before
 * `startupTrials` have completed, nor in the first steps of a trial: `graceSteps` of them, or `grace` of the
 * usual length of a trial. Values that are not numbers are worse than any number.
 */
import { z } from 'zod';
import type { History, Pruner, Trial, Verdict } from '../types.js';

export const MedianSettings = z.strictObject({
  startupTrials: z.number().int().min(1).default(4).describe('Completed trials before the first one is pruned.'),
  grace: z.number().min(0).max(1).default(0.15).describe("Share of a trial's usual length in which it is left alone."),
  graceSteps: z.number().min(0).optional().describe('Steps in which a trial is left alone; instead of grace.'),
});
export const PercentileSettings = MedianSettings.extend({
  percentile: z
    .number()
    .gt(0)
    .lt(100)
    .describe('Percent of the trials at the same step that are good enough to go on.'),
});

type Goal = 'minimize' | 'maximize';

/** Best value so far at each report, so that a look-up by step is a binary search. */
interface Curve {
  steps: number[];
  best: number[];
}

export class PercentilePruner implements Pruner {
  private readonly curves = new WeakMap<Trial, Curve>();
  /** Usual length of so many completed trials. */
  private usual = { of: -1, steps: 0 };

  constructor(
    readonly name: string,
    private readonly settings: z.infer<typeof PercentileSettings>,
  ) {}

  judge(history: History, trial: Trial): Verdict {
    const goal = history.goals[0]!;
    // One objective decides; with several no trial is worse than another by a single curve.
    if (history.goals.length !== 1) return 'continue';
    const latest = trial.reports.at(-1);
    if (!latest) return 'continue';
    const completed = history.trials.filter((other) => other.state === 'completed' && other.reports.length > 0);
    if (completed.length < this.settings.startupTrials) return 'continue';
    if (latest.step < this.graceOf(trial, completed, goal)) return 'continue';

    const others: number[] = [];
    for (const other of history.trials) {
      if (other === trial || (other.state !== 'completed' && other.state !== 'pruned')) continue;
      const curve = this.curveOf(other, goal);
      const lastStep = curve.steps.at(-1);
      if (lastStep === undefined || lastStep < latest.step) continue;
      others.push(valueAt(curve, latest.step));
    }
    if (others.length < this.settings.startupTrials) return 'continue';
    const own = trial.reports.reduce((best, report) => Math.min(best, losses(report.value, goal)), Infinity);
    const bar = percentile(others, this.settings.percentile);
    // Equal is good enough; among others that are all without a number, so is one without.
    return own > bar ? 'prune' : 'continue';
  }

  /** In steps, from the trial's own first. */
  private graceOf(trial: Trial, completed: readonly Trial[], goal: Goal): number {
    const first = trial.reports[0]!.step;
    if (this.settings.graceSteps !== undefined) return first + this.settings.graceSteps;
    if (this.usual.of !== completed.length) {
      const lengths = completed.map((other) => {
        const { steps } = this.curveOf(other, goal);
        return steps.at(-1)! - steps[0]!;
      });
      this.usual = { of: completed.length, steps: percentile(lengths, 50) };
    }
    return first + this.settings.grace * this.usual.steps;
  }

  private curveOf(trial: Trial, goal: Goal): Curve {
    const known = this.curves.get(trial);
    if (known) return known;
    const reports = [...trial.reports].sort((a, b) => a.step - b.step);
    const curve: Curve = { steps: [], best: [] };
    let best = Infinity;
    for (const { step, value } of reports) {
      best = Math.min(best, losses(value, goal));
      curve.steps.push(step);
      curve.best.push(best);
    }
    this.curves.set(trial, curve);
    return curve;
  }
}

/** As something to minimise; what is not a number is the worst. */
function losses(value: number, goal: Goal): number {
  return Number.isNaN(value) ? Infinity : goal === 'minimize' ? value : -value;
}

/** Best value at the last step that is not after the given one. */
function valueAt(curve: Curve, step: number): number {
  let low = 0;
  let high = curve.steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (curve.steps[middle]! <= step) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? Infinity : curve.best[low - 1]!;
}

/** With linear interpolation between the two nearest ranks. */
function percentile(values: number[], percent: number): number {
  const sorted = [...values].sort((a, b) => (a === b ? 0 : a < b ? -1 : 1));
  const rank = (percent / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(rank)]!;
  const above = sorted[Math.ceil(rank)]!;
  return below === above ? below : below + (above - below) * (rank - Math.floor(rank));
}
