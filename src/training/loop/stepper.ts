/**
 * Path from a batch's gradient to the weights: accumulation, penalties, constraints, clipping, optimizer, decay,
 * bounds, averaging.
 */
import { isDeepStrictEqual } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import type { Network } from '../../experiment/network/index.js';
import type { Constraints, ConstraintState } from '../constrained/index.js';
import { decayed } from '../optimizers/decay.js';
import { buildOptimizer, type Optimizer, type OptimizerState } from '../optimizers/index.js';
import type { Parameters } from './parameters.js';
import type { Regularizer } from '../regularization/penalties.js';

export interface StepperState {
  optimizer: OptimizerState;
  /** Moving average of the weights, if enabled. */
  average: Float32Array | null;
  constraints: ConstraintState[];
}

/** Returns the settings that the optimizer itself uses. */
const own = (settings: Network['optimizer']) => ({ ...settings, learningRate: 0, weightDecay: 0 });

type Settings = Pick<Network, 'optimizer' | 'clip' | 'accumulate' | 'ema'>;

export class Stepper {
  optimizer: Optimizer;
  private sum: tf.Tensor1D | null = null;
  private summed = 0;
  /** Total weight of the examples summed, and that of the first batch. */
  private mass = { total: 0, first: 0 };
  private average: tf.Tensor1D | null = null;
  /** Factor of the learning rate for each value of θ, and 0 or 1 for those that learn; null: all are 1. */
  private shares: { factors: tf.Tensor1D; learning: tf.Tensor1D } | null = null;
  private decays: tf.Tensor1D | null = null;

  constructor(
    private network: Settings,
    private readonly parameters: Parameters,
    /** Disposed together with the stepper, as are the constraints. */
    private regularizer: Regularizer | null = null,
    private readonly constraints: Constraints | null = null,
  ) {
    this.optimizer = buildOptimizer(network.optimizer);
  }

  /**
   * Takes one batch's gradient. `last` marks the epoch's last batch, after which a partial accumulation becomes a step.
   * `mass` is the weight of the batch's examples in a mean over several batches. Call it inside a tidy.
   */
  take(gradient: tf.Tensor1D, last: boolean, mass = 1): void {
    const { accumulate } = this.network;
    if (accumulate === 1) return this.step(gradient);
    if (this.summed === 0) this.mass = { total: 0, first: mass || 1 };
    this.mass.total += mass;
    const share = mass / this.mass.first;
    const weighed = share === 1 ? gradient : tf.mul<tf.Tensor1D>(gradient, share);
    const sum = this.sum ? tf.add<tf.Tensor1D>(this.sum, weighed) : tf.clone(weighed);
    this.sum?.dispose();
    this.sum = tf.keep(sum);
    if (++this.summed < accumulate && !last) return;
    // Batches whose examples all have weight 0 have no gradient.
    this.step(tf.div(sum, this.mass.total / this.mass.first || 1));
    this.forget();
  }

  /** Decay of each weight that replaces the settings' own; null: none does. */
  get decay(): tf.Tensor1D | null {
    return this.decays;
  }

  /** Replaces the settings' weight decay by one of each weight, which is disposed with the stepper. */
  setDecay(decay: tf.Tensor1D): void {
    this.decays?.dispose();
    this.decays = decay;
  }

  /** Returns a copy of the gradient with that of the penalties at θ. */
  regularized(gradient: tf.Tensor1D, theta: tf.Tensor1D): tf.Tensor1D {
    return tf.tidy(() => this.regularizer?.addTo(tf.clone(gradient), theta) ?? tf.clone(gradient));
  }

  private step(batch: tf.Tensor1D): void {
    const { parameters, optimizer, network, constraints } = this;
    const { weightDecay } = network.optimizer;
    let gradient = this.regularized(batch, parameters.vector);
    if (constraints) gradient = constraints.addTo(gradient, parameters.vector);
    // Frozen weights must count neither in the gradient's norm nor in the optimizer's memory.
    if (this.shares) gradient = tf.mul(gradient, this.shares.learning);
    let change = optimizer.step(this.clipped(gradient));
    if (this.decays || weightDecay !== 0) {
      const factors = this.decays ?? tf.mul<tf.Tensor1D>(parameters.decaying, weightDecay);
      change = decayed(change, parameters.vector, factors, optimizer.learningRate);
    }
    if (this.shares) change = tf.mul(change, this.shares.factors);
    parameters.add(this.bounded(change));
    constraints?.stepped(parameters.vector);
    if (network.ema !== null) this.move(network.ema);
  }

  /** Adopts other settings of the same optimizer between two epochs. `regularizer` is as in the constructor. */
  async change(network: Settings, regularizer: Regularizer | null): Promise<void> {
    if (!isDeepStrictEqual(own(network.optimizer), own(this.network.optimizer))) {
      const optimizer = buildOptimizer(network.optimizer);
      optimizer.load(await this.optimizer.state());
      this.shift(this.lookahead(), 1);
      this.optimizer.dispose();
      this.optimizer = optimizer;
      this.shift(this.lookahead(), -1);
    }
    this.regularizer?.dispose();
    if (network.ema === null) {
      this.average?.dispose();
      this.average = null;
    }
    Object.assign(this, { network, regularizer });
  }

  /**
   * Sets the factor of the learning rate for each value of θ; null: 1 for all. `begin`: the weights are where these factors
   * led them. `restart`: the optimizer forgets its steps, so that layers that begin to learn now have a beginning of their
   * own, as its bias correction expects.
   */
  setShares(shares: Float32Array | null, how: 'begin' | 'change' | 'restart'): void {
    if (!shares && !this.shares && how !== 'restart') return;
    if (how !== 'begin') this.shift(this.lookahead(), 1);
    tf.dispose(this.shares ? [this.shares.factors, this.shares.learning] : []);
    this.shares = shares && {
      factors: tf.tensor1d(shares),
      learning: tf.tensor1d(shares.map((share) => (share > 0 ? 1 : 0))),
    };
    if (how === 'restart') this.optimizer.load({ steps: 0, vectors: {} });
    if (how !== 'begin') this.shift(this.lookahead(), -1);
  }

  /** Makes the optimizer forget its steps, at the weights that they led to. */
  restart(): void {
    this.shift(this.lookahead(), 1);
    this.optimizer.load({ steps: 0, vectors: {} });
  }

  /** Returns the optimizer's lookahead (Nesterov), as large as each layer's rate makes it; null: none. */
  private lookahead(): tf.Tensor1D | null {
    const offset = this.optimizer.settle();
    if (!offset || !this.shares) return offset;
    const scaled = tf.mul<tf.Tensor1D>(offset, this.shares.factors);
    offset.dispose();
    return scaled;
  }

  /** Moves the weights by the optimizer's lookahead (Nesterov), whose size depends on the settings. */
  private shift(offset: tf.Tensor1D | null, sign: 1 | -1): void {
    if (!offset) return;
    tf.tidy(() => this.parameters.add(tf.mul(offset, sign)));
    offset.dispose();
  }

  /** Returns the penalty on the weights; null when there never is one. */
  async penalty(): Promise<number | null> {
    return this.regularizer?.penalizes ? this.regularizer.penalty(this.parameters.vector) : null;
  }

  /**
   * Sets the state before a step. `progress` of the whole training is 0 to 1; `share` is the schedule's factor for the
   * learning rate.
   */
  set(progress: number, learningRate: number, share: number): void {
    this.optimizer.learningRate = learningRate * share;
    if (this.constraints) Object.assign(this.constraints.now, { progress, learningRate, share });
  }

  /** Returns the constraints' values at the end of an epoch. */
  async judge(): Promise<Record<string, number>> {
    return (await this.constraints?.judge(this.parameters.vector)) ?? {};
  }

  /** True while constraints still decrease to their bounds. */
  get easing(): boolean {
    return this.constraints?.easing ?? false;
  }

  private get bounds(): boolean {
    return (this.regularizer?.bounds ?? false) || (this.constraints?.bounds ?? false);
  }

  /** Adjusts a change so that the weights stay within their bounds. */
  private bounded(change: tf.Tensor1D): tf.Tensor1D {
    if (!this.bounds) return change;
    const { regularizer, constraints } = this;
    const { vector } = this.parameters;
    let point: tf.Tensor1D = tf.add(vector, change);
    if (regularizer?.bounds) point = regularizer.project(point);
    if (constraints?.bounds) point = constraints.project(point);
    const moved = tf.sub<tf.Tensor1D>(point, vector);
    // Bounds don't move frozen weights either.
    return this.shares ? tf.mul(moved, this.shares.learning) : moved;
  }

  /** Clips by value first, then by the global norm (Pascanu, Mikolov & Bengio, ICML 2013, section 3.2). */
  private clipped(gradient: tf.Tensor1D): tf.Tensor1D {
    const { norm, value } = this.network.clip;
    const bounded = value === null ? gradient : tf.clipByValue<tf.Tensor1D>(gradient, -value, value);
    if (norm === null) return bounded;
    const length = tf.sqrt(tf.sum(tf.square(bounded)));
    return tf.mul(bounded, tf.div(norm, tf.maximum(length, norm)));
  }

  /** Updates the average of Polyak & Juditsky (1992), here an exponential one that starts at the first weights. */
  private move(decay: number): void {
    const { vector } = this.parameters;
    const old = this.average;
    this.average = tf.keep(old ? tf.add<tf.Tensor1D>(tf.mul(old, decay), tf.mul(vector, 1 - decay)) : tf.clone(vector));
    old?.dispose();
  }

  /** Returns the offset from θ to the point that is evaluated and saved; null: none. The caller disposes it. */
  settle(): tf.Tensor1D | null {
    const { average } = this;
    const offset = average ? tf.sub<tf.Tensor1D>(average, this.parameters.vector) : this.lookahead();
    // The optimizer's target may violate the bounds, and so may the average of points that satisfy them.
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
    // The average may be of another training or predate a change; without `ema`, nothing would ever update it.
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
    tf.dispose(this.shares ? [this.shares.factors, this.shares.learning] : []);
    this.shares = null;
    this.decays?.dispose();
    this.decays = null;
    this.optimizer.dispose();
    this.regularizer?.dispose();
    this.constraints?.dispose();
  }
}
