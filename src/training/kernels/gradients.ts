/**
 * Replacements for TensorFlow.js gradients. Its ReLU gradient multiplies by a step function composed of six kernels; here
 * it is one kernel where the backend provides one. Its gradient of a maximum or minimum gives every value that ties the
 * whole gradient, and that of |x| is −1 at 0.
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

/** Shares the gradient of a maximum or minimum equally between the values that tie. */
function extremeGradient(dy: tf.Tensor, [x, y]: tf.Tensor[], reductionIndices: number | number[]): tf.Tensor {
  const axes = tf.util.parseAxisParam(reductionIndices, x!.shape);
  const kept = tf.backend_util.expandShapeToKeepDim(tf.backend_util.computeOutAndReduceShapes(x!.shape, axes)[0], axes);
  const winners = tf.cast(tf.equal(x!, tf.reshape(y!, kept)), 'float32');
  return tf.mul(winners, tf.div(tf.reshape(dy, kept), tf.sum(winners, axes, true)));
}

for (const [kernelName, attribute] of [
  ['Max', 'reductionIndices'],
  ['Min', 'axis'],
] as const) {
  tf.unregisterGradient(kernelName);
  tf.registerGradient({
    kernelName,
    inputsToSave: ['x'],
    outputsToSave: [true],
    gradFunc: (dy, saved, attributes) => ({
      x: () => extremeGradient(dy as tf.Tensor, saved, attributes[attribute] as number | number[]),
    }),
  });
}

// 0 is halfway between the slopes on both sides, and keeps a weight that a penalty has brought to 0 there.
tf.unregisterGradient('Abs');
tf.registerGradient({
  kernelName: 'Abs',
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => ({ x: () => tf.mul(dy as tf.Tensor, tf.sign(tf.cast(x!, 'float32'))) }),
});

// Gathering rows: TensorFlow.js sums the gradient with UnsortedSegmentSum, which WebAssembly lacks and which takes time
// in proportion to rows × indices in plain JavaScript. All backends can scatter.
const gatherGradient = tf.getGradient('GatherV2').gradFunc;
tf.unregisterGradient('GatherV2');
tf.registerGradient({
  kernelName: 'GatherV2',
  inputsToSave: ['x', 'indices'],
  gradFunc(dy, saved, attributes) {
    const [x, indices] = saved as [tf.Tensor, tf.Tensor];
    const { axis, batchDims } = attributes as { axis: number; batchDims: number };
    if (axis !== 0 || batchDims !== 0 || x.rank === 0) return gatherGradient(dy, saved, attributes);
    const rows = [indices.size, ...x.shape.slice(1)];
    return {
      x: () => tf.scatterND(tf.reshape(indices, [-1, 1]), tf.reshape(dy as tf.Tensor, rows), x.shape),
      indices: () => tf.zerosLike(indices),
    };
  },
});
tf.registerGradient({
  kernelName: 'ScatterNd',
  inputsToSave: ['indices'],
  gradFunc: (dy, [indices]) => ({
    updates: () => tf.gatherND(dy as tf.Tensor, indices!),
    indices: () => tf.zerosLike(indices!),
  }),
});
