import { describe, expect, it } from 'vitest';
import { TrainingError } from '../../../../src/training/errors.js';
import { chained, type ChainNode, type Converted } from '../../../../src/training/transfer/chain.js';

const conv = (size: number, stride: number): Converted => ({
  layer: {
    type: 'conv',
    filters: 1,
    kernel: [size, size],
    stride: [stride, stride],
    padding: 'same',
    activation: 'linear',
    bias: false,
    init: 'glorotUniform',
  },
  weights: [['kernel', { shape: [size, size, 1, 1], values: new Float32Array(size * size) }]],
});
const node = (name: string, inputs: string[], made: Converted[], isSum = false): ChainNode => ({
  name,
  inputs,
  isSum,
  convert: () => made,
});
/** A block whose long way has one stride and whose direct way another; null: it is the input itself. */
const block = (long: number, short: number | null) => () =>
  chained(
    [
      node('in', [], [conv(3, 1)]),
      node('long', ['in'], [conv(3, long), conv(3, 1)]),
      ...(short === null ? [] : [node('short', ['in'], [conv(1, short)])]),
      node('sum', ['long', short === null ? 'in' : 'short'], [], true),
    ],
    'sum',
  );

describe('a sum of two ways', () => {
  it.each([
    [1, null],
    [1, 1],
    [2, 2],
  ])('is a residual block with strides %s and %s', (long, short) => {
    expect(block(long, short)().layers.map(({ type }) => type)).toEqual(['conv', 'residual']);
  });

  it.each([
    // Keras repeats the shorter image, and a residual block would take a stride of its own.
    [2, null, /"sum" adds two ways of different strides/],
    [2, 1, /"sum" adds two ways of different strides/],
    [1, 2, /"sum" adds two ways of different strides/],
    [3, 3, /"short" is a shortcut with stride 3×3; 1 and 2 are supported/],
  ])('is refused with strides %s and %s', (long, short, message) => {
    expect(block(long, short)).toThrow(message);
    expect(block(long, short)).toThrow(TrainingError);
  });
});
