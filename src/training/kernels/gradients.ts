/**
 * Faster replacements for TensorFlow.js gradients. Its ReLU gradient multiplies by a step function composed of six
 * kernels; here it is one kernel where the backend provides one.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';

export const RELU_GRADIENT = 'ReluGrad';

/** Returns dy where x > 0, else 0. */
function reluGradient(dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  if (tf.getKernel(RELU_GRADIENT, tf.getBackend())) {
    return tf.engine().runKernel(RELU_GRADIENT, { dy, x } as unknown as tf.NamedTensorMap) as tf.Tensor;
  }
  return tf.mul(dy, tf.step(x));
}

tf.unregisterGradient('Relu');
tf.registerGradient({
  kernelName: 'Relu',
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => ({ x: () => reluGradient(dy as tf.Tensor, x!) }),
});
tf.registerGradient({
  kernelName: RELU_GRADIENT,
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => ({ dy: () => reluGradient(dy as tf.Tensor, x!), x: () => tf.zerosLike(x!) }),
});
