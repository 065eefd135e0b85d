/** Gradients of depthwise convolutions for WebAssembly, which lacks them: plain loops over its memory. */
import * as tf from '@tensorflow/tfjs-core';
import type { Simd } from './simd/index.js';

type Arguments = Parameters<tf.KernelFunc>[0];

interface Attributes {
  strides: number | [number, number];
  pad: 'valid' | 'same' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
  inputShape: [number, number, number, number];
  filterShape: [number, number, number, number];
}

/** Calls `each` with the array positions of every matching input, filter weight and output, over all channels. */
function meet(
  info: ReturnType<typeof tf.backend_util.computeConv2DInfo>,
  each: (x: number, filter: number, y: number) => void,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth } =
    info;
  const { strideHeight, strideWidth, padInfo } = info;
  for (let n = 0; n < batchSize; n++) {
    for (let p = 0; p < outHeight; p++) {
      for (let q = 0; q < outWidth; q++) {
        const out = ((n * outHeight + p) * outWidth + q) * outChannels;
        for (let i = 0; i < filterHeight; i++) {
          const row = p * strideHeight - padInfo.top + i;
          if (row < 0 || row >= inHeight) continue;
          for (let j = 0; j < filterWidth; j++) {
            const column = q * strideWidth - padInfo.left + j;
            if (column < 0 || column >= inWidth) continue;
            each(((n * inHeight + row) * inWidth + column) * inChannels, (i * filterWidth + j) * outChannels, out);
          }
        }
      }
    }
  }
}

function convolution(x: number[], filter: number[], { strides, pad, dimRoundingMode }: Attributes) {
  return tf.backend_util.computeConv2DInfo(
    x as Attributes['inputShape'],
    filter as Attributes['filterShape'],
    strides,
    1,
    pad,
    dimRoundingMode,
    true,
  );
}

export function depthwiseInputGradient({ inputs, attrs }: Arguments, simd: Simd): tf.TensorInfo {
  const attributes = attrs as unknown as Attributes;
  const [dy, filter] = [inputs.dy!, inputs.filter!];
  const info = convolution(attributes.inputShape, filter.shape, attributes);
  const made = simd.tensor(attributes.inputShape);
  const [dx, dys, weights] = [made, dy, filter].map((tensor) => simd.numbersOf(tensor)) as Numbers;
  dx.fill(0);
  const { inChannels, outChannels } = info;
  const multiplier = outChannels / inChannels;
  meet(info, (x, w, y) => {
    for (let c = 0, at = 0; c < inChannels; c++) {
      let sum = 0;
      for (let k = 0; k < multiplier; k++, at++) sum += dys[y + at]! * weights[w + at]!;
      dx[x + c]! += sum;
    }
  });
  return made;
}

export function depthwiseFilterGradient({ inputs, attrs }: Arguments, simd: Simd): tf.TensorInfo {
  const attributes = attrs as unknown as Attributes;
  const [given, dy] = [inputs.x!, inputs.dy!];
  const info = convolution(given.shape, attributes.filterShape, attributes);
  const made = simd.tensor(attributes.filterShape);
  const [dw, dys, xs] = [made, dy, given].map((tensor) => simd.numbersOf(tensor)) as Numbers;
  dw.fill(0);
  const { inChannels, outChannels } = info;
  const multiplier = outChannels / inChannels;
  meet(info, (x, w, y) => {
    for (let c = 0, at = 0; c < inChannels; c++) {
      const value = xs[x + c]!;
      for (let k = 0; k < multiplier; k++, at++) dw[w + at]! += value * dys[y + at]!;
    }
  });
  return made;
}

type Numbers = [Float32Array, Float32Array, Float32Array];
