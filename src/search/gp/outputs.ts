/**
 * Transforms losses to a scale on which they look like a draw from a Gaussian process: log(1 + (y - least) / c) for one
 * of a few widths c, so that differences among the good losses matter and how bad the bad ones are does not. The width
 * is chosen by the likelihood of the process over the transformed values, Jacobian included (Snelson, Rasmussen &
 * Ghahramani, "Warped Gaussian Processes", NIPS 2004, section 3).
 */
import { log } from '../maths/numeric.js';
import { standard } from './fit.js';
import type { Model } from './model.js';

/** Widths in units of the distance from the least loss to the median; Infinity leaves losses as they are. */
export const WIDTHS = [Infinity, 3, 1, 0.3, 0.1, 0.03];

/** Makes the losses finite and pulls in those far above the median, which say nothing but "bad". */
export function tamed(losses: ArrayLike<number>): Float64Array {
  const sorted = Float64Array.from(losses).filter(Number.isFinite).sort();
  const n = sorted.length;
  if (n === 0) return Float64Array.from(losses, (y) => (y === -Infinity ? -1 : y === Infinity ? 1 : 0));
  const least = sorted[0]!;
  const most = sorted[n - 1]!;
  const half = most / 2 - least / 2;
  // Scales down values whose squares would overflow.
  const unit = half > 1e100 ? half : 1;
  return Float64Array.from(losses, (y) => {
    if (y === Infinity) return (most + 0.2 * half) / unit;
    return (y === -Infinity ? least - 0.2 * half : y) / unit;
  });
}

export function transformed(y: Float64Array, width: number): Float64Array {
  if (width === Infinity) return y;
  const { least, c } = scaleOf(y, width);
  return y.map((v) => log(1 + (v - least) / c));
}

function scaleOf(y: Float64Array, width: number): { least: number; c: number } {
  const sorted = y.slice().sort();
  const least = sorted[0]!;
  const gap = sorted[sorted.length >> 1]! - least;
  const range = sorted[sorted.length - 1]! - least;
  return { least, c: width * Math.max(gap, 1e-3 * range, 1e-300) };
}

/**
 * Returns the index in `WIDTHS` that fits best with the model's hyperparameters. `y` is in the order of the model's
 * rows.
 */
export function bestWidth(y: Float64Array, model: Model, cost: number): number {
  let [best, least] = [0, Infinity];
  for (const [i, width] of WIDTHS.entries()) {
    const z = transformed(y, width);
    const { center, scale } = standard(z);
    let value = model.misfit(z.map((v) => (v - center) / scale)) + y.length * log(scale) + i * cost;
    if (width < Infinity) {
      const { least: from, c } = scaleOf(y, width);
      for (const v of y) value += log(c + v - from);
    }
    if (value < least) [best, least] = [i, value];
  }
  return best;
}
