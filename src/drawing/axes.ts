import type { Curve, Scale } from '../protocol/engine/insight.js';
import type { ParamValue } from '../protocol/values/index.js';
import { withSeparator } from '../format/locale.js';
import { formatNumber, formatParam } from '../format/numbers.js';
import { symlog } from './symlog.js';

/** One axis of a plot: maps values to [0, 1], and gives its labels. */
export interface PlotAxis {
  place(value: ParamValue): number;
  /** `value` where the text alone would not say it exactly. */
  ticks: { at: number; text: string; value?: number }[];
}

/** Returns about this many round numbers from low to high, at most one step more. */
export function niceTicks(low: number, high: number, count: number): number[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  const rough = span / (Math.max(1, count) + 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((lead) => lead * power).find((one) => one >= rough * 0.999)!;
  const ticks: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) {
    ticks.push(Number((k * step).toPrecision(12)));
  }
  return ticks;
}

export function numberAxis(low: number, high: number, count = 4): PlotAxis {
  const span = high - low || 1;
  const place = (value: ParamValue): number => (Number(value) - low) / span;
  return {
    place,
    ticks: niceTicks(low, high, count).map((value) => ({ at: place(value), text: formatNumber(value) })),
  };
}

/** Powers of ten, or where there are fewer than two, the ends. */
export function logAxis(low: number, high: number, count = 4): PlotAxis {
  // The ratio of the ends may be too large for a number.
  const span = Math.log(high) - Math.log(low) || 1;
  const place = (value: ParamValue): number => (Math.log(Number(value)) - Math.log(low)) / span;
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const every = Math.max(1, Math.ceil((last - first) / count));
  let values: number[] = [];
  for (let e = first; e <= last; e += every) values.push(Number((10 ** e).toPrecision(12)));
  if (values.length < 2) values = [low, high];
  return { place, ticks: values.map((value) => ({ at: place(value), text: shortNumber(value) })) };
}

/** An axis that is linear within ±`constant` and logarithmic beyond, for values that are not all above zero. */
export function symlogAxis(low: number, high: number, constant: number): PlotAxis {
  const forward = (value: number): number => symlog(value, constant);
  const [from, span] = [forward(low), forward(high) - forward(low) || 1];
  const place = (value: ParamValue): number => (forward(Number(value)) - from) / span;
  return {
    place,
    ticks: symlogTicks(low, high, constant).map((value) => ({ at: place(value), text: shortNumber(value), value })),
  };
}

/** Zero, and powers of ten beyond the linear part on both sides, at most about eight; round numbers where there are fewer than two of these. */
export function symlogTicks(low: number, high: number, constant: number): number[] {
  const first = Math.ceil(Math.log10(constant) - 1e-9);
  const last = Math.max(first, Math.floor(Math.log10(Math.max(Math.abs(low), Math.abs(high), constant)) + 1e-9));
  const sides = (low < 0 ? 1 : 0) + (high > 0 ? 1 : 0);
  const every = Math.max(1, Math.ceil(((last - first + 1) * sides) / 8));
  const ticks: number[] = [0];
  for (let e = last; e >= first; e -= every)
    ticks.push(Number((10 ** e).toPrecision(12)), -Number((10 ** e).toPrecision(12)));
  const inside = ticks.filter((value) => value >= low && value <= high).sort((a, b) => a - b);
  return inside.length < 2 ? niceTicks(low, high, 4) : inside;
}

/** `1e-5` takes less room than 0.00001. */
function shortNumber(value: number): string {
  const size = Math.abs(value);
  const isLong = size >= 1e5 || (size > 0 && size < 1e-2);
  return isLong ? withSeparator(value.toExponential().replace('e+', 'e')) : formatNumber(value);
}

export function choiceAxis(values: readonly ParamValue[]): PlotAxis {
  const keys = values.map((value) => JSON.stringify(value));
  const at = (i: number): number => (i + 0.5) / Math.max(1, keys.length);
  return {
    place: (value) => at(keys.indexOf(JSON.stringify(value))),
    ticks: values.map((value, i) => ({ at: at(i), text: formatParam(value) })),
  };
}

export function axisFor(scale: Scale, values: readonly ParamValue[], count = 4): PlotAxis {
  if (scale === 'choice') return choiceAxis(values);
  const numbers = values.map(Number);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  return scale === 'log' && low > 0 ? logAxis(low, high, count) : numberAxis(low, high, count);
}

/** Returns the range of all numbers except the worst twentieth: a few failures must not flatten the rest. */
export function objectiveRange(values: readonly number[], goal: 'minimize' | 'maximize'): [low: number, high: number] {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return [0, 1];
  const cut = Math.floor(sorted.length * 0.05);
  const low = goal === 'maximize' ? sorted[cut]! : sorted[0]!;
  const high = goal === 'maximize' ? sorted.at(-1)! : sorted[sorted.length - 1 - cut]!;
  const margin = (high - low) * 0.06 || Math.abs(high) * 0.05 || 0.5;
  return [low - margin, high + margin];
}

/** One range for all curves with their bands, so that what matters more is seen to move more. */
export function curvesRange(curves: readonly Curve[]): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const { mean, sd } of curves) {
    for (const [i, value] of mean.entries()) {
      // Bands are cut where they would press the curves flat.
      [low, high] = [Math.min(low, value - sd[i]!), Math.max(high, value + sd[i]!)];
    }
  }
  if (low > high) return [0, 1];
  const margin = (high - low) * 0.05 || 0.5;
  return [low - margin, high + margin];
}

export const clamp = (at: number): number => Math.max(0, Math.min(1, at));

/** Steps from each point to the next better one, and on to the end. Places in [0, 1]; y upwards. */
export function stepPath(points: readonly { x: number; y: number }[], width: number, height: number): string {
  const parts: string[] = [];
  for (const [i, { x, y }] of points.entries()) {
    const [px, py] = [(x * width).toFixed(1), ((1 - y) * height).toFixed(1)];
    parts.push(i === 0 ? `M${px} ${py}` : `H${px}V${py}`);
  }
  return points.length > 0 ? `${parts.join('')}H${width}` : '';
}

/** Three digits are enough for the position of a value on a curve. */
export function shortValue(value: ParamValue | undefined): string {
  return formatParam(typeof value === 'number' ? Number(value.toPrecision(3)) : value);
}

/** A share as a person says it. */
export function percent(share: number): string {
  const hundredth = 100 * share;
  return `${hundredth >= 9.95 ? Math.round(hundredth) : withSeparator(String(Number(hundredth.toFixed(1))))} %`;
}
