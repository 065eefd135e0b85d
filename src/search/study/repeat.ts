/**
 * Which trial to measure again, when the planned trials are over. Each further measurement goes to the one of the `top`
 * most promising trials that has been measured least; a trial that was only lucky falls behind after its first repeat,
 * and what is left of its share goes to the others. At most `top × times` repeats in all.
 */
import type { Repeat, Trial } from '../types.js';

/** `ranked`: ids of trials, the most promising first. Null: no more. */
export function nextRepeat(trials: readonly Trial[], repeat: Repeat, ranked: () => number[]): number | 'wait' | null {
  const { top, times } = repeat;
  let [spent, running] = [0, false];
  const counts = new Map<number, number>();
  for (const { state, repeatOf } of trials) {
    if (state === 'running') running = true;
    if (repeatOf === undefined) {
      // The choice is made once, with all results known.
      if (state === 'running') return 'wait';
      continue;
    }
    spent++;
    counts.set(repeatOf, (counts.get(repeatOf) ?? 0) + 1);
  }
  const none = running ? 'wait' : null;
  if (spent >= top * times) return null;
  let [chosen, least] = [-1, times];
  for (const id of ranked().slice(0, top)) {
    const count = counts.get(id) ?? 0;
    if (count < least) [chosen, least] = [id, count];
  }
  return chosen < 0 ? none : chosen;
}
