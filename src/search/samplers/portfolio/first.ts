/**
 * The first trial of a search that knows nothing yet: what the person expects to be good, and where nothing is
 * expected the middle of the range: of all points it is the one from which the best is the least far, whatever that is.
 */
import type { Params } from '../../../protocol/values.js';
import { feasible } from '../../constraints/index.js';
import type { History, Random, Space } from '../../types.js';
import { Belief } from '../parzen/belief.js';
import { Tree } from '../parzen/tree.js';

/** Null when it is not the first. */
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
