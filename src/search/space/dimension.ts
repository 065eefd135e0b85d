/** One parameter of a space: validation, allowed values, draws and grids. */
import type { Params, ParamValue } from '../../protocol/values/index.js';
import { betaQuantile } from '../maths/beta.js';
import { exp, log, tidy } from '../maths/numeric.js';
import type { Allowed, Dimension, Random } from '../types.js';
import { entryOf } from '../../protocol/values/records.js';
import { l10n } from '../../format/l10n.js';

/** Limit beyond which a beta distribution is practically a single point. */
const MOST_BETA = 1e6;

/** Maximum number of choices; nobody writes a longer list by hand. */
const MOST_CHOICES = 10_000;
/** Number of choices that an error message lists. */
const LISTED = 20;

/** Range of a normal parameter, in standard deviations from the mean: as far as any draw will ever be. */
export const REACH = 8;

/** Dimensions with a lowest and a highest value. */
export type Ranged = Extract<Dimension, { kind: 'float' | 'int' | 'beta' }>;

/** Returns a text that is the same for equal values only. 1 and "1" differ; 1 and 1.0 don't. */
export function keyOfValue(value: ParamValue): string {
  return JSON.stringify(value);
}

export function sameValue(a: ParamValue, b: ParamValue): boolean {
  return a === b || (typeof a === 'object' && keyOfValue(a) === keyOfValue(b));
}

/** Returns whether a condition allows the value. */
export function allows(allowed: Allowed, value: ParamValue): boolean {
  if (Array.isArray(allowed)) return allowed.some((each) => sameValue(each, value));
  if ('not' in allowed) return !allowed.not.some((each) => sameValue(each, value));
  if (typeof value !== 'number') return false;
  const { above = -Infinity, atLeast = -Infinity, below = Infinity, atMost = Infinity } = allowed;
  return value > above && value >= atLeast && value < below && value <= atMost;
}

/** Returns whether the dimension is active, given its parents' values (absent parents are inactive). */
export function isActive(dimension: Dimension, params: Params): boolean {
  if (!dimension.when) return true;
  return Object.entries(dimension.when).every(([parent, allowed]) => {
    const value = entryOf(params, parent);
    return value !== undefined && allows(allowed, value);
  });
}

/** Returns what is wrong with the dimension by itself, or null. */
export function faultOf(d: Dimension): string | null {
  switch (d.kind) {
    case 'constant':
      return null;
    case 'choice':
      if (d.choices.length === 0) return l10n.t('has no choices');
      if (d.choices.length > MOST_CHOICES) return l10n.t('has more than {0} choices', MOST_CHOICES);
      if (new Set(d.choices.map(keyOfValue)).size < d.choices.length) return l10n.t('has the same choice twice');
      if (d.weights && d.weights.length !== d.choices.length) return l10n.t('needs one weight for each choice');
      if (d.weights && !d.weights.every((w) => w >= 0 && Number.isFinite(w)))
        return l10n.t('weights must not be negative');
      if (d.weights && !d.weights.some((w) => w > 0)) return l10n.t('one weight must be above 0');
      return null;
    case 'normal':
      if (!Number.isFinite(d.mean)) return l10n.t('the mean must be a number');
      if (!(d.sd > 0) || !Number.isFinite(d.sd)) return l10n.t('the standard deviation must be above 0');
      return d.step !== null && !(d.step > 0) ? l10n.t('the step must be above 0') : null;
    default: {
      if (!Number.isFinite(d.low) || !Number.isFinite(d.high)) return l10n.t('both bounds must be finite numbers');
      if (d.low > d.high) return l10n.t('the lower bound {0} is above the upper bound {1}', d.low, d.high);
      if (d.kind === 'beta' && !(d.a > 0 && d.b > 0 && d.a + d.b <= MOST_BETA)) {
        return l10n.t('both shapes must be above 0, and their sum at most {0}', MOST_BETA);
      }
      if (d.kind !== 'beta' && d.log && d.low <= 0)
        return l10n.t('a logarithmic range must begin above 0, not at {0}', d.low);
      if (d.step !== null && !(d.step > 0)) return l10n.t('the step must be above 0');
      if (d.step !== null && d.high > d.low && d.step > d.high - d.low)
        return l10n.t('the step is larger than the range');
      if (d.kind === 'beta') return null;
      if (d.unrounded) {
        const fault = unroundedFault(d);
        if (fault !== null) return fault;
      }
      if (!Number.isInteger(d.points ?? 1) || (d.points ?? 1) < 1) return l10n.t('points must be a whole number');
      if (d.kind === 'int') {
        if (![d.low, d.high, d.step].every(Number.isSafeInteger))
          return l10n.t('bounds and step must be whole numbers');
      }
      return null;
    }
  }
}

function unroundedFault({ unrounded, step, low, high, log }: Ranged & { kind: 'float' | 'int' }): string | null {
  const [from, to] = unrounded!;
  if (step === null) return l10n.t('unrounded needs a step');
  if (!Number.isFinite(from) || !Number.isFinite(to)) return l10n.t('both bounds of unrounded must be finite numbers');
  if (!(from <= to)) return l10n.t('the lower bound {0} of unrounded is above the upper bound {1}', from, to);
  if (log && from <= 0) return l10n.t('unrounded must begin above 0 in a logarithmic range, not at {0}', from);
  // A step of slack: a logarithmic range can't hold 0, and rounding errors are small.
  if (to < low - step || from > high + step) return l10n.t('unrounded lies outside the range');
  return null;
}

/** Returns the range of a random draw before it is rounded, in the logarithm if `log`. */
export function scaleOf(d: Ranged & { kind: 'float' | 'int' }): { from: number; to: number } {
  if (d.unrounded) {
    const [from, to] = d.unrounded;
    return d.log ? { from: log(from), to: log(to) } : { from, to };
  }
  // Adds half a step at both ends; otherwise the outermost values would come up half as often as they should.
  const half = d.kind === 'int' || (d.step !== null && !d.log) ? d.step! / 2 : 0;
  if (!d.log) return { from: d.low - half, to: d.high + half };
  return { from: log(Math.max(d.low - half, d.low / 2)), to: log(d.high + half) };
}

/** Returns why the dimension can't have this value, or null. `"0.1" is a text` is reported, not converted. */
export function refuse(d: Dimension, value: ParamValue): string | null {
  const show = JSON.stringify(value);
  if (d.kind === 'constant')
    return sameValue(d.value, value) ? null : l10n.t('must be {0}, not {1}', keyOfValue(d.value), show);
  if (d.kind === 'choice') {
    if (d.choices.some((choice) => sameValue(choice, value))) return null;
    const more = d.choices.length > LISTED ? ', …' : '';
    return l10n.t('must be one of {0}{1}, not {2}', d.choices.slice(0, LISTED).map(keyOfValue).join(', '), more, show);
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) return l10n.t('must be a number, not {0}', show);
  if (d.kind === 'normal') {
    // Small values round to 0 on a step.
    if (!d.log || value > 0 || (value === 0 && d.step !== null)) return null;
    return l10n.t('must be above 0, not {0}', show);
  }
  if (d.kind === 'int' && !Number.isInteger(value)) return l10n.t('must be a whole number, not {0}', show);
  if (value < d.low || value > d.high) return l10n.t('must be from {0} to {1}, not {2}', d.low, d.high, show);
  return null;
}

/** Returns the nearest value that the dimension can take. Not for choices and constants. */
export function snap(d: Ranged, value: number): number {
  const clipped = Math.min(d.high, Math.max(d.low, value));
  const step = d.step ?? 0;
  if (d.kind === 'int' && step === 1) return Math.min(d.high, Math.max(d.low, Math.round(clipped)));
  if (step === 0) return clipped;
  const index = Math.min(stepsOf(d) - 1, Math.round((clipped - d.low) / step));
  return valueAtStep(d, index);
}

/** Interpolates from low to high; safe from overflow. */
export function between(d: Ranged, share: number): number {
  return d.low * (1 - share) + d.high * share;
}

export function valueAtStep(d: Ranged, index: number): number {
  return Math.min(d.high, tidy(d.low + index * (d.step ?? 0)));
}

/** Returns the number of values of a stepped range. */
export function stepsOf(d: Ranged): number {
  if (d.low === d.high) return 1;
  if (d.step === null) return Infinity;
  return Math.floor((d.high - d.low) / d.step + 1e-9) + 1;
}

/** Makes one independent draw. For a dimension with one value, it uses random numbers only if necessary. */
export function draw(d: Dimension, random: Random): ParamValue {
  switch (d.kind) {
    case 'constant':
      return d.value;
    case 'choice':
      return d.choices[d.weights ? weighted(d.weights, random) : random.int(d.choices.length)]!;
    case 'normal': {
      const x = d.mean + d.sd * random.normal();
      const value = d.log ? Math.min(Number.MAX_VALUE, exp(x)) : x;
      return d.step === null ? value : tidy(Math.round(value / d.step) * d.step);
    }
    case 'beta':
      return d.low === d.high ? d.low : snap(d, between(d, betaQuantile(d.a, d.b, random.next())));
    default: {
      const n = stepsOf(d);
      if (!d.log && !d.unrounded) {
        return Number.isFinite(n) ? valueAtStep(d, random.int(n)) : snap(d, between(d, random.next()));
      }
      const { from, to } = scaleOf(d);
      const u = random.next();
      return snap(d, d.log ? exp(from + (to - from) * u) : from * (1 - u) + to * u);
    }
  }
}

function weighted(weights: readonly number[], random: Random): number {
  let left = random.next() * weights.reduce((sum, w) => sum + w, 0);
  for (const [index, w] of weights.entries()) {
    left -= w;
    if (left < 0) return index;
  }
  return weights.findLastIndex((w) => w > 0);
}

/**
 * Returns the values of a grid in order; null if there are infinitely many. `points` applies to ranges without their
 * own.
 */
export function gridOf(d: Dimension, points: number | null): { count: number; at(index: number): ParamValue } | null {
  if (d.kind === 'constant') return { count: 1, at: () => d.value };
  if (d.kind === 'choice') {
    const choices = d.weights ? d.choices.filter((_, i) => d.weights![i]! > 0) : d.choices;
    return { count: choices.length, at: (index) => choices[index]! };
  }
  if (d.kind === 'normal') return null;
  const wanted = d.kind === 'beta' ? null : (d.points ?? (d.step === null ? points : null));
  if (wanted !== null && d.kind !== 'beta') return spread(d, wanted);
  const count = stepsOf(d);
  return Number.isFinite(count) ? { count, at: (index) => valueAtStep(d, index) } : null;
}

/**
 * Returns this many values evenly from low to high (in the logarithm if `log`); integers that coincide are listed once.
 */
function spread(d: Exclude<Ranged, { kind: 'beta' }>, points: number) {
  if (points === 1 || d.low === d.high) return { count: 1, at: () => d.low };
  const raw = (index: number): number => {
    if (index === 0) return d.low;
    if (index === points - 1) return d.high;
    const t = index / (points - 1);
    return tidy(d.log ? exp(log(d.low) + (log(d.high) - log(d.low)) * t) : d.low + (d.high - d.low) * t);
  };
  if (d.kind === 'float' && d.step === null) return { count: points, at: raw };
  const values = [...new Set(Array.from({ length: Math.min(points, 1_000_000) }, (_, i) => snap(d, raw(i))))];
  return { count: values.length, at: (index: number) => values[index]! };
}

/** Returns the minimum and maximum value; null if the dimension is not numeric. */
export function rangeOf(d: Dimension): [low: number, high: number] | null {
  switch (d.kind) {
    case 'constant':
      return typeof d.value === 'number' ? [d.value, d.value] : null;
    case 'choice': {
      if (!d.choices.every((choice) => typeof choice === 'number')) return null;
      return [Math.min(...d.choices), Math.max(...d.choices)];
    }
    case 'normal': {
      const reach = REACH * d.sd;
      const [low, high] = [d.mean - reach, d.mean + reach];
      return d.log ? [d.step === null ? exp(low) : 0, Math.min(Number.MAX_VALUE, exp(high))] : [low, high];
    }
    default:
      return [d.low, Number.isFinite(stepsOf(d)) ? valueAtStep(d, stepsOf(d) - 1) : d.high];
  }
}

/** Returns the value nearest to the wish between `low` and `high`; null if there is none. */
export function nearestWithin(d: Dimension, wish: number, low: number, high: number): ParamValue | null {
  const within = rangeOf(d);
  if (!within) return null;
  const [from, to] = [Math.max(low, within[0]), Math.min(high, within[1])];
  if (!(from <= to)) return null;
  const at = Math.min(to, Math.max(from, wish));
  if (d.kind === 'constant') return d.value;
  if (d.kind === 'choice') {
    let best: ParamValue | null = null;
    for (const choice of d.choices as number[]) {
      if (choice < from || choice > to || (d.weights && d.weights[d.choices.indexOf(choice)] === 0)) continue;
      if (best === null || Math.abs(choice - wish) < Math.abs((best as number) - wish)) best = choice;
    }
    return best;
  }
  if (d.step === null) return at;
  const base = d.kind === 'normal' ? 0 : d.low;
  // Steps have decimal rounding errors: a value within a billionth of a step counts as on it.
  const [first, last] = [Math.ceil((from - base) / d.step - 1e-9), Math.floor((to - base) / d.step + 1e-9)];
  if (first > last) return null;
  const index = Math.min(last, Math.max(first, Math.round((at - base) / d.step)));
  return d.kind === 'normal' ? tidy(index * d.step) : valueAtStep(d, index);
}
