/**
 * Asynchronous successive halving, in the form that stops trials: at each rung a trial goes on when it is among the
 * best 1/η of all that have come so far. Li et al., "A System for Massively Parallel Hyperparameter Tuning" (MLSys
 * 2020), section 3; no trial waits for others. Rungs are at `graceSteps`, η times that, η² times and so on, counted
 * from a trial's first report. Without `graceSteps` the first rung is at `grace` of the longest completed trial, and
 * nothing is stopped before one has completed. At a rung counts the best value up to it.
 */
import { z } from 'zod';
import type { History, Pruner, Trial, Verdict } from '../types.js';

export const AshaSettings = z.strictObject({
  eta: z.number().min(2).max(100).default(3).describe('One of so many trials goes on at each rung.'),
  grace: z.number().gt(0).max(1).default(0.15).describe("Share of a trial's full length before the first rung."),
  graceSteps: z.number().gt(0).optional().describe('Steps before the first rung; instead of grace.'),
});

export class AshaPruner implements Pruner {
  readonly name = 'asha';

  constructor(private readonly settings: z.infer<typeof AshaSettings>) {}

  judge(history: History, trial: Trial): Verdict {
    const latest = trial.reports.at(-1);
    const previous = trial.reports.at(-2);
    if (!latest || !previous || history.goals.length !== 1) return 'continue';
    const rung = this.rungAt(history, latest.step - trial.reports[0]!.step);
    // Judged once, by the first report that reaches the rung.
    if (rung === null || previous.step - trial.reports[0]!.step >= rung) return 'continue';
    const own = bestAt(trial, rung, history.goals[0]!)!;
    let [reached, better] = [0, 0];
    for (const other of history.trials) {
      const value = other.state === 'failed' ? null : bestAt(other, rung, history.goals[0]!);
      if (value === null) continue;
      reached++;
      if (value < own) better++;
    }
    // Below η trials nothing is known yet; equals go on together.
    return reached >= this.settings.eta && better >= Math.floor(reached / this.settings.eta) ? 'prune' : 'continue';
  }

  /** The last rung that is not beyond so many steps after the first report. */
  private rungAt({ trials }: History, steps: number): number | null {
    const { eta, grace, graceSteps } = this.settings;
    let rung = graceSteps ?? 0;
    if (graceSteps === undefined) {
      for (const { state, reports } of trials) {
        if (state !== 'completed' || reports.length === 0) continue;
        rung = Math.max(rung, grace * (reports.at(-1)!.step - reports[0]!.step));
      }
    }
    if (rung <= 0 || steps < rung) return null;
    while (rung * eta <= steps) rung *= eta;
    return rung;
  }
}

/** The best value from the first report to the first at the rung or after it; null when it never got there. */
function bestAt({ reports }: Trial, rung: number, goal: 'minimize' | 'maximize'): number | null {
  let best = Infinity;
  for (const { step, value } of reports) {
    if (!Number.isNaN(value)) best = Math.min(best, goal === 'minimize' ? value : -value);
    if (step - reports[0]!.step >= rung) return best;
  }
  return null;
}
