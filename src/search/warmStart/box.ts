/**
 * The part of a space where earlier searches were good: the smallest box around their best trials, slightly widened.
 * Perrone, Shen, Seeger, Archambeau & Jenatton, "Learning search spaces for Bayesian optimization" (NeurIPS 2019),
 * section 4.1. There the box spans the best trial of each of many searches; here there may be only one search, so each
 * contributes its best `SHARE` of trials.
 *
 * - A range keeps `MARGIN` of the whole on both sides. On average, n good trials that are evenly spread leave 1/(n + 1)
 *   of their range uncovered on each side, so that much is added too.
 * - Choices: those seen among the good trials. A value outside the range counts as the range's end.
 * - A parameter that no good trial had stays as it is.
 */
import type { ParamValue } from '../../protocol/values/index.js';
import { SearchError } from '../errors.js';
import { checkSpace, refuse, sameValue } from '../space/index.js';
import type { Dimension, Goal, Space, Trial } from '../types.js';
import { axesOf, type Axis } from '../space/unit.js';
import { bestFirst } from './good.js';
import { entryOf } from '../../protocol/values/records.js';

const SHARE = 0.1;
const LEAST = 3;
const MOST = 20;
const MARGIN = 0.05;

/** Returns null if the box would be the whole space, or if constraints leave nothing of it. */
export function boxOf(space: Space, groups: readonly (readonly Trial[])[], goals: readonly Goal[]): Space | null {
  const good = groups.flatMap((group) => {
    const ranked = bestFirst(group, goals);
    return ranked.slice(0, Math.min(MOST, Math.max(LEAST, Math.ceil(SHARE * ranked.length))));
  });
  let smaller = false;
  const dimensions = axesOf(space).map((axis) => {
    const { name } = axis.dimension;
    const values = good.flatMap(({ params }) => (Object.hasOwn(params, name) ? [entryOf(params, name)!] : []));
    const shrunk = values.length > 0 ? shrink(axis, values) : null;
    if (shrunk) smaller = true;
    return shrunk ? withinPrior(shrunk) : axis.dimension;
  });
  if (!smaller) return null;
  const box = { ...space, dimensions };
  try {
    checkSpace(box);
    return box;
  } catch (error) {
    if (error instanceof SearchError) return null;
    throw error;
  }
}

/** Returns null if nothing is cut off. */
function shrink({ dimension: d, toUnit, fromUnit }: Axis, values: ParamValue[]): Dimension | null {
  if (d.kind === 'choice') {
    const kept = d.choices.flatMap((choice, i) => (values.some((value) => sameValue(value, choice)) ? [i] : []));
    const weighty = d.weights === null || kept.some((i) => d.weights![i]! > 0);
    if (kept.length === 0 || kept.length === d.choices.length || !weighty) return null;
    return { ...d, choices: kept.map((i) => d.choices[i]!), weights: d.weights && kept.map((i) => d.weights![i]!) };
  }
  if ((d.kind !== 'float' && d.kind !== 'int') || d.low === d.high) return null;
  const places = values.flatMap((value) => {
    return typeof value === 'number' ? toUnit(Math.min(d.high, Math.max(d.low, value))) : [];
  });
  if (places.length === 0) return null;
  const [least, most] = [Math.min(...places), Math.max(...places)];
  const margin = MARGIN + (most - least) / (places.length + 1);
  const low = least - margin <= 0 ? d.low : (fromUnit(least - margin) as number);
  const high = most + margin >= 1 ? d.high : (fromUnit(most + margin) as number);
  return low <= d.low && high >= d.high ? null : ({ ...d, low, high } as Dimension);
}

/** The user's prior may lie outside the box; then it is dropped. */
function withinPrior(d: Dimension): Dimension {
  return d.prior && refuse(d, d.prior.value) !== null ? { ...d, prior: null } : d;
}
