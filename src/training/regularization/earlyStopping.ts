/**
 * Early stopping: ends a training that no longer improves and restores the best weights (Prechelt, "Early Stopping -
 * But When?", 1998, the criterion of successive worse checks).
 */
import type { EarlyStoppingSettings } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import { asLoss, lowerIsBetter } from '../schedules/plateau.js';
import type { NamedValues } from '../loop/weights.js';
import { entryOf } from '../../protocol/values/records.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

export interface EarlyStoppingState {
  best: number | null;
  bestEpoch: number;
  weights: NamedValues[] | null;
}

export class EarlyStopping {
  private best: number | null = null;
  private bestEpoch = 0;
  private weights: NamedValues[] | null = null;
  private readonly sign: 1 | -1;

  constructor(private readonly settings: EarlyStoppingSettings) {
    this.sign = lowerIsBetter(settings.metric) ? 1 : -1;
  }

  /** Records an epoch's metric; returns true when training should stop. */
  async judged(
    epoch: number,
    metrics: Readonly<Record<string, number>>,
    weights: () => Promise<NamedValues[]>,
  ): Promise<boolean> {
    const { metric, patience, threshold, restore } = this.settings;
    const value = entryOf(metrics, metric);
    if (value === undefined) {
      throw new TrainingError(
        said('earlyStopping: an epoch measures no "{0}"; it measures {1}', metric, Object.keys(metrics).join(', ')),
      );
    }
    const loss = asLoss(value, this.sign);
    if (this.best === null || loss < this.best - threshold) {
      [this.best, this.bestEpoch] = [loss, epoch];
      if (restore) this.weights = await weights();
      return false;
    }
    return epoch - this.bestEpoch > patience;
  }

  /** Restores the best weights, if requested, and returns their epoch. */
  restore(training: { keep(weights: readonly NamedValues[]): void }): number | null {
    if (!this.weights) return null;
    training.keep(this.weights);
    return this.bestEpoch;
  }

  reason(epoch: number): Said {
    const { metric, restore } = this.settings;
    const value = Number.isFinite(this.best) ? (this.sign * this.best!).toPrecision(4) : said('not finite');
    return restore
      ? said(
          'stopped after epoch {0}: {1} was best in epoch {2} ({3}); its weights are the ones that are kept',
          epoch,
          metric,
          this.bestEpoch,
          value,
        )
      : said('stopped after epoch {0}: {1} was best in epoch {2} ({3})', epoch, metric, this.bestEpoch, value);
  }

  state(): EarlyStoppingState {
    return { best: this.best, bestEpoch: this.bestEpoch, weights: this.weights };
  }

  load({ best, bestEpoch, weights }: EarlyStoppingState): void {
    const { restore } = this.settings;
    // Without `restore` the best weights were not saved, so the search for the best starts over.
    if (restore && !weights) return;
    Object.assign(this, { best, bestEpoch, weights: restore ? weights : null });
  }
}
