/** The training loop. */
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import type { RunClient } from '../client/index.js';
import type { Network } from '../experiment/network/index.js';
import { makeBatch } from './batches.js';
import type { Dataset } from './data/types.js';
import { TrainingError } from './errors.js';
import { evaluate } from './evaluate.js';
import { losses } from './losses/index.js';
import { buildModel, type Model } from './model.js';
import { buildOptimizer, type Optimizer } from './optimizers/index.js';
import { Parameters } from './parameters.js';
import { Random } from './random.js';

export type TrainingLog = Pick<RunClient, 'log' | 'progress' | 'info' | 'message' | 'stopRequested'>;

export interface TrainingOptions {
  network: Network;
  dataset: Dataset;
  seed: number;
  log: TrainingLog;
  /** Whether reading a value from the device is as good as free (its memory is ours). */
  cheapReads: boolean;
  /** Examples a batch while evaluating. */
  evaluationBatch: number;
}

/** The loop gives way to other events (a request to stop) at least this often, between two steps. */
const YIELD_MS = 15;
const PROGRESS_MS = 250;
const SPEED_MS = 1000;

export class Training {
  readonly model: Model;
  readonly parameters: Parameters;
  readonly optimizer: Optimizer;
  private readonly random: Random;
  private step = 0;
  private lastYield = 0;
  private lastProgress = 0;

  constructor(private readonly options: TrainingOptions) {
    this.random = new Random(options.seed);
    this.model = buildModel(options.network, options.dataset, this.random.fork('weights'));
    this.parameters = new Parameters(this.model.weights);
    this.optimizer = buildOptimizer(options.network.optimizer);
  }

  /** Trains all epochs, or until a stop is asked for: then false. The weights are ready to be saved either way. */
  async run(): Promise<boolean> {
    const { network } = this.options;
    let tensors = 0;
    for (let epoch = 1; epoch <= network.epochs; epoch++) {
      const done = (await this.trainEpoch(epoch)) && (await this.judge(epoch));
      if (!done) return false;
      // The optimizer makes its state at the first step; from then on nothing may stay behind.
      const now = tf.memory().numTensors;
      if (epoch > 1 && now > tensors) {
        throw new Error(
          `internal error: ${now - tensors} tensors were not released in epoch ${epoch}; please report this`,
        );
      }
      tensors = now;
    }
    this.options.log.progress(1, `${network.epochs} epochs`);
    return true;
  }

  /** Puts the weights where they are to be judged and saved, does `work`, and leads them back. */
  private async settled<T>(work: () => Promise<T>): Promise<T> {
    const offset = this.optimizer.settle();
    if (!offset) return work();
    this.parameters.add(offset);
    try {
      return await work();
    } finally {
      const back = tf.neg(offset);
      this.parameters.add(back);
      tf.dispose([offset, back]);
    }
  }

  /** Values of all weights, by name. */
  weights(): Promise<{ name: string; shape: number[]; values: Float32Array }[]> {
    return this.settled(() =>
      Promise.all(
        this.model.weights.map(async ({ name, variable }) => ({
          name,
          shape: variable.shape,
          values: Float32Array.from(await variable.data()),
        })),
      ),
    );
  }

  private async trainEpoch(epoch: number): Promise<boolean> {
    const { network, dataset, log } = this.options;
    const { count } = dataset.train;
    const order = Int32Array.from({ length: count }, (_, i) => i);
    if (network.shuffle) this.random.fork(`order ${epoch}`).shuffle(order);
    const batchSize = Math.min(network.batchSize, count);
    const steps = Math.ceil(count / batchSize);
    const every = network.logEvery ?? Math.min(50, Math.max(1, Math.round(steps / 100)));
    const window = new Window(this.options);
    const started = performance.now();
    let clock = { at: started, examples: 0 };

    for (let i = 0; i < steps; i++) {
      const from = i * batchSize;
      const to = Math.min(from + batchSize, count);
      this.step++;
      window.add(this.trainStep(order, from, to), to - from);
      const last = i === steps - 1;
      // The very first step is shown at once: a curve that starts is the sign that all is well.
      if (this.step === 1 || this.step % every === 0 || last) {
        const values: Record<string, number> = {
          loss: await window.close(this.step, epoch, this.optimizer.learningRate),
        };
        const now = performance.now();
        if (now - clock.at >= SPEED_MS || last) {
          const since = last ? { at: started, examples: 0 } : clock;
          values.samples_per_second = ((to - since.examples) / (now - since.at)) * 1000;
          clock = { at: now, examples: to };
        }
        if (last) Object.assign(values, window.epoch());
        log.log(values, { step: this.step, epoch: epoch - 1 + to / count });
      } else if (this.options.cheapReads) {
        await window.check(this.step, epoch, this.optimizer.learningRate);
      }
      this.progress(epoch, to / count);
      if (!(await this.pause())) {
        window.dispose();
        return false;
      }
    }
    return true;
  }

  /** One step of the optimizer; [loss, number of right answers] of the batch before it. */
  private trainStep(order: Int32Array, from: number, to: number): tf.Tensor1D {
    const { dataset, network } = this.options;
    const loss = losses[network.loss];
    const context = { training: true, random: this.random.fork(`step ${this.step}`) };
    return tf.tidy(() => {
      const batch = makeBatch(dataset, dataset.train, order, from, to);
      let right: tf.Tensor = tf.scalar(0);
      const { value, grads } = tf.variableGrads(() => {
        const outputs = this.model.forward(batch.inputs, context);
        if (dataset.classes) right = tf.keep(countRight(outputs, batch.targets));
        return loss.of(outputs, batch.targets);
      }, this.parameters.variables);
      const gradient = this.parameters.flatten(this.parameters.variables.map((variable) => grads[variable.name]!));
      const change = this.optimizer.step(gradient);
      this.parameters.add(change);
      const result = tf.stack([value, right]) as tf.Tensor1D;
      right.dispose();
      return result;
    });
  }

  private async judge(epoch: number): Promise<boolean> {
    const { network, dataset, log, evaluationBatch } = this.options;
    log.progress((epoch - 0.02) / network.epochs, `epoch ${epoch}/${network.epochs} · evaluating`);
    const result = await this.settled(() =>
      evaluate(this.model, losses[network.loss], dataset, dataset.validation, {
        batchSize: evaluationBatch,
        pause: () => this.pause(),
      }),
    );
    if (!result) return false;
    const values = Object.fromEntries(Object.entries(result).map(([name, value]) => [`val/${name}`, value]));
    log.log(values, { step: this.step, epoch });
    return true;
  }

  private progress(epoch: number, fraction: number): void {
    const now = performance.now();
    if (now - this.lastProgress < PROGRESS_MS) return;
    this.lastProgress = now;
    const { epochs } = this.options.network;
    const percent = Math.floor(fraction * 100);
    this.options.log.progress((epoch - 1 + fraction * 0.98) / epochs, `epoch ${epoch}/${epochs} · ${percent} %`);
  }

  /** Lets events in; false when a stop was asked for. */
  private async pause(): Promise<boolean> {
    if (performance.now() - this.lastYield >= YIELD_MS) {
      await yieldToEvents();
      this.lastYield = performance.now();
    }
    return this.options.log.stopRequested === null;
  }

  dispose(): void {
    this.optimizer.dispose();
    this.parameters.dispose();
    this.model.dispose();
  }
}

function countRight(outputs: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor {
  return tf.sum(tf.cast(tf.equal(tf.argMax(outputs, 1), tf.argMax(targets, 1)), 'float32'));
}

/** Collects losses between two points of the curve, and right answers over the epoch. */
class Window {
  private readonly open: { result: tf.Tensor1D; examples: number; step: number }[] = [];
  private loss = 0;
  private examples = 0;
  private right = 0;
  private seen = 0;

  constructor(private readonly options: TrainingOptions) {}

  add(result: tf.Tensor1D, examples: number): void {
    this.open.push({ result, examples, step: 0 });
  }

  /** Reads what is open; throws when a loss is no number any more. */
  async check(step: number, epoch: number, learningRate: number): Promise<void> {
    const first = step - this.open.length + 1;
    for (const [i, { result, examples }] of this.open.splice(0).entries()) {
      const [loss, right] = await result.data();
      result.dispose();
      if (!Number.isFinite(loss)) this.fail(loss!, first + i, epoch, learningRate);
      this.loss += loss! * examples;
      this.right += right!;
      this.examples += examples;
      this.seen += examples;
    }
  }

  /** Mean loss since the last call. */
  async close(step: number, epoch: number, learningRate: number): Promise<number> {
    await this.check(step, epoch, learningRate);
    const mean = this.loss / this.examples;
    this.loss = this.examples = 0;
    return mean;
  }

  epoch(): Record<string, number> {
    return this.options.dataset.classes ? { accuracy: this.right / this.seen } : {};
  }

  dispose(): void {
    for (const { result } of this.open.splice(0)) result.dispose();
  }

  private fail(loss: number, step: number, epoch: number, learningRate: number): never {
    this.dispose();
    this.options.log.log({ loss }, { step, epoch });
    const what = Number.isNaN(loss) ? 'NaN (no number)' : 'infinite';
    throw new TrainingError(
      `loss became ${what} at step ${step}, in epoch ${epoch}: try a lower learning rate (it is ${learningRate}), ` +
        'or look for extreme values in the data',
    );
  }
}
