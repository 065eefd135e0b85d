/**
 * The first trial of a search that knows nothing yet: the user's priors, and the middle of the range where there are
 * none, because that minimizes the greatest possible distance to the optimum.
 */
import type { Params } from '../../../protocol/values/index.js';
import { feasible } from '../../constraints/index.js';
import type { History, Random, Space } from '../../types.js';
import { Belief } from '../parzen/belief.js';
import { Tree } from '../parzen/tree.js';

/** Returns null if this is not the first trial. */
export function firstOf(history: History, random: Random): Params | null {
  if (history.trials.length > 0 || history.earlier?.length) return null;
  return expected(history.space, random);
}

function expected(space: Space, random: Random): Params {
  const tree = new Tree(space);
  const belief = Belief.of(space, tree, 1);
  const point = new Float64Array(tree.axes.length);
  return feasible(space, random, () => {
    if (belief) belief.mode(random, point);
    else tree.fill(point, (d) => tree.middleOf(d, random));
    return tree.paramsAt(point);
  });
}
