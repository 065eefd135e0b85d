import type { ScheduleSettings } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import { entryOf } from '../../protocol/values/records.js';
import { said } from '../../format/said.js';

export interface PlateauState {
  share: number;
  best: number | null;
  waited: number;
}

/** Multiplies the rate by `factor` when a metric has not improved for more than `patience` epochs. */
export class Plateau {
  share = 1;
  private best: number | null = null;
  private waited = 0;
  private readonly sign: 1 | -1;

  constructor(private readonly settings: Extract<ScheduleSettings, { name: 'plateau' }>) {
    this.sign = lowerIsBetter(settings.metric) ? 1 : -1;
  }

  judged(metrics: Readonly<Record<string, number>>): void {
    const { metric, factor, patience, threshold, end } = this.settings;
    const value = entryOf(metrics, metric);
    if (value === undefined) {
      throw new TrainingError(
        said('schedule plateau: an epoch measures no "{0}"; it measures {1}', metric, Object.keys(metrics).join(', ')),
      );
    }
    const loss = asLoss(value, this.sign);
    if (this.best === null || loss < this.best - threshold) [this.best, this.waited] = [loss, 0];
    else if (++this.waited > patience) [this.share, this.waited] = [Math.max(end, this.share * factor), 0];
  }

  state(): PlateauState {
    return { share: this.share, best: this.best, waited: this.waited };
  }

  load({ share, best, waited }: PlateauState): void {
    Object.assign(this, { share, best, waited });
  }
}

/** Returns true for errors and losses; all other metrics (accuracy, precision, recall, F1, R²) are maximized. */
export function lowerIsBetter(metric: string): boolean {
  return /loss|error|mae|mse|perplexity/i.test(metric);
}

/** Converts a metric to a value to minimize. NaN becomes Infinity: as the best value, it could never be improved on. */
export const asLoss = (value: number, sign: 1 | -1): number => (Number.isNaN(value) ? Infinity : sign * value);
