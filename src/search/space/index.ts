/** Search spaces: validation, drawing, counting, and identity of trials. */
import type { Params } from '../../protocol/values/index.js';
import { checkConstraints, complete, isAllowed } from '../constraints/index.js';
import { draw, faultOf, gridOf, isActive, keyOfValue, refuse } from './dimension.js';
import { SpaceError } from '../errors.js';
import { linearOf } from '../constraints/linear.js';
import { rulesOf } from '../constraints/rules.js';
import type { Random, Space } from '../types.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';
import { l10n } from '../../format/l10n.js';

export * from './dimension.js';

/** Returns a text that is the same for two trials exactly when they try the same point. */
export function keyOf(space: Space, params: Params): string {
  const parts: string[] = [];
  for (const { name } of space.dimensions) {
    const value = entryOf(params, name);
    parts.push(value === undefined ? '' : keyOfValue(value));
  }
  return parts.join('\u0000');
}

/** Maximum number of parameters: samplers take time and memory that grow with their number, some with its cube. */
export const MOST_DIMENSIONS = 1000;
export const tooManyDimensions = (count: number): string | null =>
  count > MOST_DIMENSIONS
    ? l10n.t(
        '{0} parameters are searched; at most {1} can be',
        count.toLocaleString('en'),
        MOST_DIMENSIONS.toLocaleString('en'),
      )
    : null;

/** Throws SpaceError at the first error. */
export function checkSpace(space: Space): void {
  const names = new Set<string>();
  const tooMany = tooManyDimensions(space.dimensions.length);
  if (tooMany !== null) throw new SpaceError(null, tooMany);
  for (const dimension of space.dimensions) {
    const { name } = dimension;
    const wrong = (message: string): never => {
      throw new SpaceError(name, `"${name}": ${message}`);
    };
    if (names.has(name)) wrong(l10n.t('is in the space twice'));
    for (const parent of Object.keys(dimension.when ?? {})) {
      if (!names.has(parent)) wrong(l10n.t('its condition names "{0}", which does not come before it', parent));
    }
    names.add(name);
    const fault = faultOf(dimension);
    if (fault) wrong(fault);
    const { prior, stage } = dimension;
    const refusal = prior ? refuse(dimension, prior.value) : null;
    if (refusal) wrong(l10n.t('its prior {0}', refusal));
    if (prior?.sd !== undefined && !(prior.sd > 0 && prior.sd <= 1))
      wrong(l10n.t('the sd of its prior must be above 0, at most 1'));
    if (stage === '') wrong(l10n.t('its stage needs a name'));
  }
  if (names.size === 0) throw new SpaceError(null, l10n.t('the search space is empty: name at least one parameter'));
  checkConstraints(space);
}

/** Draws every active dimension, except those that `given` already has. */
export function drawParams(space: Space, random: Random, given: Params = {}): Params {
  const params: Params = {};
  for (const dimension of space.dimensions) {
    if (!isActive(dimension, params)) continue;
    const own = entryOf(given, dimension.name);
    setEntry(params, dimension.name, own === undefined ? draw(dimension, random) : own);
  }
  return params;
}

/** Returns the user's priors as far as there are any and conditions permit; the rest is drawn. */
export function priorParams(space: Space, random: Random): Params {
  const priors = space.dimensions.flatMap(({ name, prior }) => (prior ? [[name, prior.value]] : []));
  return drawAllowed(space, random, Object.fromEntries(priors) as Params);
}

/** Works like `drawParams`, but draws obey the constraints unless the given values make that impossible. */
export function drawAllowed(space: Space, random: Random, given: Params = {}): Params {
  return complete(space, random, given, () => drawParams(space, random, given));
}

/**
 * Counts the distinct points among the combinations that conditions and constraints allow; Infinity if a range is
 * continuous or there are more combinations of parents than are worth counting. For a grid, ranges are divided as
 * `points` says; otherwise they count with every value they can take.
 */
export function countPoints(space: Space, grid?: { points: number | null }): number {
  const linear = linearOf(space);
  const rules = rulesOf(space);
  const dimensions = space.dimensions.map((d) => {
    const parted = grid || !('points' in d) ? d : { ...d, points: null };
    return { d, values: gridOf(parted, grid?.points ?? null) };
  });
  const parents = new Set(space.dimensions.flatMap((d) => Object.keys(d.when ?? {})));
  let visits = 0;
  const from = (position: number, params: Params): number => {
    if (linear && !linear.mayBeMet(params, (i) => i < position)) return 0;
    let product = 1;
    for (const [i, { d, values }] of dimensions.entries()) {
      if (i < position || !isActive(d, params)) continue;
      if (!values) return Infinity;
      if (!parents.has(d.name) && !linear?.rowsOf[i]!.length && !rules?.used.has(d.name)) {
        product *= values.count;
        continue;
      }
      if ((visits += values.count) > 100_000) return Infinity;
      let sum = 0;
      for (let k = 0; k < values.count; k++) sum += from(i + 1, { ...params, [d.name]: values.at(k) });
      return sum === 0 ? 0 : product * sum;
    }
    return isAllowed(space, params) ? product : 0;
  };
  return from(0, {});
}
