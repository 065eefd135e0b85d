/** Numbers, parameters and sizes as people read them, the same in the panel, the editor and the terminal. */
import { valueText, withPoint, type FloatMark } from '../protocol/values/floats.js';
import { fromWire, type WireNumber } from '../protocol/values/wireNumber.js';
import type { ParamValue } from '../protocol/values/index.js';
import { formatCount, withSeparator } from './locale.js';

export { formatCount };

/** Significant digits; enough to tell neighbouring results apart, few enough for a column. */
const DIGITS = 5;

/**
 * Five significant digits without trailing zeros, at most eleven characters up to 1e99. Whole numbers are exact below 1e9.
 * Fractions below 1e-4, and numbers from 1e7, have an exponent. A missing number is an en dash.
 */
export const formatNumber = (value: WireNumber | null | undefined): string => withSeparator(codeNumber(value));

/** The same with a point in every locale, for what a person may type or copy. */
export function codeNumber(value: WireNumber | null | undefined): string {
  if (value === null || value === undefined) return '–';
  const number = fromWire(value);
  if (Number.isNaN(number)) return 'NaN';
  if (!Number.isFinite(number)) return number > 0 ? '∞' : '−∞';
  const size = Math.abs(number);
  if (size === 0) return '0';
  if (Number.isInteger(number) && size < 1e9) return String(number);
  if (size < 1e-4 || size >= 1e7) {
    const text = number.toExponential(DIGITS - 1).replace('e+', 'e');
    return text.replace(/\.?0+e/, 'e');
  }
  return String(Number(number.toPrecision(DIGITS)));
}

/** A parameter's value: numbers as above (a float keeps its point), texts as they are, lists as JSON, nothing as an en dash. */
export function formatParam(value: ParamValue | undefined, mark: FloatMark = null): string {
  if (value === undefined) return '–';
  return typeof value === 'number' ? withPoint(codeNumber(value), mark) : valueText(value, mark);
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A size in decimal units with three significant digits: 532 B, 5.41 kB, 12.3 MB. */
export function formatBytes(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const size = Number((bytes / 1000 ** power).toPrecision(power === 0 ? 4 : 3));
  return `${withSeparator(String(size))} ${UNITS[power]}`;
}
