import * as tf from '@tensorflow/tfjs-core';

type Arguments = Parameters<tf.KernelFunc>[0];

/**
 * Corrects the gradient of average pooling. Where a window extends beyond the border, the forward pass divides by the
 * number of values inside, but the gradient of TensorFlow.js's own backends divides by the whole window.
 */
export function correctAveragePool(backendName: string): void {
  const kernelName = 'AvgPoolGrad';
  const original = (tf.getKernel(kernelName, backendName) as tf.KernelConfig | undefined)?.kernelFunc;
  if (!original || corrected.has(backendName)) return;
  corrected.add(backendName);
  const kernelFunc: tf.KernelFunc = (args) => {
    const factors = missing(args);
    if (!factors) return original(args);
    const dy = tf.mul(args.inputs.dy as tf.Tensor, factors);
    const result = original({ ...args, inputs: { ...args.inputs, dy } });
    tf.dispose([dy, factors]);
    return result;
  };
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({ kernelName, backendName, kernelFunc });
}

const corrected = new Set<string>();

/**
 * Returns the window size divided by the number of values inside, [1, height, width, 1]; null when all windows are
 * whole.
 */
function missing({ inputs, attrs }: Arguments): tf.Tensor | null {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as {
    filterSize: number | [number, number];
    strides: number | [number, number];
    pad: 'valid' | 'same' | number;
    dimRoundingMode?: 'floor' | 'round' | 'ceil';
  };
  const shape = inputs.input!.shape as [number, number, number, number];
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const { top, bottom, left, right } = info.padInfo;
  if (top + bottom + left + right === 0) return null;
  const within = (count: number, stride: number, before: number, size: number, length: number) =>
    Array.from({ length: count }, (_, i) => {
      const from = i * stride - before;
      return Math.min(length, from + size) - Math.max(0, from);
    });
  const rows = within(info.outHeight, info.strideHeight, top, info.filterHeight, info.inHeight);
  const columns = within(info.outWidth, info.strideWidth, left, info.filterWidth, info.inWidth);
  const whole = info.filterHeight * info.filterWidth;
  return tf.tensor4d(
    rows.flatMap((row) => columns.map((column) => whole / (row * column))),
    [1, rows.length, columns.length, 1],
  );
}
