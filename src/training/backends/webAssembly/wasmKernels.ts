/**
 * Kernels that the WebAssembly backend lacks or runs slowly, by our own or composed from its fast ones. They are registered
 * when it is ready. Shapes are [batch, height, width, channels].
 */
import * as tf from '@tensorflow/tfjs-core';
import { RECURRENT, RECURRENT_GRADIENT } from '../../kernels/recurrentSequence.js';
import { ADAM, ADAM_BACK, type AdamAttributes, type AdamBackAttributes } from '../../optimizers/adam.js';
import { DECAYED } from '../../optimizers/decay.js';
import { correctAveragePool } from './averagePool.js';
import { conv2d, filterGradient, inputGradient, type ConvAttributes } from './convKernels.js';
import { depthwiseFilterGradient, depthwiseInputGradient } from './depthwiseKernels.js';
import { recurrent, recurrentGradient } from './recurrentKernels.js';
import { rowMajor, Simd, transposed } from './simd/index.js';

export function registerWasmKernels(): void {
  correctAveragePool('wasm');
  const simd = Simd.ofBackend();
  replace('BatchMatMul', (original) => (args) => (simd && matMul2d(args, simd)) ?? matMul(args, original!));
  if (simd) {
    replace('MaxPoolGrad', () => (args) => maxPoolGradient(args, simd));
    replace('Conv2D', (original) => (args) => conv2d(args, simd) ?? original!(args));
    replace('Conv2DBackpropFilter', () => (args) => filterGradient(args, simd) ?? unsupported());
    replace('Conv2DBackpropInput', (original) => (args) => inputGradient(args, simd) ?? original!(args));
    replace(ADAM, () => (args) => adam(args, simd));
    replace(ADAM_BACK, () => (args) => adamBack(args, simd));
    replace(DECAYED, () => (args) => decayed(args, simd));
    replace('DepthwiseConv2dNativeBackpropInput', () => (args) => depthwiseInputGradient(args, simd));
    replace('DepthwiseConv2dNativeBackpropFilter', () => (args) => depthwiseFilterGradient(args, simd));
    replace(RECURRENT, () => (args) => recurrent(args, simd));
    replace(RECURRENT_GRADIENT, () => (args) => recurrentGradient(args, simd));
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

function unsupported(): never {
  throw new Error('the gradient of a dilated convolution by its filter is not supported on WebAssembly');
}

/** Routes each value of dy to the position of its window's (first) maximum. */
function maxPoolGradient({ inputs, attrs }: Arguments, simd: Simd): tf.TensorInfo {
  const [x, dy] = [tensor4d(inputs.input), tensor4d(inputs.dy)];
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as ConvAttributes & {
    filterSize: number | [number, number];
  };
  const info = tf.backend_util.computePool2DInfo(x.shape, filterSize, strides, 1, pad, dimRoundingMode);
  const out = simd.tensor(x.shape);
  simd.numbersOf(out).fill(0);
  simd.maxPoolBack(
    [simd.addressOf(x), simd.addressOf(dy), simd.addressOf(out)],
    [
      ...[...x.shape, info.outHeight, info.outWidth, info.filterHeight, info.filterWidth],
      ...[info.strideHeight, info.strideWidth, info.padInfo.top, info.padInfo.left],
    ],
  );
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

function adamBack({ inputs, attrs }: Arguments, simd: Simd): tf.TensorInfo {
  const { beta1, beta2, correction, epsilon, factor } = attrs as unknown as AdamBackAttributes;
  const { a, mean, square, gradient } = inputs as Record<'a' | 'mean' | 'square' | 'gradient', tf.TensorInfo>;
  const out = simd.tensor([...gradient.shape]);
  const addresses = [a, mean, square, gradient, out].map((tensor) => simd.addressOf(tensor));
  simd.adamBack(addresses, gradient.shape[0]!, [beta1, beta2, correction, epsilon, factor]);
  return out;
}

function decayed({ inputs, attrs }: Arguments, simd: Simd): tf.TensorInfo {
  const { change, theta, decay } = inputs as Record<'change' | 'theta' | 'decay', tf.TensorInfo>;
  const out = simd.tensor([...change.shape]);
  const addresses = [change, theta, decay, out].map((tensor) => simd.addressOf(tensor));
  simd.decayed(addresses, change.shape[0]!, attrs!.rate as number);
  return out;
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
