/** Marks the whole numbers among a parameter's values that are floats, so that a program gets `1.0` for them. */
import { markAt, markOfFloat, type FloatMark } from '../../protocol/values/floats.js';
import { entryOf, hasEntry } from '../../protocol/values/records.js';
import type { Params, ParamValue } from '../../protocol/values/index.js';
import type { Dimension, Space } from '../types.js';
import { sameValue } from './dimension.js';

/** The mark of a value of the dimension; undefined for one that is not among its values, which the range says nothing of. */
export function floatMarkOf(d: Dimension, value: ParamValue): FloatMark | undefined {
  switch (d.kind) {
    case 'int':
      return null;
    case 'choice': {
      const index = d.choices.findIndex((choice) => sameValue(choice, value));
      return index < 0 ? undefined : markAt(d.floats, index);
    }
    case 'constant':
      return sameValue(d.value, value) ? (d.floats ?? null) : undefined;
    default:
      return markOfFloat(value);
  }
}

/** Marks of a trial's values, for its JSON. */
export function floatMarksOf(space: Space, params: Params): FloatMark {
  const marks = space.dimensions.flatMap((d) => {
    const mark = hasEntry(params, d.name) ? (floatMarkOf(d, entryOf(params, d.name)!) ?? null) : null;
    return mark === null ? [] : [[d.name, mark] as const];
  });
  return marks.length > 0 ? Object.fromEntries(marks) : null;
}
