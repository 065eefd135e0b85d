/**
 * Stops a trial whose best value so far is worse than a percentile (the median by default) of what the other trials had
 * reached by the same step. The median stopping rule of Golovin et al., "Google Vizier: A Service for Black-Box
 * Optimization" (KDD 2017), comparing the trial's best with the others' bests.
 *
 * The others are the finished and the pruned trials that got as far as this step. Nothing is pruned before
 * `startupTrials` have completed, nor in the first steps of a trial: `graceSteps` of them, or `grace` of the usual
 * length of a trial. NaN is worse than any number. With several objectives, the others that dominate the trial are
 * counted (fronts.ts).
 */
import { z } from 'zod';
import { Columns } from '../curves/columns.js';
import type { History, Pruner, Trial, Verdict } from '../types.js';
import { dominatedShare } from './fronts.js';

export const MedianSettings = z.strictObject({
  startupTrials: z.number().int().min(1).default(4).describe('Completed trials before the first one is pruned.'),
  grace: z.number().min(0).max(1).default(0.15).describe("Share of a trial's usual length before it may be stopped."),
  graceSteps: z.number().min(0).optional().describe('Steps before a trial may be stopped; instead of grace.'),
});
export const PercentileSettings = MedianSettings.extend({
  percentile: z
    .number()
    .gt(0)
    .lt(100)
    .describe('Percentage of the trials at the same step that are good enough to continue.'),
});

export class PercentilePruner implements Pruner {
  private readonly columns = new Columns();

  constructor(
    readonly name: string,
    private readonly settings: z.infer<typeof PercentileSettings>,
  ) {}

  judge(history: History, trial: Trial): Verdict {
    const latest = trial.reports.at(-1);
    if (!latest) return 'continue';
    const { columns, settings } = this;
    columns.update(history);
    if (columns.lengths.length < settings.startupTrials) return 'continue';
    const own = columns.curves.of(trial, history.goals[0]!);
    const grace = settings.graceSteps ?? settings.grace * columns.lengths.percentile(50);
    if (latest.step < own.first + grace) return 'continue';
    if (history.goals.length > 1) {
      const share = dominatedShare(history, trial, settings.startupTrials);
      return share !== null && share > settings.percentile / 100 ? 'prune' : 'continue';
    }
    const others = columns.at(latest.step);
    if (others.length < settings.startupTrials) return 'continue';
    // A tie is good enough; NaN also ties with others that are all NaN.
    return own.lowest > others.percentile(settings.percentile) ? 'prune' : 'continue';
  }
}
