import type { History } from '../types.js';

/** Number of trials in the box without improvement, plus this many for each parameter. */
const PATIENCE = 6;
const EACH = 1;
/** Minimum improvement, as a share of the difference between the box's median and its best. */
const GAIN = 0.01;

/**
 * Returns whether the box is exhausted: its last trials found no improvement. With several objectives, returns whether
 * as many trials have been made there as would show it. `arms` is as in share.ts.
 */
export function isExhausted({ trials, goals }: History, arms: string, dimensions: number): boolean {
  const patience = PATIENCE + EACH * dimensions;
  const losses: number[] = [];
  for (let i = 0; i < arms.length; i++) {
    if (arms[i] !== 'b') continue;
    const { state, values } = trials[i]!;
    if (state === 'running' || state === 'paused') continue;
    losses.push(state === 'completed' ? (goals[0] === 'minimize' ? values![0]! : -values![0]!) : Infinity);
  }
  if (losses.length <= patience || goals.length > 1) return losses.length > 2 * patience;
  const sorted = losses.slice().sort((a, b) => (a === b ? 0 : a < b ? -1 : 1));
  const [best, median] = [sorted[0]!, sorted[sorted.length >> 1]!];
  if (best === Infinity) return true;
  const gain = Number.isFinite(median - best) ? GAIN * (median - best) : 0;
  let [mark, since] = [Infinity, 0];
  for (const loss of losses) {
    since++;
    if (loss < mark - gain) [mark, since] = [loss, 0];
  }
  return since >= patience;
}
