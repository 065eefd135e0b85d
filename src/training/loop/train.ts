/** The training loop. */
import * as tf from '@tensorflow/tfjs-core';
import type { Network } from '../../experiment/network/index.js';
import { buildAugmentation, type Augmentation } from '../augment/index.js';
import { Feed } from './batches.js';
import { passOver, stepsOf } from './passes.js';
import { buildConstraints } from '../constrained/index.js';
import { Curve } from './curve.js';
import { Diagnostics } from '../diagnostics/index.js';
import type { Evaluation } from '../evaluation/evaluate.js';
import { Federated } from '../federated/index.js';
import type { GradientParts, GradientSource } from './gradientTypes.js';
import { Hypergradient } from '../hypergradient/index.js';
import { lossFor } from '../hypergradient/tunedLoss.js';
import type { ForwardContext } from '../layers/types.js';
import type { Loss } from '../losses/index.js';
import { buildModel, type Model } from '../model.js';
import { EarlyStopping } from '../regularization/earlyStopping.js';
import { Pace } from './pace.js';
import { evaluated, gradientSource, metaStep, smoothingOf, teacherOf } from './trainingParts.js';
import { takeRates } from './liveChanges.js';
import { fillModel, type MatchTable } from '../transfer/fill.js';
import { Student } from '../distil/student.js';
import type { Teacher } from '../distil/teacher.js';
import { LayerPhases } from './layerPhases.js';
import { Meta } from '../meta/index.js';
import { sayComparison } from '../meta/comparison.js';
import { Parameters } from './parameters.js';
import { Random } from '../random.js';
import { buildRegularizer } from '../regularization/penalties.js';
import { buildSchedule, type Schedule } from '../schedules/index.js';
import { Stepper } from './stepper.js';
import type { JudgedConfusion, TrainingSetup, TrainingState } from './types.js';
import { Weights, type NamedValues } from './weights.js';

export type { JudgedConfusion, TrainingLog, TrainingState } from './types.js';

export interface TrainingOptions extends TrainingSetup {
  /** Called with the state after every epoch but the last; the next epoch starts when it resolves. */
  onEpoch?(training: Training, epoch: number): Promise<void>;
}

export class Training {
  readonly model: Model;
  readonly parameters: Parameters;
  /** Learning rate set by the file or the person, before the schedule. */
  learningRate: number;
  private readonly loss: Loss;
  private augmentation: Augmentation | null;
  private readonly stepper: Stepper;
  private schedule: Schedule;
  private earlyStopping: EarlyStopping | null;
  private readonly diagnostics: Diagnostics;
  private readonly held: Weights;
  private gradients: GradientSource;
  /** Where the first values of the weights came from; null: they were random. */
  readonly begun: MatchTable | null;
  private readonly teacher: Teacher | null;
  private readonly phases: LayerPhases;
  /** Parts from which a gradient is computed; shared with its source. */
  private readonly parts: GradientParts;
  private pace: Pace;
  /** Hyperparameters tuned by gradients; null: none are. */
  readonly hyper: Hypergradient | null;
  /** Clients that train apart; null: all examples are in one place. */
  private readonly federated: Federated | null;
  /** Tasks whose starting weights are learned; null: one task of all examples. */
  private readonly meta: Meta | null;
  /** Settings to adopt before the next epoch. */
  private wanted: Network | null = null;
  /** Null before the end of the first epoch, and for regression. */
  confusion: JudgedConfusion | null = null;
  private epochsDone = 0;
  /** Epoch whose weights are kept, once the training is done. */
  keptEpoch = 0;
  /** Loss and accuracy over the training examples of the last epoch. */
  private trained: { loss: number; accuracy: number | null } = { loss: NaN, accuracy: null };
  private readonly random: Random;
  private step = 0;
  /** True when an epoch was trained in this process. */
  private warm = false;

  constructor(private options: TrainingOptions) {
    this.random = new Random(options.seed);
    this.model = buildModel(options.network, options.dataset, this.random.fork('weights'));
    const { network, start } = options;
    this.teacher = teacherOf(options, this.model);
    this.begun = start ? fillModel(this.model, network, start) : null;
    this.parameters = new Parameters(this.model.weights);
    this.loss = lossFor(network, options.dataset, this.model.outputs);
    this.augmentation = buildAugmentation(network, options.dataset);
    this.stepper = new Stepper(
      network,
      this.parameters,
      buildRegularizer(this.model.weights, network.regularization),
      buildConstraints(network.constraints, this.model.weights),
    );
    this.schedule = buildSchedule(network.schedule, network.epochs);
    this.earlyStopping = network.earlyStopping && new EarlyStopping(network.earlyStopping);
    this.diagnostics = new Diagnostics(network, this.model, options.dataset);
    this.phases = new LayerPhases(this.model.layers, this.stepper, network, start?.aliases ?? []);
    this.held = new Weights(this.model, this.parameters, this.stepper);
    this.parts = {
      ...options.dataset,
      model: this.model,
      parameters: this.parameters,
      loss: this.loss,
      frozen: null,
      student: this.teacher && network.distil && new Student(network.distil, network, this.model),
      smooth: smoothingOf(network, 1),
    };
    this.gradients = gradientSource(this.options, this.parts, this.random);
    const federated = { dataset: options.dataset, ...this.hyperParts };
    this.federated = network.federated && new Federated(network.federated, federated);
    if (this.federated) options.log.message('info', this.federated.said);
    this.pace = new Pace(options.log, network.epochs);
    const few = { ...options, ...this.hyperParts, gradients: () => this.gradients, pause: () => this.pace.pause() };
    this.meta = options.tasks && network.meta ? new Meta(options.tasks, few) : null;
    this.learningRate = network.optimizer.learningRate;
    this.hyper = network.hypergradient && new Hypergradient(few);
  }

  private get hyperParts() {
    const { model, parameters, loss, stepper, random } = this;
    return { model, parameters, loss, stepper, random };
  }

  /** Changes hyperparameters that `refusal` permits: the learning rate at once, the others from the next epoch on. */
  change(network: Network): void {
    this.wanted = network;
    this.learningRate = network.optimizer.learningRate;
  }

  private async takeOver(network: Network): Promise<void> {
    const { options, schedule, earlyStopping } = this;
    takeRates(options.network.layers, network.layers);
    this.phases.change(network);
    const { distil } = network;
    if (this.parts.student && distil) this.parts.student = new Student(distil, network, this.model);
    // The layers stay those that the model was built from.
    this.options = { ...options, network: { ...network, layers: options.network.layers } };
    this.augmentation = buildAugmentation(network, options.dataset);
    this.hyper?.change(network);
    await this.stepper.change(network, buildRegularizer(this.model.weights, network.regularization));
    this.schedule = buildSchedule(network.schedule, network.epochs);
    this.schedule.load(schedule.state());
    this.earlyStopping = network.earlyStopping && new EarlyStopping(network.earlyStopping);
    const same = options.network.earlyStopping?.metric === network.earlyStopping?.metric;
    if (earlyStopping && same) this.earlyStopping?.load(earlyStopping.state());
    this.pace = new Pace(options.log, network.epochs);
    // New averages, momenta and decay are created in the next epoch.
    this.warm = false;
    if (options.workers) return;
    this.gradients.dispose();
    this.gradients = gradientSource(this.options, this.parts, this.random);
  }

  /** The settings that it trains with, as changed last. */
  get network(): Network {
    return this.options.network;
  }

  /** Number of completed epochs. */
  get epochs(): number {
    return this.epochsDone;
  }

  /** Trains all epochs; returns false when stopped early. Either way, the weights are then ready to be saved. */
  async run(): Promise<boolean> {
    const { onEpoch } = this.options;
    let result = await this.advance();
    while (result === 'more') {
      await onEpoch?.(this, this.epochsDone);
      result = await this.advance();
    }
    if (result === 'done' && this.meta)
      return sayComparison(await this.held.settled(() => this.meta!.compare()), this.options);
    return result === 'done';
  }

  /** Trains one more epoch; call it while it returns `more`. `done` means that the weights are ready to be saved. */
  async advance(): Promise<'more' | 'done' | 'stopped'> {
    const { wanted } = this;
    this.wanted = null;
    if (wanted) await this.takeOver(wanted);
    if (this.epochsDone >= this.options.network.epochs) return this.finish();
    const epoch = this.epochsDone + 1;
    const { frozen, isChanged, news } = this.phases.enter(epoch, this.epochsDone > 0);
    if (isChanged) {
      this.parts.frozen = frozen;
      // The optimizer's memory is recreated in this epoch.
      this.warm = false;
    }
    if (news !== null) this.options.log.message('info', news);
    this.parts.turn = this.phases.turn(epoch);
    this.parts.smooth = smoothingOf(this.options.network, epoch);
    const { smooth } = this.parts;
    if (smooth) this.options.log.log({ 'transform/width': smooth.width }, { step: this.step, epoch: epoch - 1 });
    const tensors = tf.memory().numTensors;
    const judged = (await this.trainEpoch(epoch)) ? await this.judge(epoch) : null;
    if (!judged) return 'stopped';
    this.epochsDone = epoch;
    this.schedule.judged(judged);
    if (await this.stopsEarly(epoch, judged)) return 'done';
    // The optimizer creates its state at the first step; after that, a growing number of tensors is a leak.
    const more = tf.memory().numTensors - tensors;
    if (this.warm && more > 0) {
      throw new Error(`internal error: ${more} tensors were not released in epoch ${epoch}; please report this`);
    }
    this.warm = true;
    return epoch < (this.wanted ?? this.options.network).epochs ? 'more' : this.finish();
  }

  private async finish(): Promise<'done'> {
    await this.restoreBest();
    this.options.log.progress(1, `${this.options.network.epochs} epochs`);
    return 'done';
  }

  /** Returns the values of all weights, by name, as they are evaluated and saved. */
  weights(): Promise<NamedValues[]> {
    return this.held.settled(() => this.held.held());
  }

  /** Sets the weights. Throws when one is missing or has another shape. */
  setWeights(weights: readonly NamedValues[]): void {
    this.held.set(weights);
  }

  /** Sets the final weights and drops any offset from them. */
  keep(weights: readonly NamedValues[]): void {
    this.stepper.dispose();
    this.phases.forget();
    this.setWeights(weights);
  }

  /** Returns the state; call it after an epoch. */
  async state(): Promise<TrainingState> {
    return {
      epoch: this.epochsDone,
      step: this.step,
      learningRate: this.learningRate,
      setLearningRate: this.options.network.optimizer.learningRate,
      weights: await this.held.held(),
      stepper: await this.stepper.state(),
      schedule: this.schedule.state(),
      earlyStopping: this.earlyStopping?.state() ?? null,
      ...(this.phases.frozen && { frozen: this.phases.frozen }),
      ...(this.hyper && { hypergradient: this.hyper.state() }),
    };
  }

  load(state: TrainingState): void {
    this.setWeights(state.weights);
    this.stepper.load(state.stepper);
    this.schedule.load(state.schedule);
    if (state.earlyStopping) this.earlyStopping?.load(state.earlyStopping);
    if (state.hypergradient) this.hyper?.load(state.hypergradient);
    this.epochsDone = state.epoch;
    this.step = state.step;
    this.phases.load(state.frozen ?? null);
    this.learningRate = state.learningRate;
    // Constraints derive their current bound from this, even when no step follows.
    this.stepper.set(state.epoch / this.options.network.epochs, state.learningRate, 1);
  }

  private async stopsEarly(epoch: number, metrics: Record<string, number>): Promise<boolean> {
    const stopping = this.earlyStopping;
    // Weights that may still violate a constraint are never kept as the best.
    if (!stopping || this.stepper.easing || !(await stopping.judged(epoch, metrics, () => this.weights())))
      return false;
    await this.restoreBest();
    this.options.log.message('info', stopping.reason(epoch));
    this.options.log.progress(1, `stopped early after ${epoch} epochs`);
    return true;
  }

  /** Restores the best epoch's weights, if requested, and updates the confusion matrix to match. */
  private async restoreBest(): Promise<void> {
    const best = this.earlyStopping?.restore(this) ?? null;
    this.keptEpoch = best ?? this.epochsDone;
    if (best === null || best === this.confusion?.epoch || !this.confusion) return;
    const { confusion } = (await this.evaluated()) ?? {};
    if (confusion) this.confusion = { confusion, epoch: best, step: Math.round((this.step * best) / this.epochsDone) };
  }

  private async trainEpoch(epoch: number): Promise<boolean> {
    const { network, dataset, log } = this.options;
    const { shuffle } = network;
    const own = this.meta?.passes() ?? this.federated?.passes(epoch, shuffle);
    const passes = own ?? [passOver(dataset.train, shuffle, this.random, epoch)];
    const size = this.meta?.tasksPerStep ?? network.batchSize;
    const all = stepsOf(passes, size);
    const count = passes.reduce((sum, { order }) => sum + order.length, 0);
    const steps = all.length;
    const curve = new Curve(this.options, this.stepper, epoch, steps);
    let feed: Feed | null = null;
    let done = 0;
    this.hyper?.reset();

    for (const [i, { pass, from, to, ends }] of all.entries()) {
      if (from === 0) {
        pass.begin?.();
        feed = new Feed(dataset, dataset.train, pass.order, Math.min(size, pass.order.length));
      }
      const last = i === steps - 1;
      const at = epoch - 1 + i / steps;
      done += to - from;
      this.stepper.set(at / network.epochs, this.learningRate, this.schedule.at(at, 1 / steps));
      this.step++;
      const watch = this.diagnostics.watcher(i, steps);
      const result = this.meta
        ? await metaStep(this.meta, this.step, this.stepper)
        : await this.trainStep(feed!, { from, to, i }, watch, ends);
      curve.add(result, to - from);
      if (ends) pass.end?.();
      const values = await curve.point(this.step, done, last);
      if (values) Object.assign(values, this.hyper?.logged(this.learningRate));
      if (last) this.hyper?.reset();
      if (last) Object.assign(values!, await this.diagnostics.read(), await this.stepper.judge());
      if (values) log.log(values, { step: this.step, epoch: epoch - 1 + done / count });
      if (last) this.trained = curve.whole;
      this.pace.progress(epoch, done / count);
      if (!(await this.pace.pause())) {
        curve.dispose();
        return false;
      }
    }
    return true;
  }

  /** Takes one optimizer step and returns [loss, number of correct predictions] of the batch before it. */
  private async trainStep(
    feed: Feed,
    { from, to, i }: { from: number; to: number; i: number },
    watch: ForwardContext['watch'],
    last: boolean,
  ): Promise<tf.Tensor1D> {
    const augmented = this.augmentation && {
      by: this.augmentation,
      random: this.random.fork(`augment ${this.step}`),
    };
    const { hyper, step } = this;
    const given =
      augmented && hyper?.augments
        ? hyper.augment(await feed.batch(from, to), augmented.random)
        : await feed.batch(from, to, augmented);
    const batch = this.teacher ? await this.teacher.teach(given, feed.examplesOf(from, to)) : given;
    const { result, gradient } = await this.gradients.take(batch, step, watch);
    if (hyper) await this.descend(hyper, gradient);
    const theta = hyper?.before(i) ?? null;
    tf.tidy(() => {
      const { vector } = this.parameters;
      const before = watch ? tf.clone(vector) : null;
      this.stepper.take(gradient, last, this.loss.mass(batch.targets, batch.count));
      // Batches that only accumulate gradients don't move the weights.
      if (before && this.parameters.vector !== vector)
        this.diagnostics.measure(gradient, before, this.parameters.vector);
    });
    await hyper?.stepped(theta, { i, step, gradient, batch });
    gradient.dispose();
    return result;
  }

  /** Changes the learning rate by its own gradient. */
  private async descend(hyper: Hypergradient, gradient: tf.Tensor1D): Promise<void> {
    const rate = await hyper.descend(gradient, this.learningRate);
    if (rate === this.learningRate) return;
    this.stepper.optimizer.learningRate *= rate / this.learningRate;
    this.learningRate = rate;
  }

  /** Evaluates on the validation examples; returns null when a stop was requested meanwhile. */
  private async judge(epoch: number): Promise<Record<string, number> | null> {
    const { log } = this.options;
    this.pace.evaluating(epoch);
    const result = await this.evaluated();
    if (!result) return null;
    const { confusion } = result;
    this.confusion = confusion && { confusion, epoch, step: this.step };
    const values = Object.fromEntries(Object.entries(result.values).map(([name, value]) => [`val/${name}`, value]));
    log.log(values, { step: this.step, epoch });
    const { learningRate } = this.stepper.optimizer;
    // Losses of inner steps and of new tasks are not comparable.
    if (this.meta) return values;
    for (const text of this.diagnostics.judge(epoch, this.trained, values, learningRate)) log.message('warning', text);
    return values;
  }

  private evaluated(): Promise<Evaluation | null> {
    const { options, meta, model, loss, held, pace } = this;
    return evaluated({ ...options, meta, model, loss, held, pause: () => pace.pause() });
  }

  dispose(): void {
    const { hyper, federated, meta, stepper, diagnostics, gradients, loss, teacher, parameters, model } = this;
    for (const part of [hyper, federated, meta, stepper, diagnostics, gradients, loss, teacher, parameters, model])
      part?.dispose();
  }
}
