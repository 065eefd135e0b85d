import * as tf from '@tensorflow/tfjs-core';
import { Remembering } from './memory.js';

/**
 * Adam's complete update as one kernel, where the backend has it: `gradient`, `mean`, `square` → change, mean, square.
 */
export const ADAM = 'AdamChange';

export interface AdamAttributes {
  beta1: number;
  beta2: number;
  /** 1/√(1 − β₂^t). */
  correction: number;
  epsilon: number;
  /** −α/(1 − β₁^t). */
  rate: number;
}

/**
 * Derivative of a loss with respect to the gradient of a step of Adam as one kernel, where the backend has it: `a` (that
 * with respect to θ after the step), `mean`, `square`, `gradient` → derivative. See hypergradient/adjoint.ts.
 */
export const ADAM_BACK = 'AdamBack';

export interface AdamBackAttributes {
  beta1: number;
  beta2: number;
  /** 1/√(1 − β₂^t). */
  correction: number;
  epsilon: number;
  /** −α/(1 − β₁^t). */
  factor: number;
}

/** Kingma & Ba (ICLR 2015), algorithm 1: ε is added to √v̂, after bias correction. */
export class Adam extends Remembering {
  constructor(
    learningRate: number,
    private readonly beta1 = 0.9,
    private readonly beta2 = 0.999,
    private readonly epsilon = 1e-8,
  ) {
    super(learningRate, ['mean', 'square']);
  }

  protected change(gradient: tf.Tensor1D): tf.Tensor1D {
    const { beta1, beta2, epsilon, steps } = this;
    const correction = 1 / Math.sqrt(1 - beta2 ** steps);
    const rate = -this.learningRate / (1 - beta1 ** steps);
    if (tf.getKernel(ADAM, tf.getBackend())) return this.atOnce(gradient, { beta1, beta2, correction, epsilon, rate });
    const mean = this.average('mean', beta1, gradient);
    const square = this.average('square', beta2, tf.square(gradient));
    const deviation = tf.add(tf.mul(tf.sqrt(square), correction), epsilon);
    return tf.mul(tf.div(mean, deviation), rate);
  }

  private atOnce(gradient: tf.Tensor1D, attributes: AdamAttributes): tf.Tensor1D {
    const before = (name: string) => this.recall(name) ?? tf.zerosLike(gradient);
    const inputs = { gradient, mean: before('mean'), square: before('square') };
    const outputs = tf.engine().runKernel(ADAM, inputs, attributes as unknown as tf.NamedAttrMap);
    const [change, mean, square] = outputs as unknown as tf.Tensor1D[];
    this.remember('mean', mean!);
    this.remember('square', square!);
    return change!;
  }
}
