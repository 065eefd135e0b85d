import { isFloatText, parseJson, type FloatMark } from '../../../protocol/values/floats.js';
import type { FormField } from '../../../protocol/panel/index.js';
import type { ParamValue } from '../../../protocol/values/index.js';
import { l10n } from '../../../format/l10n.js';

/** A typed value. `floats`: which of its whole numbers were written as floats, such as `1.0`. */
export interface Typed {
  value: ParamValue;
  floats?: FloatMark;
  problem?: string;
}

/** Converts typed text to a value of the field's kind. */
export function readValue(typed: string, kind: FormField['kind']): Typed {
  const text = typed.trim();
  if (kind === 'number' || kind === 'integer') {
    const value = Number(text);
    if (text === '' || !Number.isFinite(value)) return { value: null, problem: l10n.t('This must be a number.') };
    if (kind === 'integer' && !Number.isInteger(value))
      return { value: null, problem: l10n.t('This must be a whole number.') };
    return Number.isInteger(value) && isFloatText(text) ? { value, floats: true } : { value };
  }
  if (/^[[{"]|^(true|false|null)$/.test(text)) {
    try {
      const { value, mark } = parseJson(text);
      return mark ? { value: value as ParamValue, floats: mark } : { value: value as ParamValue };
    } catch {
      return { value: text };
    }
  }
  return { value: text };
}
