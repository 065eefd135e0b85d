/**
 * LSTMs and GRUs over a whole sequence as one operation with its own gradient, if the backend has one. Computed step by
 * step, they take dozens of small operations per time step.
 */
import * as tf from '@tensorflow/tfjs-core';

/**
 * Kernel from `given` [time, batch, 4·units] (the inputs' contribution) and `state` [units, 4·units] to hidden states,
 * cells and gates, each by time.
 */
export const LSTM = 'LstmSequence';
/** Kernel from `dy` and the forward kernel's inputs and outputs to the gradients of given and state. */
export const LSTM_GRADIENT = 'LstmSequenceGrad';

/**
 * Kernel from `given` [time, batch, 3·units] (the inputs' contribution), `state` [units, 3·units] and `stateBias` [units] to
 * hidden states and gates (with the candidate's product with the state), each by time.
 */
export const GRU = 'GruSequence';
/** Kernel from `dy` and the forward kernel's inputs and outputs to the gradients of given, state and stateBias. */
export const GRU_GRADIENT = 'GruSequenceGrad';

const run = (name: string, inputs: object) =>
  tf.engine().runKernel(name, inputs as tf.NamedTensorMap) as unknown as tf.Tensor[];

/** Returns the hidden states, [time, batch, units], or null when the backend has no such kernel. Gates are sigmoid. */
export function lstmSequence(given: () => tf.Tensor3D, state: tf.Tensor): tf.Tensor3D | null {
  if (!tf.getKernel(LSTM, tf.getBackend())) return null;
  return run(LSTM, { given: given(), state })[0] as tf.Tensor3D;
}

tf.registerGradient({
  kernelName: LSTM,
  inputsToSave: ['state'],
  outputsToSave: [true, true, true],
  gradFunc(dys, [state, hidden, cells, gates]) {
    const [dGiven, dState] = run(LSTM_GRADIENT, { dy: (dys as tf.Tensor[])[0], state, hidden, cells, gates });
    return { given: () => dGiven!, state: () => dState! };
  },
});

/** The same for a GRU, whose bias of the candidate's product with the state is `stateBias`. */
export function gruSequence(given: () => tf.Tensor3D, state: tf.Tensor, stateBias: tf.Tensor): tf.Tensor3D | null {
  if (!tf.getKernel(GRU, tf.getBackend())) return null;
  return run(GRU, { given: given(), state, stateBias })[0] as tf.Tensor3D;
}

tf.registerGradient({
  kernelName: GRU,
  inputsToSave: ['state'],
  outputsToSave: [true, true],
  gradFunc(dys, [state, hidden, gates]) {
    const [dGiven, dState, dBias] = run(GRU_GRADIENT, { dy: (dys as tf.Tensor[])[0], state, hidden, gates });
    return { given: () => dGiven!, state: () => dState!, stateBias: () => dBias! };
  },
});
