/** The training loop. */
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import type { RunClient } from '../client/index.js';
import type { Network } from '../experiment/network/index.js';
import { buildAugmentation, type Augmentation } from './augment/index.js';
import { makeBatch } from './batches.js';
import type { Dataset } from './data/types.js';
import { Diagnostics } from './diagnostics.js';
import { TrainingError } from './errors.js';
import { evaluate, type Evaluation } from './evaluate.js';
import type { Confusion } from './metrics/index.js';
import { buildLoss, type Loss } from './losses/index.js';
import { buildModel, type Model } from './model.js';
import { EarlyStopping, type EarlyStoppingState } from './earlyStopping.js';
import { Parameters } from './parameters.js';
import { Random } from './random.js';
import { buildRegularizer } from './regularization.js';
import { buildSchedule, type Schedule } from './schedules/index.js';
import type { PlateauState } from './schedules/plateau.js';
import { Stepper, type StepperState } from './stepper.js';
import { Window } from './window.js';

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
  /** Called with the state after every epoch but the last; what it does takes place before the next one. */
  onEpoch?(training: Training, epoch: number): Promise<void>;
}

export interface NamedValues {
  name: string;
  shape: number[];
  values: Float32Array;
}

/** Which classes were taken for which, when the validation examples were last judged. */
export interface JudgedConfusion {
  confusion: Confusion;
  epoch: number;
  step: number;
}

/** All that a training needs to go on after an epoch as if it had never stopped. Random numbers follow from seed and step. */
export interface TrainingState {
  epoch: number;
  step: number;
  /** In force, and as the file had set it. */
  learningRate: number;
  setLearningRate: number;
  weights: NamedValues[];
  stepper: StepperState;
  schedule: PlateauState | null;
  earlyStopping: EarlyStoppingState | null;
}

/** The loop gives way to other events (a request to stop) at least this often, between two steps. */
const YIELD_MS = 15;
const PROGRESS_MS = 250;
const SPEED_MS = 1000;

export class Training {
  readonly model: Model;
  readonly parameters: Parameters;
  /** As set by the file or by the person, before the schedule. */
  learningRate: number;
  private readonly loss: Loss;
  private readonly augmentation: Augmentation | null;
  private readonly stepper: Stepper;
  private readonly schedule: Schedule;
  private readonly earlyStopping: EarlyStopping | null;
  private readonly diagnostics: Diagnostics | null;
  /** Null before the first epoch's end, and for numbers. */
  confusion: JudgedConfusion | null = null;
  private epochsDone = 0;
  private readonly random: Random;
  private step = 0;
  private lastYield = 0;
  private lastProgress = 0;

  constructor(private readonly options: TrainingOptions) {
    this.random = new Random(options.seed);
    this.model = buildModel(options.network, options.dataset, this.random.fork('weights'));
    this.parameters = new Parameters(this.model.weights);
    const { network } = options;
    this.loss = buildLoss(network.loss, options.dataset, this.model.outputs);
    this.augmentation = buildAugmentation(network, options.dataset);
    this.stepper = new Stepper(network, this.parameters, buildRegularizer(this.model.weights, network.regularization));
    this.schedule = buildSchedule(network.schedule, network.epochs);
    this.earlyStopping = network.earlyStopping && new EarlyStopping(network.earlyStopping);
    this.diagnostics = network.diagnostics ? new Diagnostics(this.model.weights) : null;
    this.learningRate = network.optimizer.learningRate;
  }

  /** Trains all epochs, or until a stop is asked for: then false. The weights are ready to be saved either way. */
  async run(): Promise<boolean> {
    const { network } = this.options;
    let tensors = 0;
    const first = this.epochsDone + 1;
    for (let epoch = first; epoch <= network.epochs; epoch++) {
      const judged = (await this.trainEpoch(epoch)) ? await this.judge(epoch) : null;
      if (!judged) return false;
      this.epochsDone = epoch;
      this.schedule.judged(judged);
      if (await this.stopsEarly(epoch, judged)) return true;
      // The optimizer makes its state at the first step; from then on nothing may stay behind.
      const now = tf.memory().numTensors;
      if (epoch > first && now > tensors) {
        throw new Error(
          `internal error: ${now - tensors} tensors were not released in epoch ${epoch}; please report this`,
        );
      }
      tensors = now;
      if (epoch < network.epochs) await this.options.onEpoch?.(this, epoch);
    }
    await this.restoreBest();
    this.options.log.progress(1, `${network.epochs} epochs`);
    return true;
  }

  /** Puts the weights where they are to be judged and saved, does `work`, and leads them back. */
  private async settled<T>(work: () => Promise<T>): Promise<T> {
    const offset = this.stepper.settle();
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
  weights(): Promise<NamedValues[]> {
    return this.settled(() => this.heldWeights());
  }

  /** As they are between two steps. */
  private heldWeights(): Promise<NamedValues[]> {
    return Promise.all(
      this.model.weights.map(async ({ name, variable }) => ({
        name,
        shape: variable.shape,
        values: Float32Array.from(await variable.data()),
      })),
    );
  }

  /** Throws when a weight is missing or of another shape. */
  setWeights(weights: readonly NamedValues[]): void {
    const given = new Map(weights.map((weight) => [weight.name, weight]));
    for (const { name, variable } of this.model.weights) {
      const found = given.get(name);
      if (found?.shape.join() !== variable.shape.join()) {
        throw new TrainingError(
          `the checkpoint does not fit the network: it has ${found ? `another shape for "${name}"` : `no "${name}"`}`,
        );
      }
      tf.tidy(() => variable.assign(tf.tensor(found.values, variable.shape)));
    }
    this.parameters.reread();
  }

  /** These are what is kept: nothing leads away from them any more. */
  keep(weights: readonly NamedValues[]): void {
    this.stepper.dispose();
    this.setWeights(weights);
  }

  /** To be asked for after an epoch. */
  async state(): Promise<TrainingState> {
    return {
      epoch: this.epochsDone,
      step: this.step,
      learningRate: this.learningRate,
      setLearningRate: this.options.network.optimizer.learningRate,
      weights: await this.heldWeights(),
      stepper: await this.stepper.state(),
      schedule: this.schedule.state(),
      earlyStopping: this.earlyStopping?.state() ?? null,
    };
  }

  load(state: TrainingState): void {
    this.setWeights(state.weights);
    this.stepper.load(state.stepper);
    this.schedule.load(state.schedule);
    if (state.earlyStopping) this.earlyStopping?.load(state.earlyStopping);
    this.epochsDone = state.epoch;
    this.step = state.step;
    this.learningRate = state.learningRate;
  }

  private async stopsEarly(epoch: number, metrics: Record<string, number>): Promise<boolean> {
    const stopping = this.earlyStopping;
    if (!stopping || !(await stopping.judged(epoch, metrics, () => this.weights()))) return false;
    await this.restoreBest();
    this.options.log.message('info', stopping.reason(epoch));
    this.options.log.progress(1, `stopped early after ${epoch} epochs`);
    return true;
  }

  /** Puts the best epoch's weights back where that is wanted, and has the confusion matrix say what these do. */
  private async restoreBest(): Promise<void> {
    const best = this.earlyStopping?.restore(this) ?? null;
    if (best === null || best === this.confusion?.epoch || !this.confusion) return;
    const result = await this.evaluated();
    const step = Math.round((this.step * best) / this.epochsDone);
    if (result?.confusion) this.confusion = { confusion: result.confusion, epoch: best, step };
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
      const last = i === steps - 1;
      this.stepper.optimizer.learningRate = this.learningRate * this.schedule.at(epoch - 1 + i / steps);
      this.step++;
      window.add(this.trainStep(order, from, to, last), to - from);
      // The very first step is shown at once: a curve that starts is the sign that all is well.
      if (this.step === 1 || this.step % every === 0 || last) {
        const values: Record<string, number> = {
          loss: await window.close(this.step, epoch, this.stepper.optimizer.learningRate),
        };
        const now = performance.now();
        if (now - clock.at >= SPEED_MS || last) {
          const since = last ? { at: started, examples: 0 } : clock;
          values.samples_per_second = ((to - since.examples) / (now - since.at)) * 1000;
          clock = { at: now, examples: to };
        }
        if (network.schedule.name !== 'constant' || network.schedule.warmup > 0) {
          values.learning_rate = this.stepper.optimizer.learningRate;
        }
        const penalty = await this.stepper.penalty();
        if (penalty !== null) values.penalty = penalty;
        if (last) Object.assign(values, window.epoch(), await this.diagnostics?.read());
        log.log(values, { step: this.step, epoch: epoch - 1 + to / count });
      } else if (this.options.cheapReads) {
        await window.check(this.step, epoch, this.stepper.optimizer.learningRate);
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
  private trainStep(order: Int32Array, from: number, to: number, last: boolean): tf.Tensor1D {
    const { dataset } = this.options;
    const context = { training: true, random: this.random.fork(`step ${this.step}`) };
    const augmented = this.augmentation && {
      by: this.augmentation,
      random: this.random.fork(`augment ${this.step}`),
    };
    return tf.tidy(() => {
      const batch = makeBatch(dataset, dataset.train, order, from, to, augmented);
      let right: tf.Tensor = tf.scalar(0);
      const { value, grads } = tf.variableGrads(() => {
        const outputs = this.model.forward(batch.inputs, context);
        if (dataset.classes) right = tf.keep(countRight(outputs, batch.targets));
        return this.loss.of(outputs, batch.targets);
      }, this.parameters.variables);
      const gradient = this.parameters.flatten(this.parameters.variables.map((variable) => grads[variable.name]!));
      const before = last && this.diagnostics ? tf.clone(this.parameters.vector) : null;
      this.stepper.take(gradient, last);
      if (before) this.diagnostics?.measure(gradient, before, this.parameters.vector);
      const result = tf.stack([value, right]) as tf.Tensor1D;
      right.dispose();
      return result;
    });
  }

  /** What the validation examples say; null when a stop was asked for meanwhile. */
  private async judge(epoch: number): Promise<Record<string, number> | null> {
    const { network, log } = this.options;
    log.progress((epoch - 0.02) / network.epochs, `epoch ${epoch}/${network.epochs} · evaluating`);
    const result = await this.evaluated();
    if (!result) return null;
    const { confusion } = result;
    this.confusion = confusion && { confusion, epoch, step: this.step };
    const values = Object.fromEntries(Object.entries(result.values).map(([name, value]) => [`val/${name}`, value]));
    log.log(values, { step: this.step, epoch });
    return values;
  }

  private evaluated(): Promise<Evaluation | null> {
    const { network, dataset, evaluationBatch } = this.options;
    return this.settled(() =>
      evaluate(this.model, this.loss, dataset, dataset.validation, {
        batchSize: evaluationBatch,
        metrics: network.metrics,
        pause: () => this.pause(),
      }),
    );
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
    this.stepper.dispose();
    this.diagnostics?.dispose();
    this.loss.dispose();
    this.parameters.dispose();
    this.model.dispose();
  }
}

function countRight(outputs: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor {
  // One output for two classes: above 0 is the second.
  const chosen =
    outputs.shape[1] === 1 ? tf.cast(tf.greater(tf.squeeze(outputs, [1]), 0), 'int32') : tf.argMax(outputs, 1);
  return tf.sum(tf.cast(tf.equal(chosen, tf.argMax(targets, 1)), 'float32'));
}
