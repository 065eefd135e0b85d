/** Decides whether a whole number given for a hyperparameter is a float. */
import { listMark, markAt, type FloatMark } from '../../protocol/values/floats.js';
import type { ParamValue } from '../../protocol/values/index.js';
import { floatMarkOf, sameValue, type Dimension } from '../../search/index.js';

export interface Declared {
  value: ParamValue | undefined;
  mark: FloatMark;
}

/**
 * In this order: as it was written (`given`), as its range says, as the same value in the file, and as the parameter's own
 * type: 1 for a parameter that the file sets to 0.5 is 1.0.
 */
export function floatMarkFor(
  value: ParamValue,
  given: FloatMark | undefined,
  declared: Declared,
  dimension: Dimension | null,
): FloatMark {
  if (dimension?.kind === 'int') return null;
  if (given) return given;
  const ranged = dimension ? floatMarkOf(dimension, value) : undefined;
  if (ranged !== undefined) return ranged;
  if (declared.value !== undefined && sameValue(declared.value, value)) return declared.mark;
  return likeDeclared(value, declared);
}

function likeDeclared(value: ParamValue, declared: Declared): FloatMark {
  if (Array.isArray(value)) {
    const { value: old, mark } = declared;
    if (!Array.isArray(old)) return null;
    return listMark(value.map((item, i) => likeDeclared(item, { value: old[i] ?? old.at(-1), mark: markAt(mark, i) })));
  }
  if (!Number.isInteger(value) || typeof declared.value !== 'number') return null;
  return declared.mark === true || !Number.isInteger(declared.value) ? true : null;
}
