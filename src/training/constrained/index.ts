/** The set of all constraints on a training. */
import type * as tf from '@tensorflow/tfjs-core';
import type { ConstraintSettings } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import type { Weight } from '../layers/types.js';
import { Constraint, type ConstraintState, type Now } from './constraint.js';
import { Kernels } from './kernels.js';
import { said } from '../../format/said.js';

export type { ConstraintState };

export class Constraints {
  /** Current state of the training; set it before each step. */
  readonly now: Now = { progress: 0, learningRate: 0, share: 1 };
  /** True when at least one constraint projects. */
  readonly bounds: boolean;
  private readonly kernels: Kernels;
  private readonly all: Constraint[];

  constructor(
    private readonly settings: readonly ConstraintSettings[],
    weights: readonly Weight[],
  ) {
    this.kernels = new Kernels(weights);
    if (this.kernels.count === 0)
      throw new TrainingError(said('constraint: the network has no weights that it could bound'));
    this.all = settings.map((each) => new Constraint(each, this.kernels));
    this.bounds = this.all.some(({ projects }) => projects);
  }

  /** True when a bound was still decreasing at the last step: weights evaluated until then may violate it. */
  get easing(): boolean {
    return this.settings.some(({ ease }) => this.now.progress < ease);
  }

  /** Returns the gradient of the objective at θ. Call it inside a tidy. */
  addTo(gradient: tf.Tensor1D, theta: tf.Tensor1D): tf.Tensor1D {
    for (const each of this.all) each.begin(theta);
    return this.all.reduce((sum, each) => each.addTo(sum, theta, this.now), gradient);
  }

  /**
   * Projects onto all constraints that use projection. None of these projections makes any weight larger, so each
   * preserves the others' bounds. Call it inside a tidy.
   */
  project(theta: tf.Tensor1D): tf.Tensor1D {
    return this.all.reduce((point, each) => (each.projects ? each.project(point, this.now) : point), theta);
  }

  stepped(theta: tf.Tensor1D): void {
    for (const each of this.all) each.stepped(theta, this.now);
  }

  /** Returns the values to log at the end of an epoch. */
  async judge(theta: tf.Tensor1D): Promise<Record<string, number>> {
    const values: Record<string, number> = {};
    for (const each of this.all) Object.assign(values, await each.judge(theta, this.now));
    return values;
  }

  state(): Promise<ConstraintState[]> {
    return Promise.all(this.all.map((each) => each.state()));
  }

  /** Restores the states; a constraint that is new starts from scratch. */
  load(states: readonly ConstraintState[]): void {
    this.all.forEach((each, i) => {
      const found = states.find(({ kind }) => kind === this.settings[i]!.kind);
      if (found) each.load(found);
    });
  }

  dispose(): void {
    for (const each of this.all) each.dispose();
    this.kernels.dispose();
  }
}

/** Returns null when there are no constraints. */
export function buildConstraints(
  settings: readonly ConstraintSettings[],
  weights: readonly Weight[],
): Constraints | null {
  return settings.length > 0 ? new Constraints(settings, weights) : null;
}
