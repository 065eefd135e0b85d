import type { FormField } from '../../../src/protocol/panel/index.js';
import { isFloatText, markAt, parseJson, valueText, type FloatMark } from '../../../src/protocol/values/floats.js';
import type { ParamValue } from '../../../src/protocol/values/index.js';
import { scalar } from '../search/spaceText.js';
import { readDecimal } from '../../../src/format/locale.js';
import { codeNumber, formatParam } from '../../../src/format/numbers.js';
import { l10n } from '../../../src/format/l10n.js';

/** `float`: which whole numbers of the value were written as floats. */
export type FieldResult = { value: ParamValue; float?: FloatMark } | { error: string };

/** The text a control shows for a value. */
export function fieldText(value: ParamValue, mark: FloatMark = null): string {
  // JavaScript writes 0.00001 as 1e-5, which is as people write it too.
  return value === null ? '' : valueText(value, mark);
}

const typed = (value: ParamValue, mark: FloatMark): FieldResult => (mark ? { value, float: mark } : { value });

/** Converts the typed text into the parameter's value, or shows the reason next to the field. */
export function parseField(field: FormField, text: string): FieldResult {
  const trimmed = text.trim();
  switch (field.kind) {
    case 'number':
    case 'integer':
      return parseNumber(field, trimmed);
    case 'switch':
      return { value: trimmed === 'true' };
    case 'choice': {
      const choices = field.choices ?? [];
      const found = choices.findIndex((choice, i) => fieldText(choice, markAt(field.choiceFloats, i)) === text);
      if (found >= 0) return typed(choices[found]!, markAt(field.choiceFloats, found));
      return {
        error: l10n.t(
          'Choose one of {0}.',
          choices.map((choice, i) => formatParam(choice, markAt(field.choiceFloats, i))).join(', '),
        ),
      };
    }
    case 'text':
      return parseText(field, text);
  }
}

function parseNumber(field: FormField, text: string): FieldResult {
  if (text === '') return { error: l10n.t('A number is needed.') };
  const point = readDecimal(text);
  if (point === null)
    return {
      error: l10n.t('"{0}" can be read in several ways. Write it with a point, such as 1234.5.', shortened(text)),
    };
  const value = scalar(point.replace(/^([-+]?)\./, '$10.').replace(/(?<=\d)_(?=\d)/g, ''));
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    return { error: l10n.t('"{0}" is not a number.', shortened(text)) };
  }
  if (field.kind === 'integer' && !Number.isInteger(value)) return { error: l10n.t('A whole number is needed.') };
  if (field.min !== undefined && value < field.min)
    return { error: l10n.t('Must be at least {0}.', codeNumber(field.min)) };
  if (field.max !== undefined && value > field.max)
    return { error: l10n.t('Must be at most {0}.', codeNumber(field.max)) };
  return typed(value, Number.isInteger(value) && isFloatText(point) ? true : null);
}

const shortened = (text: string): string => (text.length > 20 ? `${text.slice(0, 19)}…` : text);

/** A list stays a list and null stays null; everything else is text as typed. */
function parseText(field: FormField, text: string): FieldResult {
  if (Array.isArray(field.value)) {
    try {
      const { value, mark } = parseJson(text);
      if (Array.isArray(value)) return typed(value as ParamValue, mark);
    } catch {
      // The reason is shown below.
    }
    return { error: l10n.t('A list is needed, such as [64, 32].') };
  }
  if (field.value === null && text.trim() === '') return { value: null };
  return { value: text };
}

/** A search space to start from when a parameter is taken into the search. */
export function suggestSpace(field: FormField): string {
  const value = field.value;
  if (field.kind === 'switch') return '{ choice: [true, false] }';
  if (field.kind === 'choice')
    return `{ choice: [${(field.choices ?? []).map((choice, i) => flowText(choice, markAt(field.choiceFloats, i))).join(', ')}] }`;
  if (typeof value === 'number' && field.kind === 'integer') {
    return `{ int: [${Math.max(field.min ?? 1, Math.floor(value / 2))}, ${Math.min(field.max ?? Infinity, value * 2)}] }`;
  }
  if (typeof value === 'number' && value > 0 && value < 1 && field.max === undefined && value <= 0.1) {
    return `{ log: [${codeNumber(value / 10)}, ${codeNumber(value * 10)}] }`;
  }
  if (typeof value === 'number') {
    const low = field.min ?? Math.min(0, value * 2);
    const high = field.max ?? Math.max(value <= 1 && value >= 0 ? 1 : 0, value * 2);
    return `{ uniform: [${codeNumber(low)}, ${codeNumber(high)}] }`;
  }
  return `{ choice: [${flowText(value, field.float ? true : null)}] }`;
}

/** A value exactly as written inside a YAML list; a text that YAML would read as something else is quoted. */
function flowText(value: ParamValue, mark: FloatMark): string {
  const plain = typeof value !== 'string' || (/^[A-Za-z_][\w.-]*$/.test(value) && !/^(true|false|null)$/i.test(value));
  return plain ? valueText(value, mark) : JSON.stringify(value);
}
