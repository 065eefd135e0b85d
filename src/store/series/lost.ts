/** Marks the points of lost timelines, and returns the remaining ones. */
import { F } from './pyramid.js';
import type { Head } from './head.js';
import type { SeriesTable } from './table.js';
import type { Interval } from './timeline.js';
import { EVERYWHERE, Walk } from './walk.js';

/** A point by its step and value. */
export interface Extreme {
  step: number;
  value: number;
}

/** Marks the points that a later launch has logged again. Returns whether there were any. */
export function markLost(table: SeriesTable, head: Head): boolean {
  const { timeline } = head;
  if (!timeline?.due) return false;
  const stretches = timeline.limits(head.count);
  const lost: Interval[] = [];
  let stretch = 0;
  new Walk(table, head, { ...EVERYWHERE, from: timeline.lowestLimit }).visit({
    bucket: () => false,
    raw(points, from, to, ordinal) {
      for (let i = from; i < to; i++) {
        const at = ordinal + i - from;
        while (at >= stretches[stretch]!.to) stretch++;
        if ((points.steps[i] as number) < stretches[stretch]!.step) continue;
        const last = lost.at(-1);
        if (last?.[1] === at) last[1]++;
        else lost.push([at, at + 1]);
      }
    },
  });
  timeline.mark(lost, head.count);
  if (lost.length > 0) table.resummarize(head, extremes(table, head));
  return lost.length > 0;
}

/**
 * Lowest and highest value of the points that count: `min` and `max` with infinities, NaN when all are NaN; `lowest` and
 * `highest` among finite ones, the first of equals.
 */
export function extremes(
  table: SeriesTable,
  head: Head,
): { min: number; max: number; lowest: Extreme | null; highest: Extreme | null } {
  const found = { min: NaN, max: NaN, lowest: null as Extreme | null, highest: null as Extreme | null };
  const take = (step: number, value: number): void => {
    if (!(value >= found.min)) found.min = Number.isNaN(value) ? found.min : value;
    if (!(value <= found.max)) found.max = Number.isNaN(value) ? found.max : value;
    if (value - value !== 0) return;
    if (!found.lowest || value < found.lowest.value) found.lowest = { step, value };
    if (!found.highest || value > found.highest.value) found.highest = { step, value };
  };
  new Walk(table, head, EVERYWHERE).visit({
    bucket(row, at) {
      // It knows finite extremes only.
      if ((row[at + F.gap] as number) >= 0) return false;
      for (const field of [F.min, F.max]) take(row[at + field + 1] as number, row[at + field + 4] as number);
      return true;
    },
    raw(points, from, to) {
      for (let i = from; i < to; i++) take(points.steps[i] as number, points.values[i] as number);
    },
  });
  return found;
}
