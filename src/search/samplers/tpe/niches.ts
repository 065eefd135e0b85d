/**
 * Selects good trials that lie apart: the best one, the best of those at least `radius` from it, and so on. A.
 * Pétrowski, "A clearing procedure as a niching method for genetic algorithms" (ICEC 1996). The best tenth of a
 * converged search all lie in one place, and TPE looks nowhere else even if that is only a local optimum; suggestions
 * from niches keep an eye on the other places.
 */
import type { Observations } from '../observations.js';
import { INACTIVE, type Tree } from '../parzen/tree.js';

/** Contribution to the squared distance of a different choice, and of a parameter that only one of the two has. */
const OTHER_CHOICE = 0.5;
const OTHER_BRANCH = 1 / 6;

/**
 * Returns at most `most` of the ranked trials, best first; the radius is the root mean square over parameters, in
 * shares of the ranges.
 */
export function niches(
  ranked: Int32Array,
  { columns }: Observations,
  tree: Tree,
  radius: number,
  most: number,
): Int32Array {
  const kept: number[] = [];
  for (let i = 0; i < ranked.length && kept.length < most; i++) {
    const id = ranked[i]!;
    if (!kept.some((other) => isNear(id, other, columns, tree, radius))) kept.push(id);
  }
  return Int32Array.from(kept);
}

function isNear(a: number, b: number, columns: readonly Float64Array[], { axes }: Tree, radius: number): boolean {
  let [sum, parameters] = [0, 0];
  for (let d = 0; d < axes.length; d++) {
    const axis = axes[d]!;
    const [x, y] = [columns[d]![a]!, columns[d]![b]!];
    if (axis.count === 1 || (x === INACTIVE && y === INACTIVE)) continue;
    parameters++;
    if (x === INACTIVE || y === INACTIVE) sum += OTHER_BRANCH;
    else if (!axis.ordered) sum += x === y ? 0 : OTHER_CHOICE;
    else sum += ((x - y) / (axis.count || 1)) ** 2;
  }
  return sum < radius * radius * parameters;
}
