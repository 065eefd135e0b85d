import type { MediaSeries } from '../protocol/engine/media.js';

/** Places of the files at a run's newest step up to `step`; of its first step if all come later. */
export function filesAt({ steps, at }: MediaSeries, step: number): { step: number; at: number[] } {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle] ?? 0) <= step) low = middle + 1;
    else high = middle;
  }
  const found = steps[Math.max(0, low - 1)] ?? 0;
  let [first, end] = [Math.max(0, low - 1), Math.max(1, low)];
  while (first > 0 && (steps[first - 1] ?? 0) === found) first--;
  while (end < steps.length && (steps[end] ?? 0) === found) end++;
  return { step: found, at: at.slice(first, end) };
}
