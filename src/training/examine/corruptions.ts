/**
 * Common corruptions at three levels, after Hendrycks & Dietterich, "Benchmarking Neural Network Robustness to Common
 * Corruptions and Perturbations" (ICLR 2019). Images get all of them, other inputs noise and missing values.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { CORRUPTIONS, Examined } from '../../protocol/trainer/examined.js';
import { Random } from '../random.js';
import { accuracyOf, type Range, type Subject } from './subject.js';

type Kind = (typeof CORRUPTIONS)[number];
type Shape = readonly number[];
type Corrupt = (inputs: Float32Array, level: number, range: Range, random: Random, shape: Shape) => Float32Array;

const clipped = (value: number, { bounds }: Range): number =>
  bounds ? Math.min(bounds[1], Math.max(bounds[0], value)) : value;

/** Adds Gaussian noise; `level` is its standard deviation. */
const noise: Corrupt = (inputs, level, range, random) =>
  inputs.map((value) => clipped(value + level * range.unit * random.normal(), range));

/** Replaces a share of the values by the baseline. */
const missing: Corrupt = (inputs, level, range, random) =>
  inputs.map((value) => (random.uniform() < level ? range.baseline : value));

/** Multiplies the distance from the image's mean by `level`. */
const contrast: Corrupt = (inputs, level, _range, _random, shape) => {
  const size = shape.reduce((a, b) => a * b, 1);
  const result = new Float32Array(inputs.length);
  for (let from = 0; from < inputs.length; from += size) {
    const image = inputs.subarray(from, from + size);
    const mean = image.reduce((sum, value) => sum + value, 0) / size;
    for (let i = 0; i < size; i++) result[from + i] = mean + level * (image[i]! - mean);
  }
  return result;
};

const brightness: Corrupt = (inputs, level, range) => inputs.map((value) => clipped(value + level * range.unit, range));

/** Gaussian blur; `level` is its standard deviation in pixels. Edges are repeated. */
const blur: Corrupt = (inputs, level, _range, _random, shape) => {
  const [height, width, channels] = shape as [number, number, number];
  const radius = Math.ceil(3 * level);
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * level ** 2)));
  const total = kernel.reduce((a, b) => a + b, 0);
  const along = (values: Float32Array, length: number, stride: number): Float32Array =>
    values.map((_, at) => {
      const place = Math.floor(at / stride) % length;
      return kernel.reduce((sum, weight, i) => {
        const there = Math.min(length - 1, Math.max(0, place + i - radius));
        return sum + (weight / total) * values[at + (there - place) * stride]!;
      }, 0);
    });
  return along(along(inputs, height, width * channels), width, channels);
};

const KINDS: Record<Kind, { corrupt: Corrupt; levels: number[]; imagesOnly: boolean }> = {
  noise: { corrupt: noise, levels: [0.1, 0.2, 0.4], imagesOnly: false },
  missing: { corrupt: missing, levels: [0.1, 0.3, 0.5], imagesOnly: false },
  blur: { corrupt: blur, levels: [0.5, 1, 2], imagesOnly: true },
  contrast: { corrupt: contrast, levels: [0.75, 0.5, 0.25], imagesOnly: true },
  brightness: { corrupt: brightness, levels: [0.1, 0.2, 0.4], imagesOnly: true },
};

export async function corrupted(subject: Subject): Promise<Examined['corruptions']> {
  const { inputShape } = subject.model.dataset;
  const found: Examined['corruptions'] = [];
  for (const [kind, { corrupt, levels, imagesOnly }] of Object.entries(KINDS) as [Kind, (typeof KINDS)[Kind]][]) {
    if (imagesOnly && inputShape.length !== 3) continue;
    const measured: Examined['corruptions'][number]['levels'] = [];
    for (const level of levels) {
      const random = new Random(1).fork(kind);
      const accuracy = await accuracyOf(subject, ({ inputs, count }) =>
        tf.tensor(corrupt(inputs, level, subject.range, random, inputShape), [count, ...inputShape]),
      );
      measured.push({ level, accuracy });
    }
    found.push({ kind, levels: measured });
  }
  return found;
}
