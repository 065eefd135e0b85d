/** Checks of hyperparameter values, shared by file, form and terminal. */
import type { ParamValue } from '../../protocol/values.js';
import { refuse, type Dimension } from '../../search/index.js';

export type ParamKind = 'number' | 'integer' | 'choice' | 'switch' | 'text';

/** From its range if it is searched, else from the value in the file. */
export function kindOf(value: ParamValue | undefined, dimension: Dimension | null): ParamKind {
  switch (dimension?.kind) {
    case 'int':
      return 'integer';
    case 'float':
    case 'normal':
    case 'beta':
      return 'number';
    case 'choice': {
      const { choices } = dimension;
      return choices.length === 2 && choices.includes(true) && choices.includes(false) ? 'switch' : 'choice';
    }
  }
  const sample = dimension?.kind === 'constant' ? dimension.value : value;
  return typeof sample === 'number' ? 'number' : typeof sample === 'boolean' ? 'switch' : 'text';
}

/**
 * Why the parameter can't have the value, as the rest of a sentence ("must be …"), or null. A search range says where to
 * look, not what is allowed: a plain run may use any number. Words and switches must be among the choices.
 */
export function refuseParam(
  value: ParamValue,
  declared: ParamValue | undefined,
  dimension: Dimension | null,
): string | null {
  if (hasNonFinite(value)) return `must be a finite number, not ${String(value)}`;
  if (dimension && dimension.kind !== 'constant') {
    const numeric = dimension.kind !== 'choice' || dimension.choices.every((choice) => typeof choice === 'number');
    if (!numeric) return refuse(dimension, value);
    if (typeof value !== 'number') return `must be a number, not ${JSON.stringify(value)}`;
    if (dimension.kind === 'int' && !Number.isInteger(value)) return `must be a whole number, not ${value}`;
    return null;
  }
  if (declared === undefined || declared === null || value === null) return null;
  const show = JSON.stringify(value);
  if (Array.isArray(declared)) return Array.isArray(value) ? null : `must be a list, not ${show}`;
  switch (typeof declared) {
    case 'number':
      return typeof value === 'number' ? null : `must be a number, not ${show}`;
    case 'boolean':
      return typeof value === 'boolean' ? null : `must be true or false, not ${show}`;
    default:
      return typeof value === 'string' ? null : `must be text, not ${show}`;
  }
}

export function hasNonFinite(value: ParamValue): boolean {
  return Array.isArray(value) ? value.some(hasNonFinite) : typeof value === 'number' && !Number.isFinite(value);
}
