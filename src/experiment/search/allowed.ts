/** Tells whether constraints of a search allow some values. */
import type { Params } from '../../protocol/values/index.js';
import { entryOf } from '../../protocol/values/records.js';
import { isAllowed } from '../../search/constraints/index.js';
import { isActive } from '../../search/space/index.js';
import type { Space } from '../../search/types.js';

/** Returns whether the constraints of the space allow these values, without those whose conditions are not met. */
export function allows(space: Space, params: Params): boolean {
  const active = space.dimensions.flatMap((dimension) => {
    const value = entryOf(params, dimension.name);
    return value !== undefined && isActive(dimension, params) ? [[dimension.name, value] as const] : [];
  });
  return isAllowed(space, Object.fromEntries(active));
}
