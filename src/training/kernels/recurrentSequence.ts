/**
 * Recurrent layers over a whole sequence as one operation with its own gradient, if the backend has one. Computed step by step,
 * they take dozens of small operations per time step.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Gate } from '../../experiment/network/index.js';

/**
 * Kernel from `given` [time, batch, blocks·units] (the inputs' part), `state` [units, blocks·units] and `stateBias` [units] (of a
 * GRU; else ignored) to the hidden states [time, batch, units] and three tensors for the gradient.
 */
export const RECURRENT = 'RecurrentSequence';
/** Kernel from `dy` and the forward kernel's inputs and outputs to the gradients of given, state and stateBias. */
export const RECURRENT_GRADIENT = 'RecurrentSequenceGrad';

export interface RecurrentAttributes {
  cell: 'simple' | 'lstm' | 'gru' | 'gated';
  gate: Gate;
}

const run = (name: string, inputs: object, attributes: object) =>
  tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attributes as tf.NamedAttrMap) as unknown as tf.Tensor[];

/** Returns the hidden states, [time, batch, units], or null when the backend has no such kernel. */
export function recurrentSequence(
  given: () => tf.Tensor3D,
  state: tf.Tensor,
  stateBias: tf.Tensor | null,
  attributes: RecurrentAttributes,
): tf.Tensor3D | null {
  if (!tf.getKernel(RECURRENT, tf.getBackend())) return null;
  const inputs = { given: given(), state, stateBias: stateBias ?? tf.zeros([1]) };
  return run(RECURRENT, inputs, attributes)[0] as tf.Tensor3D;
}

tf.registerGradient({
  kernelName: RECURRENT,
  inputsToSave: ['state', 'stateBias'],
  outputsToSave: [true, true, true, true],
  gradFunc(dys, [state, stateBias, hidden, gates, extra, slopes], attributes) {
    const inputs = { dy: (dys as tf.Tensor[])[0], state, stateBias, hidden, gates, extra, slopes };
    const [dGiven, dState, dBias] = run(RECURRENT_GRADIENT, inputs, attributes);
    return { given: () => dGiven!, state: () => dState!, stateBias: () => dBias! };
  },
});
