/** Looks of the curves of a card that has several for each run. */
import type { CardAxis } from './cardAxes.js';
import { DASHES, type Look } from './palette.js';

/**
 * Returns what a curve's look has instead of that of its run or group: curves of several metrics differ by their dashes, as runs
 * differ by colour, and those of a single run have the colours of their axes.
 */
export const partLook = (at: number, axis: CardAxis, isAlone: boolean): Pick<Look, 'dash' | 'css'> => ({
  dash: DASHES[at % DASHES.length]!,
  ...(isAlone && axis.color !== null && { css: axis.color }),
});
