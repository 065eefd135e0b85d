/**
 * Converts params from one space to another. Parameters that this space doesn't have are dropped. Those that only this
 * space has get their constant or only value, or the user's prior (`Dimension.prior`); without such a value the params
 * don't fit, and neither do they with a value that this space refuses. Params that don't fit are never shown to a
 * sampler as if they did: they only tell which values of the other parameters were good.
 */
import type { Params, ParamValue } from '../../protocol/values/index.js';
import { isActive, refuse } from '../space/index.js';
import type { Dimension, Space } from '../types.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';

export interface Adapted {
  /** Params, possibly incomplete and possibly with values that the space refuses. */
  params: Params;
  fits: boolean;
}

export function adapt(space: Space, given: Params): Adapted {
  const params: Params = {};
  let fits = true;
  for (const dimension of space.dimensions) {
    if (!isActive(dimension, params)) continue;
    const { name } = dimension;
    const value = Object.hasOwn(given, name) ? entryOf(given, name) : valueWithout(dimension);
    if (value === undefined) {
      fits = false;
      continue;
    }
    setEntry(params, name, value);
    if (refuse(dimension, value) !== null) fits = false;
  }
  return { params, fits };
}

/** Returns the value of a dimension that the params don't mention. */
function valueWithout(d: Dimension): ParamValue | undefined {
  if (d.kind === 'constant') return d.value;
  if (d.kind === 'choice' && d.choices.length === 1) return d.choices[0];
  if ((d.kind === 'float' || d.kind === 'int') && d.low === d.high) return d.low;
  return d.prior?.value;
}
