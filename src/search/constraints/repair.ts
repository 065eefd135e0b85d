/**
 * Points that obey a space's rules as well as its linear constraints. Rules can have any shape, so points are found by
 * local search, and spread over the allowed region by slice sampling.
 */
import { entryOf, setEntry } from '../../protocol/values/records.js';
import type { Params } from '../../protocol/values/index.js';
import { draw, isActive } from '../space/dimension.js';
import { axesOf, type Axis } from '../space/unit.js';
import type { Random, Space } from '../types.js';
import type { Rules } from './rules.js';

type Allows = (params: Params) => boolean;

/** Number of rounds of slice sampling, each with one move of every parameter. */
const ROUNDS = 20;
/** Number of times that a slice may shrink before the parameter keeps its value. */
const SHRINKS = 40;
/** Number of candidate values of one parameter. */
const CANDIDATES = 32;
/** Number of steps of the local search before it gives up. */
const STEPS = 60;
/** Number of bisections towards the wish. */
const BISECTIONS = 24;

const axes = new WeakMap<readonly unknown[], Axis[]>();
function axesFor({ dimensions }: Space): Axis[] {
  let found = axes.get(dimensions);
  if (!found) axes.set(dimensions, (found = axesOf({ dimensions })));
  return found;
}

/** Returns the params with one value replaced; children of conditions appear (drawn) and disappear as needed. */
function withValue(space: Space, params: Params, name: string, value: Params[string], random: Random): Params {
  const changed: Params = {};
  for (const d of space.dimensions) {
    if (!isActive(d, changed)) continue;
    const own = d.name === name ? value : entryOf(params, d.name);
    setEntry(changed, d.name, own === undefined ? draw(d, random) : own);
  }
  return changed;
}

/**
 * Returns an allowed point near `wish`, or null if none was found: changes one parameter of a broken rule at a time, to the
 * value that breaks the fewest rules, nearest first (min-conflicts: Minton et al., Artificial Intelligence 58, 1992).
 */
export function repaired(space: Space, rules: Rules, wish: Params, allows: Allows, random: Random): Params | null {
  let params = wish;
  for (let step = 0; step < STEPS; step++) {
    const broken = rules.broken(params);
    if (broken.length === 0) return allows(params) ? nearer(space, rules, params, wish, allows) : null;
    const names = [...rules.names[broken[random.int(broken.length)]!]!];
    let best: { params: Params; score: number } | null = null;
    for (const axis of axesFor(space)) {
      const { name } = axis.dimension;
      const current = entryOf(params, name);
      if (!names.includes(name) || current === undefined || axis.count === 1) continue;
      const from = axis.toUnit(entryOf(wish, name) ?? current);
      for (let k = 0; k < (axis.count || CANDIDATES) && k < CANDIDATES; k++) {
        const value =
          axis.count && axis.count <= CANDIDATES ? axis.fromIndex(k) : axis.fromUnit(k === 0 ? from : random.next());
        const changed = withValue(space, params, name, value, random);
        const distance = axis.ordered ? Math.abs(axis.toUnit(value) - from) : value === entryOf(wish, name) ? 0 : 1;
        // A little noise, so that the search does not go round in a circle.
        const score = rules.broken(changed).length + 0.5 * distance + 0.2 * random.next();
        if (!best || score < best.score) best = { params: changed, score };
      }
    }
    if (!best) return null;
    params = best.params;
  }
  return null;
}

/** Moves an allowed point's numbers back towards the wish, one after the other, as far as the constraints permit. */
function nearer(space: Space, rules: Rules, found: Params, wish: Params, allows: Allows): Params {
  const params = { ...found };
  for (const axis of axesFor(space)) {
    const { name } = axis.dimension;
    const [to, from] = [entryOf(wish, name), entryOf(params, name)];
    if (!rules.used.has(name) || !axis.ordered || typeof to !== 'number' || typeof from !== 'number' || to === from)
      continue;
    let [near, far] = [axis.toUnit(from), axis.toUnit(to)];
    for (let i = 0; i < BISECTIONS; i++) {
      const middle = (near + far) / 2;
      const before = entryOf(params, name)!;
      setEntry(params, name, axis.fromUnit(middle));
      if (allows(params)) near = middle;
      else {
        setEntry(params, name, before);
        far = middle;
      }
    }
  }
  return params;
}

/**
 * Returns a randomized copy of an allowed point. Each move redraws one parameter from its own distribution within the
 * allowed region (slice sampling with shrinkage: R. M. Neal, Annals of Statistics 31, 2003, section 4); parents of
 * conditions keep their values. Many moves approach independent draws, conditioned on the constraints.
 */
export function spreadOut(space: Space, params: Params, allows: Allows, random: Random): Params {
  const moved = { ...params };
  const parents = new Set(space.dimensions.flatMap((d) => Object.keys(d.when ?? {})));
  const free = axesFor(space).filter(
    ({ count, dimension: { name } }) => count !== 1 && !parents.has(name) && entryOf(moved, name) !== undefined,
  );
  for (let n = 0; n < ROUNDS * free.length; n++) {
    const axis = free[random.int(free.length)]!;
    const { name } = axis.dimension;
    const before = entryOf(moved, name)!;
    const at = axis.toUnit(before);
    let [low, high] = [0, 1];
    for (let i = 0; ; i++) {
      const u = low + (high - low) * random.next();
      setEntry(moved, name, axis.fromUnit(u));
      if (allows(moved)) break;
      setEntry(moved, name, before);
      if (i === SHRINKS) break;
      if (u < at) low = u;
      else high = u;
    }
  }
  return moved;
}
