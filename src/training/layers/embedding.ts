import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import { variable } from './initializers.js';
import { shapeText, type LayerBuilder } from './types.js';

/**
 * Maps whole numbers from 0 to rows of a table, [time] → [time, width]. It multiplies by one-hot rows, because some
 * backends lack the gradient of gathering rows.
 */
export const embedding: LayerBuilder<Extract<Layer, { type: 'embedding' }>> = (
  { size, width },
  { name, inputShape, random },
) => {
  const last = inputShape.length === 2 && inputShape[1] === 1;
  if (inputShape.length !== 1 && !last) {
    throw new TrainingError(
      `layer ${name} needs a list of whole numbers an example, but gets ${shapeText(inputShape)}`,
    );
  }
  const time = inputShape[0]!;
  const values = Float32Array.from({ length: size * width }, () => 0.05 * random.normal());
  const table = variable(tf.tensor(values, [size, width]));
  return {
    name,
    outputShape: [time, width],
    weights: [{ name: `${name}/table`, variable: table, trainable: true, inputAxes: [1] }],
    forward(x) {
      const words = tf.cast(tf.reshape(x, [-1]), 'int32') as tf.Tensor1D;
      const rows = tf.matMul(
        tf.cast(tf.oneHot(words, size), 'float32') as tf.Tensor2D,
        table as tf.Tensor as tf.Tensor2D,
      );
      return tf.reshape(rows, [x.shape[0]!, time, width]);
    },
  };
};
