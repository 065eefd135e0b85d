/** Points of a training's curves: the mean loss since the last point, the speed, and other values that are due. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Network } from '../../experiment/network/index.js';
import { memoryUse } from '../diagnostics/memory.js';
import type { Stepper } from './stepper.js';
import type { TrainingSetup } from './types.js';
import { Window } from './window.js';

const SPEED_MS = 1000;

/** Curve of one epoch. */
export class Curve {
  private readonly window: Window;
  private readonly every: number;
  private readonly started = performance.now();
  private clock = { at: this.started, examples: 0 };

  constructor(
    private readonly options: TrainingSetup,
    private readonly stepper: Stepper,
    private readonly epoch: number,
    private readonly steps: number,
  ) {
    this.window = new Window(options);
    this.every = options.network.logEvery ?? Math.min(50, Math.max(1, Math.round(steps / 100)));
  }

  add(result: tf.Tensor1D, examples: number): void {
    this.window.add(result, examples);
  }

  /**
   * Returns the values of step `step`, when `done` of the epoch's examples have been seen; null when no point is due.
   * Throws when a loss is not finite.
   */
  async point(step: number, done: number, last: boolean): Promise<Record<string, number> | null> {
    const { learningRate } = this.stepper.optimizer;
    // The very first step is logged at once, to show that the training runs.
    if (step !== 1 && step % this.every !== 0 && !last) {
      if (this.options.cheapReads) await this.window.check(step, this.epoch, learningRate);
      return null;
    }
    const values: Record<string, number> = { loss: await this.window.close(step, this.epoch, learningRate) };
    const now = performance.now();
    if (now - this.clock.at >= SPEED_MS || last) {
      const since = last ? { at: this.started, examples: 0 } : this.clock;
      values.samples_per_second = ((done - since.examples) / (now - since.at)) * 1000;
      this.clock = { at: now, examples: done };
    }
    if (changes(this.options.network)) values.learning_rate = learningRate;
    const penalty = await this.stepper.penalty();
    if (penalty !== null) values.penalty = penalty;
    if (last) {
      if (this.whole.accuracy !== null) values.accuracy = this.whole.accuracy;
      Object.assign(values, memoryUse());
    }
    return values;
  }

  /** Mean loss over the epoch so far, and the accuracy (null for regression). */
  get whole(): { loss: number; accuracy: number | null } {
    return this.window.epoch;
  }

  dispose(): void {
    this.window.dispose();
  }
}

const changes = ({ schedule, hypergradient }: Network): boolean =>
  schedule.name !== 'constant' || schedule.warmup > 0 || (hypergradient?.tune.includes('learningRate') ?? false);
