/** Between a batch's gradient and the weights: accumulation, penalties, constraints, clipping, the optimizer, decay, bounds, averaging. */
import { isDeepStrictEqual } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import type { Network } from '../../experiment/network/index.js';
import type { Constraints, ConstraintState } from '../constrained/index.js';
import { buildOptimizer, type Optimizer, type OptimizerState } from '../optimizers/index.js';
import type { Parameters } from './parameters.js';
import type { Regularizer } from '../regularization/penalties.js';

export interface StepperState {
  optimizer: OptimizerState;
  /** The weights' moving average, if there is one. */
  average: Float32Array | null;
  constraints: ConstraintState[];
}

/** What an optimizer knows itself. */
const own = (settings: Network['optimizer']) => ({ ...settings, learningRate: 0, weightDecay: 0 });

type Settings = Pick<Network, 'optimizer' | 'clip' | 'accumulate' | 'ema'>;

export class Stepper {
  optimizer: Optimizer;
  private sum: tf.Tensor1D | null = null;
  private summed = 0;
  private average: tf.Tensor1D | null = null;

  constructor(
    private network: Settings,
    private readonly parameters: Parameters,
    /** Disposed with this, as are the constraints. */
    private regularizer: Regularizer | null = null,
    private readonly constraints: Constraints | null = null,
  ) {
    this.optimizer = buildOptimizer(network.optimizer);
  }

  /** Takes one batch's gradient. `last`: of the epoch, whose remaining batches make a step of their own. Inside a tidy. */
  take(gradient: tf.Tensor1D, last: boolean): void {
    const { accumulate } = this.network;
    if (accumulate === 1) return this.step(gradient);
    const sum = this.sum ? tf.add<tf.Tensor1D>(this.sum, gradient) : tf.clone(gradient);
    this.sum?.dispose();
    this.sum = tf.keep(sum);
    if (++this.summed < accumulate && !last) return;
    this.step(tf.div(sum, this.summed));
    this.forget();
  }

  private step(batch: tf.Tensor1D): void {
    const { parameters, optimizer, network, regularizer, constraints } = this;
    const { weightDecay } = network.optimizer;
    let gradient = regularizer ? regularizer.addTo(batch, parameters.vector) : batch;
    if (constraints) gradient = constraints.addTo(gradient, parameters.vector);
    let change = optimizer.step(this.clipped(gradient));
    if (weightDecay !== 0) {
      // Loshchilov & Hutter, "Decoupled Weight Decay Regularization" (ICLR 2019), algorithm 2, line 12.
      const decay = tf.mul(tf.mul(parameters.vector, parameters.decaying), -optimizer.learningRate * weightDecay);
      change = tf.add(change, decay);
    }
    parameters.add(this.bounded(change));
    constraints?.stepped(parameters.vector);
    if (network.ema !== null) this.move(network.ema);
  }

  /** Goes on with other settings of the same optimizer, between two epochs. `regularizer`: as at the beginning. */
  async change(network: Settings, regularizer: Regularizer | null): Promise<void> {
    if (!isDeepStrictEqual(own(network.optimizer), own(this.network.optimizer))) {
      const optimizer = buildOptimizer(network.optimizer);
      optimizer.load(await this.optimizer.state());
      this.shift(this.optimizer.settle(), 1);
      this.shift(optimizer.settle(), -1);
      this.optimizer.dispose();
      this.optimizer = optimizer;
    }
    this.regularizer?.dispose();
    if (network.ema === null) {
      this.average?.dispose();
      this.average = null;
    }
    Object.assign(this, { network, regularizer });
  }

  /** Where the gradient is taken may be ahead of the weights that are meant (Nesterov): by how much, depends on settings. */
  private shift(offset: tf.Tensor1D | null, sign: 1 | -1): void {
    if (!offset) return;
    tf.tidy(() => this.parameters.add(tf.mul(offset, sign)));
    offset.dispose();
  }

  /** What the weights cost beside the loss; null: nothing ever. */
  async penalty(): Promise<number | null> {
    return this.regularizer?.penalizes ? this.regularizer.penalty(this.parameters.vector) : null;
  }

  /** Before a step. `progress`: of the whole training, 0 to 1; `share` of the learning rate is what the schedule leaves. */
  set(progress: number, learningRate: number, share: number): void {
    this.optimizer.learningRate = learningRate * share;
    if (this.constraints) Object.assign(this.constraints.now, { progress, learningRate, share });
  }

  /** What constraints come to at an epoch's end. */
  async judge(): Promise<Record<string, number>> {
    return (await this.constraints?.judge(this.parameters.vector)) ?? {};
  }

  /** Whether constraints still come down to what was asked for. */
  get easing(): boolean {
    return this.constraints?.easing ?? false;
  }

  private get bounds(): boolean {
    return (this.regularizer?.bounds ?? false) || (this.constraints?.bounds ?? false);
  }

  /** Changed so that no weights that are bounded leave their bound. */
  private bounded(change: tf.Tensor1D): tf.Tensor1D {
    if (!this.bounds) return change;
    const { regularizer, constraints } = this;
    const { vector } = this.parameters;
    let point: tf.Tensor1D = tf.add(vector, change);
    if (regularizer?.bounds) point = regularizer.project(point);
    if (constraints?.bounds) point = constraints.project(point);
    return tf.sub(point, vector);
  }

  /** By value first, then by the norm of all together (Pascanu, Mikolov & Bengio, ICML 2013, section 3.2). */
  private clipped(gradient: tf.Tensor1D): tf.Tensor1D {
    const { norm, value } = this.network.clip;
    const bounded = value === null ? gradient : tf.clipByValue<tf.Tensor1D>(gradient, -value, value);
    if (norm === null) return bounded;
    const length = tf.sqrt(tf.sum(tf.square(bounded)));
    return tf.mul(bounded, tf.div(norm, tf.maximum(length, norm)));
  }

  /** Polyak & Juditsky (1992), as an exponential average that starts at the first weights it sees. */
  private move(decay: number): void {
    const { vector } = this.parameters;
    const old = this.average;
    this.average = tf.keep(old ? tf.add<tf.Tensor1D>(tf.mul(old, decay), tf.mul(vector, 1 - decay)) : tf.clone(vector));
    old?.dispose();
  }

  /** What leads from θ to where the network is judged and saved; null: nowhere else. The caller disposes it. */
  settle(): tf.Tensor1D | null {
    const { average } = this;
    const offset = average ? tf.sub<tf.Tensor1D>(average, this.parameters.vector) : this.optimizer.settle();
    // Where the optimizer leads need not be within the bounds, nor the average of points that are.
    if (!offset || !this.bounds) return offset;
    const bounded = tf.tidy(() => this.bounded(offset));
    offset.dispose();
    return bounded;
  }

  async state(): Promise<StepperState> {
    const average = this.average ? Float32Array.from(await this.average.data()) : null;
    const constraints = (await this.constraints?.state()) ?? [];
    return { optimizer: await this.optimizer.state(), average, constraints };
  }

  load(state: StepperState): void {
    this.optimizer.load(state.optimizer);
    this.average?.dispose();
    // Of another training, or from before a change: without `ema` nothing would ever move it on.
    this.average = state.average && this.network.ema !== null ? tf.keep(tf.tensor1d(state.average)) : null;
    this.constraints?.load(state.constraints);
  }

  private forget(): void {
    this.sum?.dispose();
    this.sum = null;
    this.summed = 0;
  }

  dispose(): void {
    this.forget();
    this.average?.dispose();
    this.average = null;
    this.optimizer.dispose();
    this.regularizer?.dispose();
    this.constraints?.dispose();
  }
}
