/** Ends of axes that hold curves. */
import type { Curve } from './curves.js';

/** The range of the finite values, with a little room above and below for `y`; on a log axis, of the positive ones if all are. */
export function rangeOf(curves: readonly Curve[], axis: 'x' | 'y', log: boolean): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  const see = (value: number): void => {
    if (!Number.isFinite(value)) return;
    if (value < low) low = value;
    if (value > high) high = value;
  };
  for (const curve of curves) {
    if (axis === 'x') {
      curve.x.forEach(see);
      continue;
    }
    curve.shown.forEach(see);
    for (const edge of curve.band ? [curve.band.low, curve.band.high] : []) edge.forEach(({ y }) => see(y));
  }
  if (low > high) return [0, 1];
  if (axis === 'x') return low === high ? [low - 0.5, high + 0.5] : [low, high];
  if (log && low > 0) {
    const room = (high / low) ** 0.04;
    return room > 1 ? [low / room, high * room] : [low / 2, high * 2];
  }
  const room = (high - low) * 0.04 || Math.abs(high) * 0.05 || 0.5;
  return [low - room, high + room];
}
