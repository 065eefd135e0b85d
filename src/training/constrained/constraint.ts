/**
 * One constraint Ω(θ) ≤ ε on minimizing the loss L.
 *
 * `projection`: after every step, θ moves to the nearest feasible point. The corresponding multiplier is the one that
 * minimizes the norm of ∇L + λ∇Ω (Nocedal & Wright, "Numerical Optimization", 2nd ed., equation 18.22), over all
 * gradients of an epoch.
 *
 * `lagrangian`: the method of multipliers for an inequality (Bertsekas, "Constrained Optimization and Lagrange
 * Multiplier Methods", 1982, section 3.1; Nocedal & Wright, section 17.4). It minimizes L + (max(0, λ + ρ(Ω − ε))² −
 * λ²) / 2ρ, and periodically sets λ ← max(0, λ + ρ(Ω − ε)). The learning rate schedule shortens this update as it does
 * the weights' steps; otherwise λ would drift while the weights stand still. ρ grows when the violation does not fall
 * to a quarter, but never so far that one step of gradient descent would go more than half of the way across.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { ConstraintSettings } from '../../experiment/network/index.js';
import type { Kernels } from './kernels.js';
import { measureOf, type Measure } from './measures.js';
import { setEntry } from '../../protocol/values/records.js';

export interface ConstraintState {
  kind: ConstraintSettings['kind'];
  /** Ω of each group at the initial weights. */
  start: number[];
  /** λ of each group. */
  multiplier: number[];
  rho: number;
  violation: number | null;
  /** Steps since the last update of λ. */
  since: number;
}

/** Current position in the training. */
export interface Now {
  /** Progress of the whole training, 0 to 1. */
  progress: number;
  /** Learning rate before the schedule; `share` is the schedule's factor. */
  learningRate: number;
  share: number;
}

const FALL = 0.25;
const GROWTH = 2;
const HALF_WAY = 0.5;
/** Violations smaller than this share of the bound are ignored. */
const SLACK = 1e-3;

export class Constraint {
  readonly projects: boolean;
  private readonly measure: Measure;
  private readonly bound: number;
  private rho: number;
  private violation: number | null = null;
  private since = 0;
  private start: tf.Tensor1D | null = null;
  private multiplier: tf.Tensor1D | null = null;
  /** Sums over the epoch's steps of −⟨∇L, ∇Ω⟩ and ‖∇Ω‖². */
  private sums: { product: tf.Tensor1D; square: tf.Tensor1D } | null = null;

  constructor(
    private readonly settings: ConstraintSettings,
    kernels: Kernels,
  ) {
    const { kind, bound, method, penalty } = settings;
    // The minimum keeps the bound distinguishable from 0 in 32-bit arithmetic.
    this.bound = Math.max(1e-12, bound);
    if (kind === 'nonzero') this.bound = Math.max(1, Math.floor(bound < 1 ? bound * kernels.count : bound));
    this.measure = measureOf(kind, kernels, this.bound);
    this.projects = method === 'projection';
    this.rho = penalty / this.measure.steepness(this.bound);
  }

  /** Records the initial weights. */
  begin(theta: tf.Tensor1D): void {
    if (this.start) return;
    this.start = tf.keep(tf.tidy(() => this.measure.values(theta)));
    this.multiplier = tf.keep(tf.zerosLike(this.start));
  }

  /** Returns 1 at the initial weights' value, 0 at the bound itself. */
  private easeAt(progress: number): number {
    const { ease } = this.settings;
    return progress < ease ? 1 - progress / ease : 0;
  }

  /** Returns the current bounds, which decrease at a constant relative rate. */
  private boundsAt(progress: number): tf.Tensor1D {
    const start = tf.maximum<tf.Tensor1D>(this.start!, this.bound);
    return tf.mul(tf.pow(tf.div(start, this.bound), this.easeAt(progress)), this.bound);
  }

  /** Returns max(0, λ + ρ(Ω − ε)) of each group. */
  private factors(theta: tf.Tensor1D, progress: number, rho = this.rho): tf.Tensor1D {
    const excess = tf.sub(this.measure.values(theta), this.boundsAt(progress));
    return tf.maximum(tf.add(this.multiplier!, tf.mul(excess, rho)), 0);
  }

  /** Returns the gradient of the objective at θ. Call it inside a tidy. */
  addTo(gradient: tf.Tensor1D, theta: tf.Tensor1D, { progress }: Now): tf.Tensor1D {
    const { measure } = this;
    if (!this.projects) return tf.add(gradient, measure.gradient!(theta, this.factors(theta, progress)));
    if (!measure.gradient) return gradient;
    const { product, square } = measure.along(theta, gradient);
    const before = this.sums;
    this.sums = {
      product: tf.keep(before ? tf.sub(before.product, product) : tf.neg(product)),
      square: tf.keep(before ? tf.add(before.square, square) : tf.clone(square)),
    };
    if (before) tf.dispose([before.product, before.square]);
    return gradient;
  }

  /** Returns the nearest feasible point. Call it inside a tidy. */
  project(theta: tf.Tensor1D, { progress }: Now): tf.Tensor1D {
    return this.measure.project(theta, this.boundsAt(progress), this.easeAt(progress));
  }

  /** Updates the state after an optimizer step. */
  stepped(theta: tf.Tensor1D, now: Now): void {
    const { every } = this.settings;
    if (this.projects || every === null || ++this.since < every) return;
    this.since = 0;
    this.update(theta, now);
  }

  private update(theta: tf.Tensor1D, { progress, share }: Now): void {
    const old = this.multiplier;
    this.multiplier = tf.keep(tf.tidy(() => this.factors(theta, progress, this.rho * share)));
    old?.dispose();
  }

  /**
   * Returns, at the end of an epoch, Ω − ε, the multiplier, and how far the two are from complementarity (one of them
   * being 0).
   */
  async judge(theta: tf.Tensor1D, now: Now): Promise<Record<string, number>> {
    const { every, kind } = this.settings;
    if (!this.projects) {
      await this.strengthen(theta, now);
      if (every === null) this.update(theta, now);
    }
    const [values, bounds] = await this.read(theta, now.progress);
    const multipliers = this.projects ? await this.estimate(values, bounds) : await this.multiplier!.data();
    const excess = Array.from(values, (value) => value - this.bound);
    const of = (what: string) => `constraint/${kind}_${what}`;
    const result = { [of('excess')]: excess.reduce((a, b) => Math.max(a, b), -Infinity) };
    if (!this.measure.gradient) return result;
    setEntry(result, of('multiplier'), sum(multipliers));
    setEntry(result, of('complementarity'), sum(Array.from(multipliers, (lambda, i) => lambda * excess[i]!)));
    return result;
  }

  private async read(theta: tf.Tensor1D, progress: number): Promise<[Float32Array, Float32Array]> {
    const tensors = [tf.tidy(() => this.measure.values(theta)), tf.tidy(() => this.boundsAt(progress))];
    const read = await Promise.all(tensors.map((tensor) => tensor.data()));
    tf.dispose(tensors);
    return read as [Float32Array, Float32Array];
  }

  /** Increases ρ if needed; call it before λ is updated. */
  private async strengthen(theta: tf.Tensor1D, { progress, learningRate }: Now): Promise<void> {
    if (this.easeAt(progress) > 0) return;
    const [values, bounds] = await this.read(theta, progress);
    const multipliers = await this.multiplier!.data();
    const { violation: before, rho } = this;
    const each = Array.from(values, (value, i) => Math.abs(Math.max(value - bounds[i]!, -multipliers[i]! / rho)));
    this.violation = each.reduce((a, b) => Math.max(a, b), 0);
    if (before === null || this.violation <= FALL * before || this.violation <= SLACK * this.bound) return;
    const most = Math.max(this.settings.penalty, HALF_WAY / learningRate) / this.measure.steepness(this.bound);
    this.rho = Math.min(GROWTH * rho, most);
  }

  private async estimate(values: Float32Array, bounds: Float32Array): Promise<number[]> {
    if (!this.sums) return Array.from(values, () => 0);
    const { product, square } = this.sums;
    this.sums = null;
    const [products, squares] = await Promise.all([product.data(), square.data()]);
    tf.dispose([product, square]);
    return Array.from(values, (value, i) =>
      value < bounds[i]! * (1 - SLACK) || squares[i] === 0 ? 0 : Math.max(0, products[i]! / squares[i]!),
    );
  }

  async state(): Promise<ConstraintState> {
    const { kind } = this.settings;
    const read = async (tensor: tf.Tensor | null) => Array.from((await tensor?.data()) ?? []);
    const { rho, violation, since } = this;
    return { kind, start: await read(this.start), multiplier: await read(this.multiplier), rho, violation, since };
  }

  load(state: ConstraintState): void {
    this.dispose();
    if (state.start.length === 0) return;
    this.start = tf.keep(tf.tensor1d(state.start));
    this.multiplier = tf.keep(tf.tensor1d(state.multiplier));
    this.rho = state.rho;
    this.violation = state.violation;
    this.since = state.since;
  }

  dispose(): void {
    tf.dispose([this.start, this.multiplier, this.sums?.product, this.sums?.square].filter((tensor) => !!tensor));
    this.start = this.multiplier = this.sums = null;
  }
}

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);
