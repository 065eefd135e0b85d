import type * as tf from '@tensorflow/tfjs-core';
import { TrainingError } from '../errors.js';
import type { TrainingSetup } from './types.js';
import { said } from '../../format/said.js';

/** Collects losses between two points of the curve, and correct predictions over the epoch. */
export class Window {
  private readonly open: { result: tf.Tensor1D; examples: number; step: number }[] = [];
  private loss = 0;
  private total = 0;
  private examples = 0;
  private right = 0;
  private seen = 0;

  constructor(private readonly options: TrainingSetup) {}

  add(result: tf.Tensor1D, examples: number): void {
    this.open.push({ result, examples, step: 0 });
  }

  /** Reads pending values; throws when a loss is not finite. */
  async check(step: number, epoch: number, learningRate: number): Promise<void> {
    const first = step - this.open.length + 1;
    for (const [i, { result, examples }] of this.open.splice(0).entries()) {
      const [loss, right] = await result.data();
      result.dispose();
      if (!Number.isFinite(loss)) this.fail(loss!, first + i, epoch, learningRate);
      this.loss += loss! * examples;
      this.total += loss! * examples;
      this.right += right!;
      this.examples += examples;
      this.seen += examples;
    }
  }

  /** Returns the mean loss since the last call. */
  async close(step: number, epoch: number, learningRate: number): Promise<number> {
    await this.check(step, epoch, learningRate);
    const mean = this.loss / this.examples;
    this.loss = this.examples = 0;
    return mean;
  }

  /** Mean loss of all values read, and the accuracy (null for regression). */
  get epoch(): { loss: number; accuracy: number | null } {
    return { loss: this.total / this.seen, accuracy: this.options.dataset.classes ? this.right / this.seen : null };
  }

  dispose(): void {
    for (const { result } of this.open.splice(0)) result.dispose();
  }

  private fail(loss: number, step: number, epoch: number, learningRate: number): never {
    this.dispose();
    this.options.log.log({ loss }, { step, epoch });
    const what = Number.isNaN(loss) ? 'NaN' : 'infinite';
    throw new TrainingError(
      said(
        'loss became {0} at step {1}, in epoch {2}: try a lower learning rate (it is {3}), or look for extreme values in the data',
        what,
        step,
        epoch,
        learningRate,
      ),
    );
  }
}
