import type * as tf from '@tensorflow/tfjs-core';

/** State of an optimizer, saved with a checkpoint. */
export interface OptimizerState {
  /** Number of steps taken. */
  steps: number;
  /** Vectors as long as θ, by name. */
  vectors: Record<string, Float32Array>;
}

/** Optimizer of all trainable weights as one vector θ. */
export interface Optimizer {
  learningRate: number;
  /** Number of steps taken. */
  readonly count: number;
  /** Returns a vector that it carries from step to step, which the caller must not dispose; null before the first step. */
  recall(name: string): tf.Tensor1D | null;
  /** Returns the change of θ, given the gradient at θ. The caller disposes the result. */
  step(gradient: tf.Tensor1D): tf.Tensor1D;
  /**
   * Returns the offset from θ to the point where the network is evaluated or saved, when it differs from the point
   * where gradients are computed (Nesterov); null: the same point.
   */
  settle(): tf.Tensor1D | null;
  state(): Promise<OptimizerState>;
  /** Restores the state. Throws TrainingError when it belongs to another optimizer. */
  load(state: OptimizerState): void;
  dispose(): void;
}
