import type * as tf from '@tensorflow/tfjs-core';

/** All that an optimizer remembers, to be saved with a checkpoint. */
export interface OptimizerState {
  /** Steps made. */
  steps: number;
  /** Vectors as long as θ, by name. */
  vectors: Record<string, Float32Array>;
}

/** Works on all trainable weights as one vector θ. */
export interface Optimizer {
  learningRate: number;
  /** The gradient at θ → what is to be added to θ. The caller disposes the result. */
  step(gradient: tf.Tensor1D): tf.Tensor1D;
  /**
   * What is to be added to θ where the network is judged or saved, when that is another point than the one where
   * gradients are taken (Nesterov); null: the same point.
   */
  settle(): tf.Tensor1D | null;
  state(): Promise<OptimizerState>;
  /** Goes on as if it had made those steps itself. Throws TrainingError when the state is another optimizer's. */
  load(state: OptimizerState): void;
  dispose(): void;
}
