/** Draws the candidates of a CMA-ES generation, and updates the distribution when it is complete. */
import type { Params } from '../../../protocol/values/index.js';
import { isAllowed, nearestAllowed } from '../../constraints/index.js';
import type { Random, Space } from '../../types.js';
import { compareStandings, COMPLETED, type Standing } from '../evolution/standing.js';
import type { Categories } from './categories.js';
import type { Gaussian } from './gaussian.js';
import type { Layout, Place } from './layout.js';
import { applyMargin } from './margin.js';
import { shareEqually } from './weights.js';

/** Number of draws before a point is moved into the ranges. */
const DRAWS = 10;
/** Picks of a space without choices. */
const NONE = new Int32Array(0);

/** A drawn point and its generation. */
export interface Drawn extends Place {
  generation: number;
  /** True if constraints moved the point, or it was not drawn from its generation's distribution at all. */
  foreign: boolean;
  /** Place of the params themselves: integers lie in the middle of their cell. */
  shown: Place;
}
export interface Candidate extends Drawn {
  /** Params; null in a plain layout until they are needed. */
  params: Params | null;
}
export interface Member extends Drawn {
  standing: Standing;
  /** Id of its trial; Infinity if it was not tried. */
  id: number;
}

export interface Distribution {
  gaussian: Gaussian;
  categories: Categories;
}

/** Draws a candidate. With `bottom`, the numbers are this point, or as near to it as a draw might be. */
export function drawCandidate(
  { gaussian, categories }: Distribution,
  layout: Layout,
  space: Space,
  generation: number,
  random: Random,
  bottom: Float64Array | null = null,
): Candidate {
  const n = layout.numbers.length;
  const at = new Float64Array(n);
  if (layout.plain) {
    if (bottom) {
      at.set(bottom);
      gaussian.approach(at);
      clip(at);
    } else drawInside(gaussian, random, at);
    return { at, picks: NONE, generation, foreign: bottom !== null, params: null, shown: { at, picks: NONE } };
  }
  const picks = new Int32Array(layout.choices.length);
  let params: Params = {};
  let allowed = false;
  for (let attempt = 0; attempt < DRAWS && !allowed; attempt++) {
    categories.draw(random, picks);
    if (bottom) {
      at.set(bottom);
      gaussian.approach(at);
      clip(at);
    } else if (n > 0) drawInside(gaussian, random, at);
    params = layout.toParams({ at, picks });
    allowed = isAllowed(space, params);
  }
  if (!allowed) {
    params = nearestAllowed(space, params, random);
    const place = layout.toPlace(params, at);
    at.set(place.at);
    picks.set(place.picks);
  }
  layout.forget(params, picks);
  return { at, picks, generation, foreign: !allowed || bottom !== null, params, shown: layout.shown(params) };
}

/** Updates the distribution. Returns the spread of the better half's losses; Infinity if some of them are unknown. */
export function learnFrom(members: Member[], layout: Layout, { gaussian, categories }: Distribution): number {
  const n = layout.numbers.length;
  const order = (a: Member, b: Member) => compareStandings(a.standing, b.standing);
  members.sort((a, b) => order(a, b) || (a.id === b.id ? 0 : a.id - b.id));
  const best = members[0]!;
  const middle = members[members.length >> 1]!;
  const rates = layout.rates.of(members.length);
  const weights = shareEqually(rates.weights, (i) => order(members[i]!, members[i + 1]!) === 0);
  if (n > 0 && members.length > 1) {
    gaussian.learn(members, weights, rates);
    // On a plateau there is only something to learn farther away.
    if (order(best, middle) === 0) gaussian.widen(rates);
    applyMargin(gaussian, layout.edges, 1 / (n * members.length));
  }
  categories.learn(members, weights);
  return middle.standing.kind === COMPLETED ? middle.standing.losses[0]! - best.standing.losses[0]! : Infinity;
}

function drawInside(gaussian: Gaussian, random: Random, at: Float64Array): void {
  for (let attempt = 0; attempt < DRAWS; attempt++) {
    gaussian.draw(random, at);
    if (isInside(at)) return;
  }
  clip(at);
}
function clip(at: Float64Array): void {
  for (let i = 0; i < at.length; i++) at[i] = Math.min(1, Math.max(0, at[i]!));
}
function isInside(at: Float64Array): boolean {
  for (let i = 0; i < at.length; i++) if (!(at[i]! >= 0 && at[i]! <= 1)) return false;
  return true;
}
