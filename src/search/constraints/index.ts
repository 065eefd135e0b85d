/**
 * Constraints on params, which every suggestion obeys: linear ones, and rules of any shape (rules.ts; points that obey them
 * come from repair.ts). A sampler that draws calls `feasible(space, random, draw)`; one
 * that moves to a point of its own (an optimizer, a population) calls `nearestAllowed(space, params, random)`; a
 * sampler that lists points filters them with `isAllowed`. Terms of inactive parameters count as 0. Draws from the
 * parameters' own distributions use `feasiblePrior`, which spreads repaired draws over the whole feasible region
 * (mix.ts).
 *
 * `feasible` redraws while that is cheap, which preserves the distribution of the draws. Then it repairs the last draw:
 * 1. The relaxation method (S. Agmon; T. S. Motzkin & I. J. Schoenberg, Canadian Journal of Mathematics 6, 1954) moves
 *    the ranges towards the constraints, each in proportion to its width.
 * 2. From there, values are set one after another, each to the nearest one for which interval arithmetic leaves the
 *    rest a chance; a value that leaves none is taken back. With one constraint, or several of the same direction, this
 *    never backtracks. Parents of conditions keep their values while possible.
 * 3. If that gives up, the point moves along a straight line towards an allowed point, as far as needed. That anchor
 *    was found by the same method from other starting points when the space was checked.
 */
import type { Params } from '../../protocol/values/index.js';
import { draw, isActive, nearestWithin, rangeOf } from '../space/dimension.js';
import { SearchError, SpaceError } from '../errors.js';
import { type Linear, linearOf } from './linear.js';
import { log } from '../maths/numeric.js';
import { createRandom } from '../maths/random.js';
import type { Dimension, Random, Space } from '../types.js';
import { mixed } from './mix.js';
import { repaired, spreadOut } from './repair.js';
import { namesIn, rulesOf, type Rules } from './rules.js';
import { Walk } from './walk.js';
import { entryOf, hasEntry, setEntry } from '../../protocol/values/records.js';
import { l10n } from '../../format/l10n.js';

/** Numbers of draws before a repair, of relaxation passes, and of passes that step beyond the edge (`BEYOND`). */
const TRIES = 50;
/** Number of draws before a repair if there are rules: they are cheap to test, and redraws keep the distribution. */
const RULE_TRIES = 400;
const PASSES = 50;
const FAR_PASSES = 1000;
const BEYOND = 1.8;
const TINY = 1e-12;
/** Starting points of the one-time search for an allowed point, and its total limit on values set. */
const BEGINNINGS = 200;
/** Number of allowed points that are kept for spaces with rules. */
const ANCHORS = 8;
const RULE_BEGINNINGS = 60;
const ALL_VISITS = 20_000;

/** Returns whether suggestions must obey linear constraints or rules. */
export function isConstrained({ constraints, rules }: Space): boolean {
  return (constraints?.length ?? 0) + (rules?.length ?? 0) > 0;
}

/** Returns whether the params meet every constraint of the space; inactive parameters count as 0 in sums. */
export function isAllowed(space: Space, params: Params): boolean {
  return (linearOf(space)?.allows(params) ?? true) && (rulesOf(space)?.allows(params) ?? true);
}

/** Throws SpaceError if the constraints make no sense or no point meets them. */
export function checkConstraints(space: Space): void {
  const byName = new Map(space.dimensions.map((d) => [d.name, d]));
  for (const { terms, atMost } of space.constraints ?? []) {
    const text = constraintText({ terms, atMost });
    const wrong = (message: string): never => {
      throw new SpaceError(null, `constraint "${text}": ${message}`);
    };
    if (!Number.isFinite(atMost)) wrong(l10n.t('its bound must be a finite number'));
    for (const [name, factor] of Object.entries(terms)) {
      const dimension = byName.get(name) ?? wrong(l10n.t('"{0}" is not in the search space', name));
      if (!rangeOf(dimension)) wrong(l10n.t('"{0}" must be a number throughout', name));
      if (!Number.isFinite(factor)) wrong(l10n.t('the factor of "{0}" must be a finite number', name));
    }
  }
  for (const { text, rule } of space.rules ?? []) {
    for (const name of namesIn(rule)) {
      if (!byName.has(name))
        throw new SpaceError(null, l10n.t('constraint "{0}": "{1}" is not in the search space', text, name));
    }
  }
  const linear = linearOf(space);
  if (linear) checkLinear(space, linear);
  const rules = rulesOf(space);
  if (!rules || anchorsOf(space, rules).length > 0) return;
  const texts = rules.rules.map(({ text }) => `"${text}"`).join(' and ');
  throw new SpaceError(null, l10n.t('found no point of the space that meets {0}: is there one?', texts));
}

function checkLinear(space: Space, linear: Linear): void {
  for (const [r, row] of linear.rows.entries()) {
    const least = linear.least(row, {}, () => false);
    if (least <= row.limit) continue;
    const text = constraintText(space.constraints![r]!);
    throw new SpaceError(
      null,
      l10n.t('constraint "{0}" can\'t be met: its sum is at least {1} in this space', text, least),
    );
  }
  if (!anchorOf(space, linear)) {
    throw new SpaceError(
      null,
      l10n.t('found no point of the space that meets all its constraints: do they contradict each other?'),
    );
  }
}

/** Formats a constraint as a person would write it: `a + 2 * b <= 5`. */
export function constraintText({ terms, atMost }: NonNullable<Space['constraints']>[number]): string {
  const parts = Object.entries(terms).map(([name, factor], i) => {
    const size = Math.abs(factor);
    const sign = factor < 0 ? (i ? ' - ' : '-') : i ? ' + ' : '';
    return `${sign}${size === 1 ? '' : `${size} * `}${name}`;
  });
  return `${parts.join('') || '0'} <= ${atMost}`;
}

/**
 * Returns a draw that the constraints allow. Throws SearchError if there is none, which cannot happen in a checked
 * space.
 */
export function feasible(space: Space, random: Random, draw: () => Params, tries = TRIES): Params {
  const { params, moved } = firstAllowed(space, random, draw, tries);
  return moved ?? params;
}

/**
 * Works like `feasible`, for draws from the parameters' own distributions: the result is distributed like those draws
 * conditioned on the constraints, however small the feasible region. Repaired draws alone would lie on its edge.
 */
export function feasiblePrior(space: Space, random: Random, draw: () => Params, tries = TRIES): Params {
  const { params, moved } = firstAllowed(space, random, draw, tries);
  return moved ? spread(space, moved, random) : params;
}

function spread(space: Space, params: Params, random: Random): Params {
  if (rulesOf(space)) return spreadOut(space, params, (other) => isAllowed(space, other), random);
  return mixed(space, linearOf(space)!, params, random);
}

function firstAllowed(space: Space, random: Random, draw: () => Params, tries: number) {
  let params = draw();
  if (!isConstrained(space)) return { params, moved: null };
  const most = rulesOf(space) ? Math.max(tries, RULE_TRIES) : tries;
  for (let i = 1; i < most && !isAllowed(space, params); i++) params = draw();
  return { params, moved: isAllowed(space, params) ? null : nearestAllowed(space, params, random) };
}

/**
 * Returns the params themselves if they are allowed, else an allowed point near them; conditions decide which
 * parameters it has.
 */
export function nearestAllowed(space: Space, params: Params, random: Random): Params {
  if (isAllowed(space, params)) return params;
  const linear = linearOf(space);
  const met = linear && !linear.allows(params) ? nearestLinear(space, linear, params, random) : params;
  const rules = rulesOf(space);
  if (!rules) return met;
  const allows = (other: Params) => isAllowed(space, other);
  if (allows(met)) return met;
  const found = repaired(space, rules, met, allows, random);
  if (found) return inOrder(space, found);
  // Nothing near: any allowed point of those found when the space was checked, elsewhere in its own region.
  const anchors = anchorsOf(space, rules);
  if (anchors.length === 0) throw new SearchError(l10n.t('found no point of the space that meets all its constraints'));
  return spreadOut(space, anchors[random.int(anchors.length)]!, allows, random);
}

function nearestLinear(space: Space, linear: Linear, params: Params, random: Random): Params {
  let moved = relax(linear, params);
  if (!linear.allows(moved)) moved = relax(linear, moved, PASSES, BEYOND);
  const found = new Walk(linear, moved, random).found ?? along(linear, params, anchorOf(space, linear));
  if (!found) throw new SearchError(l10n.t('found no point of the space that meets all its constraints'));
  return inOrder(space, found);
}

/** Completes the params that a user gave, obeying the constraints if the given values permit it. */
export function complete(space: Space, random: Random, given: Params, drawRest: () => Params): Params {
  const linear = linearOf(space);
  if (rulesOf(space)) {
    const { params, moved } = firstAllowed(space, random, drawRest, TRIES);
    if (!moved) return params;
    if (Object.keys(given).length === 0) return spread(space, moved, random);
    // Values that a person gave stay as they are, if need be against a rule.
    return Object.keys(given).every((name) => entryOf(moved, name) === entryOf(given, name)) ? moved : params;
  }
  let params = drawRest();
  if (!linear) return params;
  for (let i = 1; i < TRIES && !linear.allows(params); i++) params = drawRest();
  if (linear.allows(params)) return params;
  const found = new Walk(linear, params, random, given).found;
  if (!found) return params;
  const ordered = inOrder(space, found);
  return Object.keys(given).length === 0 ? mixed(space, linear, ordered, random) : ordered;
}

const inOrder = (space: Space, params: Params): Params =>
  Object.fromEntries(
    space.dimensions.flatMap(({ name }) => (hasEntry(params, name) ? [[name, entryOf(params, name)!]] : [])),
  );

const anchors = new WeakMap<Linear, Params | null>();

/** Returns a point that meets all constraints, or null if none was found. The search runs once per space. */
function anchorOf(space: Space, linear: Linear): Params | null {
  if (anchors.has(linear)) return anchors.get(linear)!;
  const random = createRandom(1);
  let found: Params | null = null;
  let visits = 0;
  for (let i = 0; i < BEGINNINGS && visits < ALL_VISITS && !found; i++) {
    const params: Params = {};
    for (const d of space.dimensions) if (isActive(d, params)) setEntry(params, d.name, draw(d, random));
    if (linear.allows(params)) found = params;
    else {
      const walk = new Walk(linear, i % 2 ? relax(linear, params, FAR_PASSES, BEYOND) : relax(linear, params), random);
      found = walk.found;
      visits += walk.visits;
    }
  }
  anchors.set(linear, found);
  return found;
}

const ruleAnchors = new WeakMap<Rules, { dimensions: Space['dimensions']; found: Params[] }>();

/** Returns up to a few allowed points, from different beginnings. The search runs once per space. */
function anchorsOf(space: Space, rules: Rules): Params[] {
  const known = ruleAnchors.get(rules);
  if (known?.dimensions === space.dimensions) return known.found;
  const random = createRandom(1);
  const linear = linearOf(space);
  const allows = (params: Params) => isAllowed(space, params);
  const found: Params[] = [];
  for (let i = 0; i < RULE_BEGINNINGS && found.length < ANCHORS; i++) {
    let params: Params = {};
    for (const d of space.dimensions) if (isActive(d, params)) setEntry(params, d.name, draw(d, random));
    if (linear && !linear.allows(params)) params = nearestLinear(space, linear, params, random);
    const met = allows(params) ? params : repaired(space, rules, params, allows, random);
    if (met) found.push(inOrder(space, met));
  }
  ruleAnchors.set(rules, { dimensions: space.dimensions, found });
  return found;
}

/**
 * Returns how fast the value changes along its own axis: the range's width, or on a logarithmic scale the local one.
 */
function widthAt(d: Dimension, value: number, low: number, high: number): number {
  return 'log' in d && d.log ? Math.abs(value) * (low > 0 ? log(high / low) : 1) : high - low;
}

/**
 * Moves the ranges' values towards the feasible region, off their steps if necessary. A step above 1 overshoots the
 * edge, which converges sooner in a narrow corner (Motzkin & Schoenberg) but ends less near.
 */
function relax(linear: Linear, params: Params, passes = PASSES, step = 1): Params {
  const { dimensions, rows, lows, highs } = linear;
  const moved = { ...params };
  for (let pass = 0; pass < passes; pass++) {
    let worst = -1;
    let excess = 0;
    for (const [r, row] of rows.entries()) {
      const over = linear.sum(row, moved) - row.atMost;
      if (over > excess && over > TINY * Math.abs(row.atMost)) [worst, excess] = [r, over];
    }
    if (worst < 0) break;
    const { at, factors } = rows[worst]!;
    const shares = at.map((i, k) => {
      const d = dimensions[i]!;
      const value = entryOf(moved, d.name);
      if (typeof value !== 'number' || d.kind === 'constant') return 0;
      const atEnd = factors[k]! > 0 ? value <= lows[i]! : value >= highs[i]!;
      const width = atEnd ? 0 : widthAt(d, value, lows[i]!, highs[i]!);
      return factors[k]! * width * width;
    });
    const total = shares.reduce((sum, share, k) => sum + share * factors[k]!, 0);
    if (!(total > 0) || !Number.isFinite(total)) break;
    for (const [k, i] of at.entries()) {
      if (shares[k] === 0) continue;
      const { name } = dimensions[i]!;
      const value = (entryOf(moved, name) as number) - (step * shares[k]! * excess) / total;
      setEntry(moved, name, Math.min(highs[i]!, Math.max(lows[i]!, value)));
    }
  }
  return moved;
}

/**
 * Returns the allowed point nearest to the wish on the line from the anchor; parameters that are not ranges take the
 * anchor's value.
 */
function along(linear: Linear, wish: Params, anchor: Params | null): Params | null {
  if (!anchor) return null;
  const at = (t: number): Params => {
    const params: Params = { ...anchor };
    for (const [i, d] of linear.dimensions.entries()) {
      const [from, to] = [entryOf(anchor, d.name), entryOf(wish, d.name)];
      if (linear.isParent[i] || linear.rowsOf[i]!.length === 0 || d.kind === 'choice') continue;
      if (typeof from !== 'number' || typeof to !== 'number') continue;
      setEntry(params, d.name, nearestWithin(d, from * (1 - t) + to * t, -Infinity, Infinity) ?? from);
    }
    return params;
  };
  let [best, low, high] = [anchor, 0, 1];
  for (let step = 0; step < 20; step++) {
    const middle = (low + high) / 2;
    const params = at(middle);
    if (linear.allows(params)) [best, low] = [params, middle];
    else high = middle;
  }
  return best;
}
