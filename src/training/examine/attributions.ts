/**
 * Attributions of one output to the inputs. Integrated gradients (Sundararajan, Taly & Yan, "Axiomatic Attribution for Deep
 * Networks", ICML 2017): (x − x′)·mean of ∂F/∂x on the line from the baseline x′ to x, whose sum is F(x) − F(x′).
 * Occlusion (Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014): how much F falls when a part of the input gives
 * way to the baseline.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { SavedModel } from '../checkpoints/savedModel.js';

/** Points on the line from the baseline to the input. */
const POINTS = 64;
/** Inputs that the network sees at once. */
const BATCH = 32;
/** An occluding window covers about this share of each side. */
const WINDOW = 5;

export interface Attribution {
  /** One number for each input; their sum is about `output` − `baseline`. */
  integrated: Float32Array;
  /** Fall of the output without the input's neighborhood, averaged over the windows that cover the input. */
  occluded: Float32Array;
  output: number;
  baseline: number;
}

/** Returns the explained output of each input: that of the class before the softmax. `index` −1: of one output, its negative. */
function outputOf(model: SavedModel, inputs: tf.Tensor, index: number): tf.Tensor1D {
  const raw = model.raw(inputs);
  if (index < 0) return tf.neg(tf.squeeze(raw, [1]));
  return tf.squeeze(tf.slice(raw, [0, index], [raw.shape[0], 1]), [1]);
}

export async function attribute(
  model: SavedModel,
  x: Float32Array,
  baseline: number,
  index: number,
): Promise<Attribution> {
  const { inputShape } = model.dataset;
  const shape = [1, ...inputShape];
  const mean = tf.tidy(() => {
    const input = tf.tensor(x, shape);
    const start = tf.fill(shape, baseline);
    const gradient = tf.grad((at: tf.Tensor) => tf.sum(outputOf(model, at, index)) as tf.Scalar);
    let sum: tf.Tensor = tf.zeros(shape);
    for (let from = 0; from < POINTS; from += BATCH) {
      const shares = Float32Array.from({ length: BATCH }, (_, i) => (from + i + 0.5) / POINTS);
      const line = tf.tensor(shares, [BATCH, ...inputShape.map(() => 1)]);
      sum = tf.add(sum, tf.sum(gradient(tf.add(start, tf.mul(line, tf.sub(input, start)))), 0, true));
    }
    return tf.div(sum, POINTS);
  });
  const gradients = await mean.data();
  mean.dispose();
  const ends = await outputsOf(model, [x, new Float32Array(x.length).fill(baseline)], index);
  return {
    integrated: x.map((value, i) => (value - baseline) * gradients[i]!),
    occluded: await occlusion(model, x, baseline, index, ends[0]!),
    output: ends[0]!,
    baseline: ends[1]!,
  };
}

async function outputsOf(model: SavedModel, inputs: readonly Float32Array[], index: number): Promise<number[]> {
  const { inputShape } = model.dataset;
  const all: number[] = [];
  for (let from = 0; from < inputs.length; from += BATCH) {
    const some = inputs.slice(from, from + BATCH);
    const flat = new Float32Array(some.length * some[0]!.length);
    some.forEach((one, i) => flat.set(one, i * one.length));
    const result = tf.tidy(() => outputOf(model, tf.tensor(flat, [some.length, ...inputShape]), index));
    all.push(...(await result.data()));
    result.dispose();
  }
  return all;
}

async function occlusion(
  model: SavedModel,
  x: Float32Array,
  baseline: number,
  index: number,
  output: number,
): Promise<Float32Array> {
  const windows = windowsOf(model.dataset.inputShape);
  const hidden = windows.map((window) => {
    const copy = x.slice();
    for (const at of window) copy[at] = baseline;
    return copy;
  });
  const outputs = await outputsOf(model, hidden, index);
  const sums = new Float32Array(x.length);
  const counts = new Float32Array(x.length);
  windows.forEach((window, i) => {
    for (const at of window) {
      sums[at]! += output - outputs[i]!;
      counts[at]!++;
    }
  });
  return sums.map((sum, i) => sum / Math.max(1, counts[i]!));
}

/** Returns the inputs under each window: squares of an image that overlap by half, stretches of time, single inputs. */
export function windowsOf(shape: readonly number[]): number[][] {
  if (shape.length === 1) return Array.from({ length: shape[0]! }, (_, i) => [i]);
  const [height, width, channels = 1] = shape as [number, number, number?];
  const isImage = shape.length === 3;
  const tall = Math.max(1, Math.round(height / WINDOW));
  // All features of a time step belong together.
  const wide = isImage ? Math.max(1, Math.round(width / WINDOW)) : width;
  const starts = (length: number, size: number): number[] => {
    const step = Math.max(1, Math.floor(size / 2));
    const last = length - size;
    return [...Array.from({ length: Math.ceil(last / step) }, (_, i) => i * step), last];
  };
  return starts(height, tall).flatMap((top) =>
    starts(width, wide).map((left) => {
      const found: number[] = [];
      for (let i = top; i < top + tall; i++)
        for (let j = left; j < left + wide; j++)
          for (let c = 0; c < channels; c++) found.push((i * width + j) * channels + c);
      return found;
    }),
  );
}
