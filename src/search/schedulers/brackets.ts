/** The brackets of Hyperband: Li et al. (JMLR 2018), algorithm 1. Bracket b begins at the b-th rung. */
import type { History } from '../types.js';

/**
 * Returns the number of trials that Hyperband assigns to bracket b of a ladder with this many rungs below full length.
 */
export function sizeOf(bracket: number, rungs: number, eta: number): number {
  const s = rungs - bracket;
  let power = 1;
  for (let i = 0; i < s; i++) power *= eta;
  return Math.ceil(((rungs + 1) / (s + 1)) * power);
}

/** Returns the bracket that is furthest behind its share. */
export function bracketFor({ trials }: History, rungs: number, eta: number): number {
  const counts = new Array<number>(rungs + 1).fill(0);
  for (const { bracket, repeatOf } of trials) if (repeatOf === undefined) counts[Math.min(rungs, bracket ?? 0)]!++;
  let best = 0;
  const load = counts.map((count, b) => (count + 1) / sizeOf(b, rungs, eta));
  for (let b = 1; b <= rungs; b++) if (load[b]! < load[best]! - 1e-12) best = b;
  return best;
}
