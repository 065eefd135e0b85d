/**
 * Maps every dimension to the interval [0, 1] on which its own distribution of random draws is uniform: scale, step and
 * weights are handled here, and samplers work with plain numbers.
 */
import type { ParamValue } from '../../protocol/values/index.js';
import { betaCdf, betaQuantile } from '../maths/beta.js';
import { normalCdf, normalQuantile } from '../maths/normal.js';
import { exp, log, tidy } from '../maths/numeric.js';
import { between, keyOfValue, REACH, scaleOf, snap, stepsOf, valueAtStep, type Ranged } from './dimension.js';
import type { Dimension, Space } from '../types.js';
import { l10n } from '../../format/l10n.js';

/** Number of values above which a range is treated as continuous and rounded. */
const DISTINCT = 128;

export interface Axis {
  dimension: Dimension;
  /** Number of distinct values; 0 if continuous, 1 for a constant. */
  count: number;
  /** Edges of the values' cells in [0, 1], `count + 1` of them; null if continuous. */
  edges: Float64Array | null;
  /** True if neighbouring values are similar; false for choices. */
  ordered: boolean;
  /** Returns the position of a value on a continuous axis. */
  toUnit(value: ParamValue): number;
  /** Returns the index of a value on an axis with a count; -1 if it is not among the values. */
  indexOf(value: ParamValue): number;
  fromIndex(index: number): ParamValue;
  /** Returns the value at 0 ≤ u ≤ 1, on any axis. */
  fromUnit(u: number): ParamValue;
}

export function axesOf(space: Space): Axis[] {
  return space.dimensions.map(axisOf);
}

function axisOf(d: Dimension): Axis {
  if (d.kind === 'constant') return listed(d, [d.value], Float64Array.of(0, 1), false);
  if (d.kind === 'choice') {
    const weights = d.weights ?? d.choices.map(() => 1);
    const total = weights.reduce((sum, w) => sum + w, 0);
    let sum = 0;
    const edges = Float64Array.from([0, ...weights.map((w) => (sum += w) / total)]);
    return listed(d, d.choices, edges, false);
  }
  if (d.kind === 'normal') return normalAxis(d);
  const count = stepsOf(d);
  if (count === 1) return listed(d, [d.low], Float64Array.of(0, 1), true);
  if (count <= DISTINCT) {
    const values = Array.from({ length: count }, (_, i) => valueAtStep(d, i));
    return listed(d, values, cells(d, values), true);
  }
  if (d.kind === 'beta') return betaAxis(d);
  const { from, to } = scaleOf(d);
  // Halved, because the full width may exceed the largest number.
  const width = to / 2 - from / 2;
  return {
    ...continuous(d),
    toUnit(value) {
      const at = d.log ? log(value as number) : (value as number);
      return clip((at / 2 - from / 2) / width);
    },
    fromUnit(u) {
      const at = from * (1 - u) + to * u;
      return snap(d, d.log ? exp(at) : at);
    },
  };
}

function normalAxis(d: Extract<Dimension, { kind: 'normal' }>): Axis {
  return {
    ...continuous(d),
    toUnit: (value) => normalCdf(((d.log ? log(value as number) : (value as number)) - d.mean) / d.sd),
    fromUnit(u) {
      const at = d.mean + d.sd * Math.min(REACH, Math.max(-REACH, normalQuantile(clip(u))));
      const value = d.log ? Math.min(Number.MAX_VALUE, exp(at)) : at;
      return d.step === null ? value : tidy(Math.round(value / d.step) * d.step);
    },
  };
}

function betaAxis(d: Extract<Dimension, { kind: 'beta' }>): Axis {
  return {
    ...continuous(d),
    toUnit: (value) => betaCdf(d.a, d.b, shareOf(d, value as number)),
    fromUnit: (u) => snap(d, between(d, betaQuantile(d.a, d.b, clip(u)))),
  };
}

/** Returns the relative position; halves the numbers, because the full width may exceed the largest number. */
const shareOf = (d: Ranged, value: number): number => clip((value / 2 - d.low / 2) / (d.high / 2 - d.low / 2));

function continuous(dimension: Dimension) {
  const none = (): never => {
    throw new RangeError(l10n.t('a continuous axis has no list of values'));
  };
  return { dimension, count: 0, edges: null, ordered: true, indexOf: none, fromIndex: none };
}

function listed(dimension: Dimension, values: readonly ParamValue[], edges: Float64Array, ordered: boolean): Axis {
  const places = new Map(values.map((value, i) => [keyOfValue(value), i]));
  const indexOf = (value: ParamValue): number => {
    const found = places.get(keyOfValue(value));
    if (found !== undefined || !ordered || typeof value !== 'number') return found ?? -1;
    // A user's value between two steps maps to the nearer one.
    let nearest = 0;
    for (let i = 1; i < values.length; i++) {
      if (Math.abs((values[i] as number) - value) < Math.abs((values[nearest] as number) - value)) nearest = i;
    }
    return nearest;
  };
  return {
    dimension,
    count: values.length,
    edges,
    ordered,
    indexOf,
    toUnit: (value) => {
      const i = Math.max(0, indexOf(value));
      return (edges[i]! + edges[i + 1]!) / 2;
    },
    fromIndex: (index) => values[index]!,
    fromUnit: (u) => values[cellOf(edges, u)]!,
  };
}

/** Returns the cell that contains u; never one without width. */
export function cellOf(edges: Float64Array, u: number): number {
  let cell = 0;
  for (let i = 0; i + 1 < edges.length; i++) {
    if (edges[i + 1]! <= edges[i]!) continue;
    cell = i;
    if (u < edges[i + 1]!) break;
  }
  return cell;
}

/** Returns the boundaries halfway between the values; on a logarithmic scale as wide as random draws make them. */
function cells(d: Ranged, values: number[]): Float64Array {
  const n = values.length;
  if (d.kind === 'beta') {
    return Float64Array.from({ length: n + 1 }, (_, i) => {
      return i === 0 || i === n ? i / n : betaCdf(d.a, d.b, shareOf(d, (values[i - 1]! + values[i]!) / 2));
    });
  }
  if (!d.log && !d.unrounded) return Float64Array.from({ length: n + 1 }, (_, i) => i / n);
  const { from, to } = scaleOf(d);
  return Float64Array.from({ length: n + 1 }, (_, i) => {
    if (i === 0 || i === n) return i / n;
    const middle = (values[i - 1]! + values[i]!) / 2;
    return clip(((d.log ? log(middle) : middle) - from) / (to - from));
  });
}

function clip(u: number): number {
  return u > 0 ? Math.min(1, u) : 0;
}
