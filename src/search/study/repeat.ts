/**
 * Selects the trial to measure again when the planned trials have ended. Each further measurement goes to the one of the
 * `top` most promising trials that has been measured least; a trial that was only lucky falls behind after its first
 * repeat, and the rest of its share goes to the others. There are at most `top × times` repeats.
 */
import type { Repeat, Trial } from '../types.js';

/** Returns the next trial to repeat, or null if there is none. `ranked` returns the ids, most promising first. */
export function nextRepeat(trials: readonly Trial[], repeat: Repeat, ranked: () => number[]): number | 'wait' | null {
  const { top, times } = repeat;
  let [spent, running] = [0, false];
  const counts = new Map<number, number>();
  for (const { state, repeatOf } of trials) {
    if (state === 'running') running = true;
    if (repeatOf === undefined) {
      // The selection is made once, with all results known.
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
