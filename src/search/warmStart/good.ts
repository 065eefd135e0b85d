/** The good trials of earlier searches. Values are compared only within a search: another one may have been easier. */
import { nonDominatedRanks } from '../pareto/index.js';
import { feasible, measure } from '../recommend/measured.js';
import { keyOf } from '../space/index.js';
import type { Goal, Space, Trial } from '../types.js';
import { axesOf } from '../space/unit.js';
import { adapt } from '../widen/adapt.js';
import { entryOf } from '../../protocol/values/records.js';

/** Returns the trials best first; only those that met the constraints, if any did. */
export function bestFirst(group: readonly Trial[], goals: readonly Goal[]): Trial[] {
  const measured = feasible(measure(group, goals));
  const key =
    goals.length === 1
      ? Float64Array.from(measured, ({ losses }) => losses[0]!)
      : nonDominatedRanks(measured.map(({ losses }) => losses));
  const order = Array.from(measured.keys()).sort((a, b) => (key[a] === key[b] ? a - b : key[a]! < key[b]! ? -1 : 1));
  return order.map((i) => measured[i]!.trial);
}

/**
 * Returns the best of each search in turn, each different from those before: of two that are closer to each other than
 * `apart` of the space in every parameter, only the better one is taken.
 */
export function diverse(ranked: readonly (readonly Trial[])[], space: Space, most: number, apart = 0.1): Trial[] {
  const axes = axesOf(space).filter(({ count }) => count !== 1);
  const chosen: Trial[] = [];
  const keys = new Set<string>();
  const near = (a: Trial, b: Trial) =>
    axes.every((axis) => {
      const { name } = axis.dimension;
      const [x, y] = [entryOf(a.params, name), entryOf(b.params, name)];
      if (x === undefined || y === undefined) return x === y;
      if (!axis.ordered) return JSON.stringify(x) === JSON.stringify(y);
      if (typeof x !== 'number' || typeof y !== 'number') return false;
      return Math.abs(axis.toUnit(x) - axis.toUnit(y)) < apart;
    });
  const longest = Math.max(0, ...ranked.map((group) => group.length));
  for (let place = 0; place < longest && chosen.length < most; place++) {
    for (const group of ranked) {
      const trial = group[place];
      if (!trial || chosen.length >= most) continue;
      const key = keyOf(space, adapt(space, trial.params).params);
      if (keys.has(key) || chosen.some((other) => near(other, trial))) continue;
      keys.add(key);
      chosen.push(trial);
    }
  }
  return chosen;
}
