/**
 * Exponential moving average without the pull towards zero at the start (divided by 1 − weight^n, as in Adam).
 * `weight` in [0, 1): 0 leaves the values as they are. A non-finite value is a gap: it comes back as it is and
 * does not touch the average. `spacing` is the distance in x between two logged points: when several points were
 * folded into one, the weight is raised to the number of steps passed, so a curve looks alike at every zoom.
 */
export function smooth(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  weight: number,
  spacing: number | null = null,
): number[] {
  const result: number[] = new Array<number>(y.length);
  let mean = 0;
  let decay = 1;
  let before: number | null = null;
  for (let i = 0; i < y.length; i++) {
    const value = y[i]!;
    if (!Number.isFinite(value) || weight <= 0) {
      result[i] = value;
      continue;
    }
    const at = x[i]!;
    const steps = spacing === null || spacing <= 0 || before === null ? 1 : Math.max(0.5, (at - before) / spacing);
    const keep = Math.pow(weight, steps);
    mean = keep * mean + (1 - keep) * value;
    decay *= keep;
    result[i] = mean / (1 - decay);
    before = at;
  }
  return result;
}

/** Mean distance in x between two points of the whole series; null when every point is at hand. */
export function pointSpacing(x: ArrayLike<number>, inRange: number): number | null {
  if (x.length < 2 || inRange <= x.length) return null;
  return (x[x.length - 1]! - x[0]!) / (inRange - 1);
}
