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

/** `exponential`: debiased moving average; `gaussian`: weights of a bell curve on both sides; `mean`: running mean on both sides. */
export const SMOOTHINGS = ['exponential', 'gaussian', 'mean'] as const;
export type Smoothing = (typeof SMOOTHINGS)[number];

/**
 * Smooths by a kind and a strength in [0, 1). For windows on both sides, the strength is turned into a width that smooths about
 * as much as the moving average of that weight: a standard deviation, or half a window, of weight / (1 − weight) points.
 */
export function smoothed(
  kind: Smoothing,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  weight: number,
  spacing: number | null = null,
): number[] {
  if (kind === 'exponential' || weight <= 0) return smooth(x, y, weight, spacing);
  const width = weight / (1 - weight);
  const gap = spacing ?? (x.length > 1 ? (x[x.length - 1]! - x[0]!) / (x.length - 1) : 1);
  const reach = Math.max(width * (gap > 0 ? gap : 1), Number.MIN_VALUE);
  return kind === 'mean' ? runningMean(x, y, reach) : gaussian(x, y, reach);
}

/** Mean of the finite values within `reach` on both sides. */
function runningMean(x: ArrayLike<number>, y: ArrayLike<number>, reach: number): number[] {
  const result: number[] = [];
  let [first, end, sum, count] = [0, 0, 0, 0];
  for (let i = 0; i < y.length; i++) {
    for (; end < y.length && x[end]! <= x[i]! + reach; end++)
      if (Number.isFinite(y[end])) [sum, count] = [sum + y[end]!, count + 1];
    for (; x[first]! < x[i]! - reach; first++)
      if (Number.isFinite(y[first])) [sum, count] = [sum - y[first]!, count - 1];
    result.push(Number.isFinite(y[i]) ? sum / count : y[i]!);
  }
  return result;
}

/** Nadaraya-Watson estimate with a Gaussian kernel of standard deviation `sigma`, cut at three of them. */
function gaussian(x: ArrayLike<number>, y: ArrayLike<number>, sigma: number): number[] {
  const result: number[] = [];
  let first = 0;
  for (let i = 0; i < y.length; i++) {
    while (x[first]! < x[i]! - 3 * sigma) first++;
    // At most about 200 points count, however wide the window is, so that the cost for a long curve is not quadratic.
    let end = i;
    while (end + 1 < y.length && x[end + 1]! <= x[i]! + 3 * sigma) end++;
    const stride = Math.max(1, Math.floor((end - first) / 200));
    let [sum, weights] = [0, 0];
    for (let j = first + ((i - first) % stride); j <= end; j += stride) {
      if (!Number.isFinite(y[j])) continue;
      const weight = Math.exp(-0.5 * ((x[j]! - x[i]!) / sigma) ** 2);
      sum += weight * y[j]!;
      weights += weight;
    }
    result.push(Number.isFinite(y[i]) ? sum / weights : y[i]!);
  }
  return result;
}
