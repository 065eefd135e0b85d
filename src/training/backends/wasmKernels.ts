/**
 * Kernels that the WebAssembly backend lacks or runs slowly, composed from its fast ones. They are registered when it
 * is ready. Shapes are [batch, height, width, channels].
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { LSTM, LSTM_GRADIENT } from '../kernels/lstmSequence.js';
import { ADAM, type AdamAttributes } from '../optimizers/adam.js';
import { correctAveragePool } from './averagePool.js';
import { depthwiseFilterGradient, depthwiseInputGradient } from './depthwiseKernels.js';
import { lstm, lstmGradient } from './lstmKernels.js';
import { rowMajor, Simd, transposed } from './simd/index.js';

type Pads = [[number, number], [number, number], [number, number], [number, number]];

interface ConvAttributes {
  strides: number | [number, number];
  pad: 'valid' | 'same' | number | Pads;
  dataFormat?: 'NHWC' | 'NCHW';
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

export function registerWasmKernels(): void {
  replace('Conv2DBackpropFilter', () => (args) => filterGradient(args));
  replace('Conv2DBackpropInput', (original) => (args) => inputGradient(args, original!));
  replace('MaxPoolGrad', () => (args) => maxPoolGradient(args));
  correctAveragePool('wasm');
  const simd = Simd.ofBackend();
  replace('BatchMatMul', (original) => (args) => (simd && matMul2d(args, simd)) ?? matMul(args, original!));
  if (simd) {
    replace(ADAM, () => (args) => adam(args, simd));
    replace('DepthwiseConv2dNativeBackpropInput', () => (args) => depthwiseInputGradient(args, simd));
    replace('DepthwiseConv2dNativeBackpropFilter', () => (args) => depthwiseFilterGradient(args, simd));
    replace(LSTM, () => (args) => lstm(args, simd));
    replace(LSTM_GRADIENT, () => (args) => lstmGradient(args, simd));
    replace('Sum', (original) => (args) => columnSums(args, simd) ?? original!(args));
    replace('SplitV', (original) => (args) => splitVector(args, simd) ?? original!(args));
  }
}

function replace(kernelName: string, make: (original: tf.KernelFunc | null) => tf.KernelFunc): void {
  const original = (tf.getKernel(kernelName, 'wasm') as tf.KernelConfig | undefined)?.kernelFunc ?? null;
  if (original) tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc: make(original) });
}

type Arguments = Parameters<tf.KernelFunc>[0];

const tensor4d = (info: tf.TensorInfo | undefined) => info as tf.Tensor4D;

function convolution(x: number[], filter: number[], attributes: ConvAttributes) {
  const { strides, pad, dimRoundingMode } = attributes;
  return tf.backend_util.computeConv2DInfo(
    x as [number, number, number, number],
    filter as [number, number, number, number],
    strides,
    1,
    pad,
    dimRoundingMode,
    false,
    'channelsLast',
  );
}

/**
 * Computes dW[i,j,c,o] = Σ x[n, s·p+i, s·q+j, c] · dy[n,p,q,o], which is itself a convolution: of x, with channels and
 * batch swapped, by dy as the filter, dilated by the stride.
 */
function filterGradient({ inputs, attrs }: Arguments): tf.TensorInfo {
  const { filterShape, ...attributes } = attrs as unknown as ConvAttributes & { filterShape: number[] };
  return tf.tidy(() => {
    const x = tensor4d(inputs.x);
    const dy = tensor4d(inputs.dy);
    const { padInfo, strideHeight, strideWidth } = convolution(x.shape, filterShape, attributes);
    const pads: Pads = [
      [0, 0],
      [padInfo.top, padInfo.bottom],
      [padInfo.left, padInfo.right],
      [0, 0],
    ];
    const byChannel = tf.transpose(x, [3, 1, 2, 0]);
    const filter = tf.transpose(dy, [1, 2, 0, 3]);
    const full = tf.conv2d(byChannel, filter, 1, pads, 'NHWC', [strideHeight, strideWidth]);
    const [height, width, channels, outputs] = filterShape as [number, number, number, number];
    const cut = tf.slice(full, [0, 0, 0, 0], [channels, height, width, outputs]);
    return tf.transpose(cut, [1, 2, 0, 3]);
  });
}

/**
 * With stride 1, computes dx as the convolution of padded dy with the filter rotated by 180° and its channels swapped.
 */
function inputGradient(args: Arguments, original: tf.KernelFunc): tf.TensorInfo | tf.TensorInfo[] {
  const { inputShape, ...attributes } = args.attrs as unknown as ConvAttributes & { inputShape: number[] };
  const filter = tensor4d(args.inputs.filter);
  const dy = tensor4d(args.inputs.dy);
  const { padInfo, strideHeight, strideWidth } = convolution(inputShape, filter.shape, attributes);
  const [height, width] = filter.shape;
  const top = height - 1 - padInfo.top;
  const left = width - 1 - padInfo.left;
  const bottom = inputShape[1]! + height - 1 - dy.shape[1] - top;
  const right = inputShape[2]! + width - 1 - dy.shape[2] - left;
  if (strideHeight !== 1 || strideWidth !== 1 || Math.min(top, left, bottom, right) < 0) return original(args);
  return tf.tidy(() => {
    const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
    const pads: Pads = [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ];
    return tf.conv2d(dy, turned as tf.Tensor4D, 1, pads);
  });
}

/** Routes each value of dy to the position of its window's (first) maximum. */
function maxPoolGradient({ inputs, attrs, backend }: Arguments): tf.TensorInfo {
  const wasm = backend as BackendWasm;
  const x = tensor4d(inputs.input);
  const dy = tensor4d(inputs.dy);
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as ConvAttributes & {
    filterSize: number | [number, number];
  };
  const info = tf.backend_util.computePool2DInfo(x.shape, filterSize, strides, 1, pad, dimRoundingMode);
  // Allocate first: growing the heap can invalidate existing views of it.
  const out = wasm.makeOutput(x.shape, 'float32');
  const xs = wasm.typedArrayFromHeap(x) as Float32Array;
  const dys = wasm.typedArrayFromHeap(dy) as Float32Array;
  const dxs = wasm.typedArrayFromHeap(out) as Float32Array;
  dxs.fill(0);
  const { batchSize, inHeight, inWidth, outHeight, outWidth, inChannels: channels, padInfo } = info;
  let at = 0;
  for (let n = 0; n < batchSize; n++) {
    for (let p = 0; p < outHeight; p++) {
      const y0 = p * info.strideHeight - padInfo.top;
      const yFrom = Math.max(0, y0);
      const yTo = Math.min(inHeight, y0 + info.filterHeight);
      for (let q = 0; q < outWidth; q++) {
        const x0 = q * info.strideWidth - padInfo.left;
        const xFrom = Math.max(0, x0);
        const xTo = Math.min(inWidth, x0 + info.filterWidth);
        for (let c = 0; c < channels; c++, at++) {
          let best = -Infinity;
          let where = -1;
          for (let y = yFrom; y < yTo; y++) {
            let index = ((n * inHeight + y) * inWidth + xFrom) * channels + c;
            for (let column = xFrom; column < xTo; column++, index += channels) {
              const value = xs[index]!;
              if (value > best) {
                best = value;
                where = index;
              }
            }
          }
          if (where >= 0) dxs[where]! += dys[at]!;
        }
      }
    }
  }
  return out;
}

/** Transposes first and multiplies then, which is several times faster than the kernel's own way. */
function matMul(args: Arguments, original: tf.KernelFunc): tf.TensorInfo | tf.TensorInfo[] {
  const { transposeA, transposeB } = args.attrs as unknown as { transposeA: boolean; transposeB: boolean };
  if (!transposeA && !transposeB) return original(args);
  const turn = (info: tf.TensorInfo): tf.Tensor => {
    const axes = info.shape.map((_, axis) => axis);
    axes.splice(-2, 2, info.shape.length - 1, info.shape.length - 2);
    return tf.transpose(info as tf.Tensor, axes);
  };
  return tf.tidy(() => {
    const a = args.inputs.a!;
    const b = args.inputs.b!;
    return tf.matMul(transposeA ? turn(a) : (a as tf.Tensor), transposeB ? turn(b) : (b as tf.Tensor));
  });
}

/** Multiplies two matrices with our own kernel, which needs no transposing; returns null for batches of matrices. */
function matMul2d({ inputs, attrs }: Arguments, simd: Simd): tf.TensorInfo | null {
  const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
  const a = inputs.a!;
  const b = inputs.b!;
  const several = [a, b].some(({ shape }) => shape.slice(0, -2).some((length) => length !== 1));
  if (several || a.shape.length !== b.shape.length) return null;
  const [p, q] = a.shape.slice(-2) as [number, number];
  if (a.dtype !== 'float32' || b.dtype !== 'float32') return null;
  const [rows, inner] = transposeA ? [q, p] : [p, q];
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  const out = simd.tensor([...a.shape.slice(0, -2), rows, columns]);
  const left = rowMajor(simd.addressOf(a), q);
  const right = rowMajor(simd.addressOf(b), b.shape.at(-1)!);
  const turned = [transposeA ? transposed(left) : left, transposeB ? transposed(right) : right] as const;
  simd.matMul(...turned, simd.addressOf(out), rows, columns, inner);
  return out;
}

function adam({ inputs, attrs }: Arguments, simd: Simd): tf.TensorInfo[] {
  const { beta1, beta2, correction, epsilon, rate } = attrs as unknown as AdamAttributes;
  const { gradient, mean, square } = inputs as Record<'gradient' | 'mean' | 'square', tf.TensorInfo>;
  const outputs = [gradient, mean, square].map(({ shape }) => simd.tensor([...shape]));
  const addresses = [gradient, mean, square, ...outputs].map((tensor) => simd.addressOf(tensor));
  simd.adam(addresses, gradient.shape[0]!, [beta1, beta2, correction, epsilon, rate]);
  return outputs;
}

/** Splits one vector into several; returns null for tensors with more axes. */
function splitVector({ inputs, attrs }: Arguments, simd: Simd): tf.TensorInfo[] | null {
  const x = inputs.x!;
  const sizes = (attrs as unknown as { numOrSizeSplits: number | number[] }).numOrSizeSplits;
  if (x.shape.length !== 1 || x.dtype !== 'float32' || !Array.isArray(sizes) || sizes.includes(-1)) return null;
  let at = simd.addressOf(x);
  return sizes.map((size) => {
    const part = simd.tensor([size]);
    simd.copy(at, size, simd.addressOf(part));
    at += 4 * size;
    return part;
  });
}

/** Sums over all axes but the last, as for the gradient of a bias; returns null for other reductions. */
function columnSums({ inputs, attrs }: Arguments, simd: Simd): tf.TensorInfo | null {
  const x = inputs.x!;
  const { axis, keepDims } = attrs as unknown as { axis: number | number[]; keepDims: boolean };
  const rank = x.shape.length;
  const axes = new Set(tf.util.parseAxisParam(axis, x.shape));
  if (keepDims || rank < 2 || x.dtype !== 'float32' || axes.size !== rank - 1 || axes.has(rank - 1)) return null;
  const columns = x.shape[rank - 1]!;
  const out = simd.tensor([columns]);
  simd.columnSums(simd.addressOf(x), tf.util.sizeFromShape(x.shape) / columns, columns, simd.addressOf(out));
  return out;
}
