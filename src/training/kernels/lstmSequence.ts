/**
 * An LSTM over all of a sequence as one operation with a gradient of its own, where a backend has it: step by step it
 * is dozens of small ones for each step of time.
 */
import * as tf from '@tensorflow/tfjs-core';

/** `given` [time, batch, 4·units], what the inputs add; `state` [units, 4·units] → hidden, cells, gates, each by time. */
export const LSTM = 'LstmSequence';
/** `dy` and what the other took and gave → the gradients by given and state. */
export const LSTM_GRADIENT = 'LstmSequenceGrad';

const run = (name: string, inputs: object) =>
  tf.engine().runKernel(name, inputs as tf.NamedTensorMap) as unknown as tf.Tensor[];

/** Hidden states, [time, batch, units]; null where the backend has no such kernel. Gates are sigmoid. */
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
