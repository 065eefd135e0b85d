/** Logs each fold of a cross-validation under its own name, and the summary over all folds. */
import type { TrainingLog } from '../loop/types.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

type Values = Record<string, number>;

/** Logs a fold's metrics as `fold1/val/loss`, beside the means over all folds. */
export class FoldLog implements TrainingLog {
  fraction = 0;
  /** Step of the latest point. */
  step = 0;
  private epochs = new Map<number, Values>();

  /** `fold` counts from 1. `progressed` is called when the fold advances. */
  constructor(
    private readonly run: TrainingLog,
    private readonly fold: number,
    private readonly progressed: (text: string) => void,
  ) {}

  get stopRequested() {
    return this.run.stopRequested;
  }

  log(all: Values, at?: { step?: number; epoch?: number }): void {
    this.step = at?.step ?? this.step;
    const values = pick(all, (name) => !name.startsWith(OF_PROCESS));
    // Values that belong to the whole process are logged once, by the first fold.
    const shared = this.fold === 1 ? pick(all, (name) => name.startsWith(OF_PROCESS)) : {};
    if (at?.epoch !== undefined && Number.isInteger(at.epoch)) {
      this.epochs.set(at.epoch, { ...this.epochs.get(at.epoch), ...values });
    }
    const named = Object.entries(values).map(([name, value]) => [`fold${this.fold}/${name}`, value] as const);
    this.run.log({ ...Object.fromEntries(named), ...shared }, at);
  }

  /** Returns the metrics at the end of an epoch. */
  at(epoch: number): Values {
    return this.epochs.get(epoch) ?? {};
  }

  /** All values that `at` returns, for the checkpoint. */
  get history(): [number, Values][] {
    return [...this.epochs];
  }
  set history(epochs: [number, Values][]) {
    this.epochs = new Map(epochs);
  }

  progress(fraction: number | null, text = ''): void {
    if (fraction !== null) this.fraction = fraction;
    this.progressed(`fold ${this.fold} · ${text}`);
  }

  info(values: Parameters<TrainingLog['info']>[0]): void {
    this.run.info(values);
  }

  message(level: 'info' | 'warning' | 'error', text: string | Said): void {
    this.run.message(level, said('fold {0}: {1}', this.fold, text));
  }
}

const OF_PROCESS = 'system/';
const pick = (values: Values, wanted: (name: string) => boolean): Values =>
  Object.fromEntries(Object.entries(values).filter(([name]) => wanted(name)));

/**
 * Returns the mean of each value that all folds have, and the sample standard deviation (n − 1) of `val/…` as
 * `val/…_std`.
 */
export function summary(folds: readonly Values[]): Values {
  const result: Values = {};
  for (const name of Object.keys(folds[0] ?? {})) {
    const values = folds.map((fold) => entryOf(fold, name));
    if (!values.every((value) => value !== undefined)) continue;
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    setEntry(result, name, mean);
    if (!name.startsWith('val/')) continue;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    result[`${name}_std`] = Math.sqrt(squares / (values.length - 1));
  }
  return result;
}
