/** Between a batch's gradient and the weights: accumulation, penalties, clipping, the optimizer, decay, bounds, averaging. */
import * as tf from '@tensorflow/tfjs-core';
import type { Network } from '../experiment/network/index.js';
import { buildOptimizer, type Optimizer, type OptimizerState } from './optimizers/index.js';
import type { Parameters } from './parameters.js';
import type { Regularizer } from './regularization.js';

export interface StepperState {
  optimizer: OptimizerState;
  /** The weights' moving average, if there is one. */
  average: Float32Array | null;
}

export class Stepper {
  readonly optimizer: Optimizer;
  private sum: tf.Tensor1D | null = null;
  private summed = 0;
  private average: tf.Tensor1D | null = null;

  constructor(
    private readonly network: Pick<Network, 'optimizer' | 'clip' | 'accumulate' | 'ema'>,
    private readonly parameters: Parameters,
    /** Disposed with this. */
    private readonly regularizer: Regularizer | null = null,
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
    const { parameters, optimizer, network, regularizer } = this;
    const { weightDecay } = network.optimizer;
    const gradient = regularizer ? regularizer.addTo(batch, parameters.vector) : batch;
    let change = optimizer.step(this.clipped(gradient));
    if (weightDecay !== 0) {
      // Loshchilov & Hutter, "Decoupled Weight Decay Regularization" (ICLR 2019), algorithm 2, line 12.
      const decay = tf.mul(tf.mul(parameters.vector, parameters.decaying), -optimizer.learningRate * weightDecay);
      change = tf.add(change, decay);
    }
    parameters.add(this.bounded(change));
    if (network.ema !== null) this.move(network.ema);
  }

  /** What the weights cost beside the loss; null: nothing ever. */
  async penalty(): Promise<number | null> {
    return this.regularizer?.penalizes ? this.regularizer.penalty(this.parameters.vector) : null;
  }

  /** Changed so that no weights that are bounded leave their bound. */
  private bounded(change: tf.Tensor1D): tf.Tensor1D {
    const { vector } = this.parameters;
    return this.regularizer?.bounds ? tf.sub(this.regularizer.project(tf.add(vector, change)), vector) : change;
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
    // An average of points within the bounds is within them; where the optimizer leads need not be.
    if (this.average) return tf.sub(this.average, this.parameters.vector);
    const offset = this.optimizer.settle();
    if (!offset || !this.regularizer?.bounds) return offset;
    const bounded = tf.tidy(() => this.bounded(offset));
    offset.dispose();
    return bounded;
  }

  async state(): Promise<StepperState> {
    const average = this.average ? Float32Array.from(await this.average.data()) : null;
    return { optimizer: await this.optimizer.state(), average };
  }

  load(state: StepperState): void {
    this.optimizer.load(state.optimizer);
    this.average?.dispose();
    this.average = state.average ? tf.keep(tf.tensor1d(state.average)) : null;
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
  }
}
