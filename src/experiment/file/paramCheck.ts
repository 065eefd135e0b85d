/** Checks of hyperparameter values, shared by file, form and terminal. */
import type { ParamValue } from '../../protocol/values/index.js';
import { refuse, type Dimension } from '../../search/index.js';
import { l10n } from '../../format/l10n.js';

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
  if (hasNonFinite(value)) return l10n.t('must be a finite number, not {0}', String(value));
  if (dimension && dimension.kind !== 'constant') {
    const numeric = dimension.kind !== 'choice' || dimension.choices.every((choice) => typeof choice === 'number');
    if (!numeric) return refuse(dimension, value);
    if (typeof value !== 'number') return l10n.t('must be a number, not {0}', JSON.stringify(value));
    if (dimension.kind === 'int' && !Number.isInteger(value)) return l10n.t('must be a whole number, not {0}', value);
    return null;
  }
  if (declared === undefined || declared === null || value === null) return null;
  const show = JSON.stringify(value);
  if (Array.isArray(declared)) return Array.isArray(value) ? null : l10n.t('must be a list, not {0}', show);
  switch (typeof declared) {
    case 'number':
      return typeof value === 'number' ? null : l10n.t('must be a number, not {0}', show);
    case 'boolean':
      return typeof value === 'boolean' ? null : l10n.t('must be true or false, not {0}', show);
    default:
      return typeof value === 'string' ? null : l10n.t('must be text, not {0}', show);
  }
}

export function hasNonFinite(value: ParamValue): boolean {
  return Array.isArray(value) ? value.some(hasNonFinite) : typeof value === 'number' && !Number.isFinite(value);
}
