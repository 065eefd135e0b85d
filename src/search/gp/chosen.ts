/** Selects the rows a model learns from when there are too many, so that the time for a suggestion stays bounded. */
import type { Row } from './data.js';

/** Shares of the best and of the latest among the selected rows; the rest is spread over all others. */
const BEST = 0.5;
const LATEST = 0.15;

/** Returns at most `most` rows, in their original order. */
export function chosenRows(rows: readonly Row[], most: number): readonly Row[] {
  const n = rows.length;
  if (n <= most) return rows;
  const taken = new Uint8Array(n);
  let left = most;
  const take = (i: number) => {
    if (taken[i] || left === 0) return;
    taken[i] = 1;
    left--;
  };
  const order = rankings(rows);
  for (let k = 0; most - left < BEST * most; k++) for (const ranked of order) take(ranked[k]!);
  for (let i = n - 1; n - i <= LATEST * most; i--) take(i);
  const others = rows.flatMap((_, i) => (taken[i] ? [] : [i]));
  const spaces = left;
  for (let k = 0; k < spaces; k++) take(others[Math.floor((k * others.length) / spaces)]!);
  return rows.filter((_, i) => taken[i]);
}

/** Ranks the rows by each objective, best first; rows that broke a constraint or failed come last. */
function rankings(rows: readonly Row[]): Int32Array[] {
  const goals = rows.find((row) => row.losses)?.losses!.length ?? 0;
  const indices = Int32Array.from(rows, (_, i) => i);
  return Array.from({ length: Math.max(1, goals) }, (_, k) => {
    const losses = Float64Array.from(rows, (row) => {
      const fine = row.losses && !row.constraints?.some((c) => !(c <= 0));
      return fine ? row.losses![k]! : Infinity;
    });
    return indices.slice().sort((a, b) => (losses[a]! < losses[b]! ? -1 : losses[a]! > losses[b]! ? 1 : a - b));
  });
}
