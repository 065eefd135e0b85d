/**
 * For trials whose steps are instances (folds, data sets, problems; in any order): stops a trial that is significantly
 * worse than the best completed one on the instances that both have, by Wilcoxon's signed-rank test (signedRank.ts). As
 * in Optuna's pruner of this name, a trial with the better mean over these instances is never stopped.
 */
import { z } from 'zod';
import { lossOf } from '../curves/curve.js';
import { signedRank } from '../maths/signedRank.js';
import type { History, Pruner, Trial, Verdict } from '../types.js';

export const WilcoxonSettings = z.strictObject({
  pThreshold: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.1)
    .describe('Significance level: a trial with a p-value below this is stopped.'),
  startupSteps: z.number().int().min(1).default(4).describe('Minimum number of instances before a trial is stopped.'),
});

export class WilcoxonPruner implements Pruner {
  readonly name = 'wilcoxon';
  private read = 0;
  private open: Trial[] = [];
  private best: { loss: number; trial: Trial; losses: Map<number, number> } | null = null;

  constructor(private readonly settings: z.infer<typeof WilcoxonSettings>) {}

  judge(history: History, trial: Trial): Verdict {
    if (history.goals.length !== 1) return 'continue';
    this.update(history);
    if (!this.best) return 'continue';
    const differences: number[] = [];
    for (const [step, loss] of lossesOf(trial, history)) {
      const other = this.best.losses.get(step);
      if (other === undefined) continue;
      // NaN on both sides is a tie.
      differences.push(loss === other ? 0 : loss - other);
    }
    if (differences.length < this.settings.startupSteps) return 'continue';
    if (!(differences.reduce((sum, d) => sum + d, 0) > 0)) return 'continue';
    return signedRank(differences) < this.settings.pThreshold ? 'prune' : 'continue';
  }

  private update(history: History): void {
    for (; this.read < history.trials.length; this.read++) this.open.push(history.trials[this.read]!);
    this.open = this.open.filter((trial) => {
      if (trial.state === 'running' || trial.state === 'paused') return true;
      if (trial.state !== 'completed' || trial.reports.length === 0) return false;
      const loss = lossOf(trial.values![0]!, history.goals[0]!);
      const { best } = this;
      // Ties go to the lowest id, in whatever order the trials ended.
      if (!best || loss < best.loss || (loss === best.loss && trial.id < best.trial.id)) {
        this.best = { loss, trial, losses: lossesOf(trial, history) };
      }
      return false;
    });
  }
}

/** Returns the losses by instance; if one was reported twice, the latest counts. */
function lossesOf({ reports }: Trial, { goals }: History): Map<number, number> {
  return new Map(reports.map(({ step, value }) => [step, lossOf(value, goals[0]!)]));
}
