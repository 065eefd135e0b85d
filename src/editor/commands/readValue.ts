import type { FormField } from '../../protocol/panel.js';
import type { ParamValue } from '../../protocol/values.js';
import { l10n } from '../l10n.js';

/** Converts typed text to a value of the field's kind. */
export function readValue(typed: string, kind: FormField['kind']): { value: ParamValue; problem?: string } {
  const text = typed.trim();
  if (kind === 'number' || kind === 'integer') {
    const value = Number(text);
    if (text === '' || !Number.isFinite(value)) return { value: null, problem: l10n.t('This must be a number.') };
    if (kind === 'integer' && !Number.isInteger(value))
      return { value: null, problem: l10n.t('This must be a whole number.') };
    return { value };
  }
  if (/^[[{"]|^(true|false|null)$/.test(text)) {
    try {
      return { value: JSON.parse(text) as ParamValue };
    } catch {
      return { value: text };
    }
  }
  return { value: text };
}
