/** Stops a trial whose reported value leaves given bounds or is NaN. */
import { z } from 'zod';
import type { History, Pruner, Trial, Verdict } from '../types.js';

export const ThresholdSettings = z.strictObject({
  lower: z.number().optional().describe('Values below this, as logged, stop the trial.'),
  upper: z.number().optional().describe('Values above this, as logged, stop the trial.'),
  graceSteps: z.number().min(0).default(0).describe('Steps after the first report before a trial may be stopped.'),
});

export class ThresholdPruner implements Pruner {
  readonly name = 'threshold';

  constructor(private readonly settings: z.infer<typeof ThresholdSettings>) {}

  judge(_history: History, { reports }: Trial): Verdict {
    const latest = reports.at(-1);
    const { lower = -Infinity, upper = Infinity, graceSteps } = this.settings;
    if (!latest || latest.step < reports[0]!.step + graceSteps) return 'continue';
    return latest.value >= lower && latest.value <= upper ? 'continue' : 'prune';
  }
}
