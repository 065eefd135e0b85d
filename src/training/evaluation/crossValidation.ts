/**
 * Cross-validation (Stone, "Cross-Validatory Choice and Assessment of Statistical Predictions", 1974): one network per
 * fold. The folds are trained in turn, one epoch each, so the mean over all folds is known from the first epoch on. It
 * is an ordinary curve that a pruner can judge, and its best value belongs to a single number of epochs.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Network } from '../../experiment/network/index.js';
import type { Dataset } from '../data/types.js';
import { TrainingError, saidOf } from '../errors.js';
import { FoldLog, summary } from './folds.js';
import { Confusion } from '../metrics/index.js';
import { loadState, saveState } from '../checkpoints/resume.js';
import { Training, type JudgedConfusion, type TrainingOptions } from '../loop/train.js';
import { readReal } from '../../files/real.js';
import { said } from '../../format/said.js';

export interface CrossValidationOptions extends Omit<TrainingOptions, 'dataset' | 'onEpoch'> {
  datasets: readonly Dataset[];
  /** Called after each epoch of all folds, like the callback of a single training. */
  onEpoch?(all: CrossValidation, epoch: number): Promise<void>;
}

interface Fold {
  training: Training;
  log: FoldLog;
  /** Metrics of the weights that are kept, once the fold is done. */
  final: Record<string, number> | null;
}

type Figures = Record<string, number | null>;
/** Cross-validation state as stored in the file. JSON has no NaN, so such values are stored as null. */
interface Written {
  version: number;
  epoch: number;
  folds: {
    final: Figures | null;
    history: [epoch: number, Figures][];
    confusion: { rows: number[][]; epoch: number; step: number } | null;
  }[];
}

const VERSION = 1;
const FILE = 'folds.json';
const folderOf = (folder: string, index: number) => join(folder, `fold${index + 1}`);

const numbers = (figures: Figures): Record<string, number> =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, value ?? NaN]));

export class CrossValidation {
  private readonly folds: Fold[];
  private epoch = 0;
  /** Settings that all folds adopt before the next epoch. */
  private wanted: Network | null = null;

  constructor(private readonly options: CrossValidationOptions) {
    const { datasets, onEpoch: _all, ...shared } = options;
    this.folds = datasets.map((dataset, i) => {
      const log = new FoldLog(options.log, i + 1, (text) => this.progress(text));
      return { training: new Training({ ...shared, dataset, log }), log, final: null };
    });
  }

  get trainings(): Training[] {
    return this.folds.map(({ training }) => training);
  }

  /** Applies other settings to all folds from the same epoch on; otherwise their means would mix different settings. */
  change(network: Network): void {
    this.wanted = network;
  }

  private takeOver(): void {
    const { wanted } = this;
    this.wanted = null;
    for (const { training, final } of this.folds) if (wanted && !final) training.change(wanted);
  }

  /** Trains all folds; returns false when stopped early. */
  async run(): Promise<boolean> {
    for (;;) {
      this.takeOver();
      const epoch = this.epoch + 1;
      for (const fold of this.folds) {
        if (fold.final) continue;
        const result = await fold.training.advance();
        if (result === 'stopped') return false;
        if (result === 'done') fold.final = fold.log.at(fold.training.keptEpoch);
      }
      this.epoch = epoch;
      const now = this.folds.map(({ log, training, final }) =>
        final && training.epochs < epoch ? final : log.at(epoch),
      );
      const step = Math.max(...this.folds.map(({ log }) => log.step));
      this.options.log.log(summary(now), { step, epoch });
      if (this.folds.every(({ final }) => final)) break;
      await this.options.onEpoch?.(this, epoch);
    }
    this.options.log.progress(1, `${this.folds.length} folds`);
    return true;
  }

  /** Means and standard deviations over the folds, for the weights that are kept. */
  get final(): Record<string, number> {
    return summary(this.folds.map(({ final }) => final ?? {}));
  }

  /**
   * Confusion matrix summed over all folds, which covers every example once; null for regression and before the first
   * epoch ends.
   */
  get confusion(): JudgedConfusion | null {
    const all = this.folds.map(({ training }) => training.confusion);
    if (!all.every((one) => one !== null)) return null;
    const sum = new Confusion(all[0]!.confusion.classes);
    for (const { confusion } of all) sum.addRows(confusion.rows);
    return { confusion: sum, epoch: this.epoch, step: Math.max(...all.map(({ step }) => step)) };
  }

  async save(folder: string): Promise<void> {
    for (const [i, { training }] of this.folds.entries()) {
      await mkdir(folderOf(folder, i), { recursive: true });
      await saveState(folderOf(folder, i), await training.state());
    }
    const folds = this.folds.map(({ final, log, training: { confusion } }) => ({
      final,
      history: log.history,
      confusion: final && confusion && { ...confusion, rows: confusion.confusion.rows, confusion: undefined },
    }));
    await writeFile(join(folder, FILE), JSON.stringify({ version: VERSION, epoch: this.epoch, folds }));
  }

  /** Restores a checkpoint and returns the number of completed epochs. Throws TrainingError when it does not match. */
  async load(folder: string): Promise<number> {
    let written: Written;
    try {
      written = JSON.parse(readReal(join(folder, FILE))) as Written;
      if (written.version !== VERSION) throw new Error(`it is of version ${String(written.version)}`);
      if (written.folds.length !== this.folds.length) {
        throw new Error(`it has ${written.folds.length} folds, not ${this.folds.length}`);
      }
    } catch (error) {
      throw new TrainingError(
        said('the checkpoint in {0} does not belong to this cross-validation: {1}', folder, saidOf(error)),
      );
    }
    for (const [i, fold] of this.folds.entries()) {
      const { final, history, confusion } = written.folds[i]!;
      const state = await loadState(folderOf(folder, i));
      const set = fold.training.learningRate;
      fold.training.load(state);
      if (state.setLearningRate !== set) fold.training.learningRate = set;
      fold.final = final && numbers(final);
      fold.log.history = history.map(([epoch, values]) => [epoch, numbers(values)]);
      if (!final) continue;
      if (confusion) {
        const { rows, ...at } = confusion;
        const classes = this.options.datasets[i]!.classes!;
        fold.training.confusion = { confusion: new Confusion(classes).addRows(rows), ...at };
      }
      fold.log.fraction = 1;
    }
    this.epoch = written.epoch;
    return this.epoch;
  }

  private progress(text: string): void {
    const mean = this.folds.reduce((sum, { log }) => sum + log.fraction, 0) / this.folds.length;
    this.options.log.progress(mean, text.replace(/^fold (\d+)/, `fold $1/${this.folds.length}`));
  }

  dispose(): void {
    for (const training of this.trainings) training.dispose();
  }
}
