/**
 * Stops a trial that can't win: extrapolates its learning curve (curves/model.ts) and stops it when the probability
 * that its final value beats the best one so far is below `threshold`. The rule of Domhan, Springenberg & Hutter (IJCAI
 * 2015), section 3.3. The default threshold was tuned on the generated curves of the tests. A trial that is already
 * better than the best completed one is never stopped.
 */
import { z } from 'zod';
import { CurveModel } from '../curves/model.js';
import type { History, Pruner, Trial, Verdict } from '../types.js';

export const CurveSettings = z.strictObject({
  threshold: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.05)
    .describe('A trial less likely than this to become the best is stopped.'),
  startupTrials: z.number().int().min(1).default(2).describe('Completed trials before the first one is stopped.'),
  grace: z.number().min(0).max(1).default(0.1).describe("Share of a trial's full length before it may be stopped."),
  startupReports: z.number().int().min(1).default(3).describe('Minimum number of reports before a trial is stopped.'),
});

export class CurvePruner implements Pruner {
  readonly name = 'curve';
  readonly model = new CurveModel();

  constructor(private readonly settings: z.infer<typeof CurveSettings>) {}

  judge(history: History, trial: Trial): Verdict {
    const chance = history.goals.length === 1 ? this.chance(history, trial) : null;
    return chance !== null && chance < this.settings.threshold ? 'prune' : 'continue';
  }

  /** Returns the probability that the trial becomes the best, or null if it is too early to say. */
  chance(history: History, trial: Trial): number | null {
    const { model, settings } = this;
    model.update(history);
    if (model.completed < settings.startupTrials || !model.informed || trial.repeatOf !== undefined) return null;
    const curve = model.curves.of(trial, history.goals[0]!);
    const { losses, last } = curve;
    if (losses.length < settings.startupReports || last < settings.grace * model.full || last >= model.full)
      return null;
    // Two NaN reports in a row: the trial has diverged.
    const [before, latest] = losses.slice(-2);
    if (!Number.isFinite(latest)) return Number.isFinite(before) ? null : 0;
    // An observation outweighs any extrapolation: the trial is ahead of all that have completed.
    if (Math.min(latest!, curve.levelAt(last)) < model.best) return 1;
    return model.outlook(history, trial)?.below(model.best) ?? null;
  }
}
