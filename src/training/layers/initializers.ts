import * as tf from '@tensorflow/tfjs-core';
import type { INITIALIZERS } from '../../experiment/network/index.js';
import type { Random } from '../random.js';

type Name = (typeof INITIALIZERS)[number];

/** Standard deviation as a function of fan-in and fan-out: Glorot 2010, He 2015, LeCun 1998. */
const DEVIATIONS: Partial<Record<Name, (fanIn: number, fanOut: number) => number>> = {
  glorotUniform: (fanIn, fanOut) => Math.sqrt(2 / (fanIn + fanOut)),
  glorotNormal: (fanIn, fanOut) => Math.sqrt(2 / (fanIn + fanOut)),
  heUniform: (fanIn) => Math.sqrt(2 / fanIn),
  heNormal: (fanIn) => Math.sqrt(2 / fanIn),
  leCunUniform: (fanIn) => Math.sqrt(1 / fanIn),
  leCunNormal: (fanIn) => Math.sqrt(1 / fanIn),
};

/** Creates a variable that takes over the ownership of its initial value. */
export function variable(initial: tf.Tensor, trainable = true): tf.Variable {
  const made = tf.variable(initial, trainable);
  initial.dispose();
  return made;
}

/** Returns initial weights. The last axis is the outputs; all others are the inputs of one output (or its window). */
export function initialize(name: Name, shape: number[], random: Random): tf.Tensor {
  if (name === 'zeros') return tf.zeros(shape);
  if (name === 'ones') return tf.ones(shape);
  if (name === 'orthogonal') return orthogonal(shape, random);
  const window = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const fanIn = window * shape.at(-2)!;
  const fanOut = window * shape.at(-1)!;
  const deviation = DEVIATIONS[name]!(fanIn, fanOut);
  const values = new Float32Array(fanIn * shape.at(-1)!);
  if (name.endsWith('Uniform')) {
    const limit = Math.sqrt(3) * deviation;
    for (let i = 0; i < values.length; i++) values[i] = (2 * random.uniform() - 1) * limit;
  } else {
    for (let i = 0; i < values.length; i++) values[i] = random.normal() * deviation;
  }
  return tf.tensor(values, shape);
}

/**
 * Returns orthonormal columns (or rows, when there are more columns than rows): Saxe, McClelland & Ganguli (ICLR 2014).
 * Gram-Schmidt applied twice to Gaussian numbers is as accurate as a QR decomposition.
 */
function orthogonal(shape: number[], random: Random): tf.Tensor {
  const columns = shape.at(-1)!;
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const [count, length] = columns <= rows ? [columns, rows] : [rows, columns];
  const vectors = Array.from({ length: count }, () => Float64Array.from({ length }, () => random.normal()));
  for (let round = 0; round < 2; round++) {
    for (const [i, vector] of vectors.entries()) {
      for (const other of vectors.slice(0, i)) {
        const along = dot(vector, other);
        for (let k = 0; k < length; k++) vector[k]! -= along * other[k]!;
      }
      const size = Math.sqrt(dot(vector, vector));
      for (let k = 0; k < length; k++) vector[k]! /= size;
    }
  }
  const values = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) values[r * columns + c] = columns <= rows ? vectors[c]![r]! : vectors[r]![c]!;
  }
  return tf.tensor(values, shape);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
