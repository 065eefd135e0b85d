/**
 * Weights as whole numbers times a scale: w ≈ s·q with |q| ≤ 2^(bits − 1) − 1, symmetric about 0, with one scale for each
 * output channel (Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
 * Inference", CVPR 2018; per channel as in Krishnamoorthi, "Quantizing Deep Convolutional Networks for Efficient
 * Inference", 2018, section 3). Biases, norms and moving averages stay as they are.
 */
import type { QuantiseSettings } from '../../experiment/network/index.js';
import type { Integers, SavedWeight } from '../checkpoints/checkpoint.js';

/** Returns the number of scales of a weight; null: it is not quantised. */
function scaleCount({ name, shape }: SavedWeight, per: QuantiseSettings['per']): number | null {
  if (shape.length < 2) return null;
  if (per === 'layer') return 1;
  // A depthwise kernel has an output for each pair of its two last axes.
  return /(^|[/.])depthwiseConv\//.test(name) ? shape.at(-1)! * shape.at(-2)! : shape.at(-1)!;
}

/** Returns the whole numbers that are nearest to a weight; null: it is not quantised. */
export function integersOf(weight: SavedWeight, { bits, per }: QuantiseSettings): Integers | null {
  const count = scaleCount(weight, per);
  if (count === null || !weight.values.every(Number.isFinite)) return null;
  const most = 2 ** (bits - 1) - 1;
  const scales = new Float32Array(count);
  weight.values.forEach((value, i) => (scales[i % count] = Math.max(scales[i % count]!, Math.abs(value))));
  scales.forEach((largest, channel) => (scales[channel] = largest / most));
  const values = new Int8Array(weight.values.length);
  weight.values.forEach((value, i) => {
    const scale = scales[i % count]!;
    values[i] = scale > 0 ? Math.max(-most, Math.min(most, Math.round(value / scale))) : 0;
  });
  return { values, scales };
}

/** Returns the numbers that the integers stand for. */
export function restored({ values, scales }: Integers): Float32Array {
  return Float32Array.from(values, (value, i) => value * scales[i % scales.length]!);
}

/** Returns a weight on its grid, with the integers; one that is not quantised stays as it is. */
export function onGrid(weight: SavedWeight, settings: QuantiseSettings): SavedWeight {
  const integers = integersOf(weight, settings);
  return integers ? { ...weight, values: restored(integers), integers } : weight;
}

/** Returns the bytes that weights take in a file. */
export function bytesOf(weights: readonly SavedWeight[]): number {
  return weights.reduce(
    (sum, { values, integers }) =>
      sum + (integers ? integers.values.byteLength + integers.scales.byteLength : values.byteLength),
    0,
  );
}

/** Returns ‖w − s·q‖ / ‖w‖ over pairs of weights: the relative error in the Frobenius norm. */
export function relativeError(exact: readonly SavedWeight[], rounded: readonly SavedWeight[]): number {
  let error = 0;
  let size = 0;
  exact.forEach(({ values }, k) =>
    values.forEach((value, i) => {
      error += (value - rounded[k]!.values[i]!) ** 2;
      size += value ** 2;
    }),
  );
  return size > 0 ? Math.sqrt(error / size) : 0;
}
