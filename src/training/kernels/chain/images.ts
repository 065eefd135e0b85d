/** Convolutions and maximum pooling as links of a chain; images are [height, width, channels]. */
import * as tf from '@tensorflow/tfjs-core';
import { convolve, filterSlopes, inputSlopes, type ConvInfo } from '../../backends/webAssembly/convKernels.js';
import type { FastActivation } from '../../backends/webAssembly/simd/index.js';
import type { Size } from '../../../experiment/network/index.js';
import type { Link } from './types.js';

export interface WindowSettings {
  image: readonly [number, number, number];
  stride: Size;
  padding: 'valid' | 'same';
}

/** `kernel` and `bias` are offsets in θ; `filter` is [height, width, channels, filters]. */
export interface ConvSettings extends WindowSettings {
  filter: readonly number[];
  kernel: number;
  bias: number | null;
  activation: FastActivation | null;
}

type Four = [number, number, number, number];

export function convLink({ image, stride, padding, filter, kernel, bias, activation }: ConvSettings): Link {
  const infoOf = (count: number): ConvInfo =>
    tf.backend_util.computeConv2DInfo([count, ...image], [...filter] as Four, stride, 1, padding);
  const { outHeight, outWidth, outChannels } = infoOf(1);
  const width = outHeight * outWidth * outChannels;
  const rows = outHeight * outWidth;
  return {
    width,
    kept: 0,
    weights: tf.util.sizeFromShape([...filter]) + (bias === null ? 0 : outChannels),
    forward(simd, { count, from, to, theta }) {
      const added = bias === null ? 0 : theta + 4 * bias;
      // These outputs are still in the cache.
      convolve(infoOf(count), simd, { x: from, filter: theta + 4 * kernel, bias: added, out: to }, (at, numbers) => {
        if (activation) simd.activate(activation, at, numbers);
      });
    },
    back(simd, { count, from, to, theta, slope, dy, dx }) {
      const info = infoOf(count);
      if (activation) simd.activateBack(activation, dy, to, count * width);
      filterSlopes(info, simd, { x: from, dy, out: slope + 4 * kernel });
      if (bias !== null) simd.columnSums(dy, count * rows, outChannels, slope + 4 * bias);
      if (dx) inputSlopes(info, simd, { dy, filter: theta + 4 * kernel, out: dx });
    },
  };
}

export function maxPoolLink({ image, stride, padding, size }: WindowSettings & { size: Size }): Link {
  const info = tf.backend_util.computePool2DInfo([1, ...image], size, stride, 1, padding);
  const { outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  const numbers = tf.util.sizeFromShape([...image]);
  const shape = [
    ...[...image, outHeight, outWidth, filterHeight, filterWidth],
    ...[strideHeight, strideWidth, padInfo.top, padInfo.left],
  ];
  return {
    width: outHeight * outWidth * image[2],
    kept: 0,
    weights: 0,
    forward: (simd, { count, from, to }) => simd.maxPool([from, to, 0], [count, ...shape]),
    back(simd, { count, from, dy, dx }) {
      simd.numbers(dx, count * numbers).fill(0);
      simd.maxPoolBack([from, dy, dx], [count, ...shape]);
    },
  };
}
