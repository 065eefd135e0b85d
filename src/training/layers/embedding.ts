import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import { variable } from './initializers.js';
import { shapeText, type LayerBuilder } from './types.js';
import { said } from '../../format/said.js';

/** Maps whole numbers from 0 to rows of a table, [time] → [time, width]. */
export const embedding: LayerBuilder<Extract<Layer, { type: 'embedding' }>> = (
  { size, width },
  { name, inputShape, random },
) => {
  const last = inputShape.length === 2 && inputShape[1] === 1;
  if (inputShape.length !== 1 && !last) {
    throw new TrainingError(
      said('layer {0} needs a list of whole numbers per example, but gets {1}', name, shapeText(inputShape)),
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
      checkWords(name, x, size);
      const rows = tf.gather(table as tf.Tensor, tf.cast(tf.reshape(x, [-1]), 'int32'));
      return tf.reshape(rows, [x.shape[0]!, time, width]);
    },
  };
};

/** Throws when an input is not a row of the table; WebGPU can't be asked without waiting. */
function checkWords(name: string, x: tf.Tensor, size: number): void {
  if (tf.getBackend() === 'webgpu') return;
  const stray = x.dataSync().find((word) => !(Number.isInteger(word) && word >= 0 && word < size));
  if (stray === undefined) return;
  throw new TrainingError(
    said(
      'layer {0} takes whole numbers from 0 to {1} (size: {2}), but an input is {3}: {4}',
      name,
      size - 1,
      size,
      stray,
      Number.isInteger(stray) && stray >= size
        ? said('raise "size"')
        : said('the data must hold numbers of words as they are, without "standardize" or "scale"'),
    ),
  );
}
