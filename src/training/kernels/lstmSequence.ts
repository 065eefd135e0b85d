/**
 * An LSTM over a whole sequence as one operation with its own gradient, where the backend provides it. Computed step by
 * step, it takes dozens of small operations per time step.
 */
import * as tf from '@tensorflow/tfjs-core';

/**
 * Kernel from `given` [time, batch, 4·units] (the inputs' contribution) and `state` [units, 4·units] to hidden states,
 * cells and gates, each by time.
 */
export const LSTM = 'LstmSequence';
/** Kernel from `dy` and the forward kernel's inputs and outputs to the gradients of given and state. */
export const LSTM_GRADIENT = 'LstmSequenceGrad';

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
