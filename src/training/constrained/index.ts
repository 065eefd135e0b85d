/** All bounds that training keeps to. */
import type * as tf from '@tensorflow/tfjs-core';
import type { ConstraintSettings } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import type { Weight } from '../layers/types.js';
import { Constraint, type ConstraintState, type Now } from './constraint.js';
import { Kernels } from './kernels.js';

export type { ConstraintState };

export class Constraints {
  /** Set before each step. */
  readonly now: Now = { progress: 0, learningRate: 0, share: 1 };
  /** Whether points outside are led back. */
  readonly bounds: boolean;
  private readonly kernels: Kernels;
  private readonly all: Constraint[];

  constructor(
    private readonly settings: readonly ConstraintSettings[],
    weights: readonly Weight[],
  ) {
    this.kernels = new Kernels(weights);
    if (this.kernels.count === 0) throw new TrainingError('constraint: the network has no weights that it could bound');
    this.all = settings.map((each) => new Constraint(each, this.kernels));
    this.bounds = this.all.some(({ projects }) => projects);
  }

  /** Whether the bounds still came down at the last step: what is judged until then need not keep to them. */
  get easing(): boolean {
    return this.settings.some(({ ease }) => this.now.progress < ease);
  }

  /** The gradient of what is minimized, at θ. Inside a tidy. */
  addTo(gradient: tf.Tensor1D, theta: tf.Tensor1D): tf.Tensor1D {
    for (const each of this.all) each.begin(theta);
    return this.all.reduce((sum, each) => each.addTo(sum, theta, this.now), gradient);
  }

  /**
   * A point within all that are projected on. None of these projections makes any weight larger, so that each leaves the
   * others' bounds as they are. Inside a tidy.
   */
  project(theta: tf.Tensor1D): tf.Tensor1D {
    return this.all.reduce((point, each) => (each.projects ? each.project(point, this.now) : point), theta);
  }

  stepped(theta: tf.Tensor1D): void {
    for (const each of this.all) each.stepped(theta, this.now);
  }

  /** At an epoch's end: what is logged. */
  async judge(theta: tf.Tensor1D): Promise<Record<string, number>> {
    const values: Record<string, number> = {};
    for (const each of this.all) Object.assign(values, await each.judge(theta, this.now));
    return values;
  }

  state(): Promise<ConstraintState[]> {
    return Promise.all(this.all.map((each) => each.state()));
  }

  /** A bound that was not there before starts anew. */
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

/** Null where nothing is bounded. */
export function buildConstraints(
  settings: readonly ConstraintSettings[],
  weights: readonly Weight[],
): Constraints | null {
  return settings.length > 0 ? new Constraints(settings, weights) : null;
}
