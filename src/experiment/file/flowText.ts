import { stringify } from 'yaml';
import { markAt, withPoint, type FloatMark } from '../../protocol/values/floats.js';
import type { ParamValue } from '../../protocol/values/index.js';

/** A value on one line as a person would write it: `{ choice: [sgd, adam] }`. Reads back as the same value anywhere. */
export function flowText(value: unknown, mark: FloatMark = null): string {
  if (Array.isArray(value)) return `[${value.map((item, i) => flowText(item, markAt(mark, i))).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(
      ([key, item]) => `${flowText(key)}: ${flowText(item, markAt(mark, key))}`,
    );
    return entries.length ? `{ ${entries.join(', ')} }` : '{}';
  }
  return typeof value === 'number' ? numberText(value, mark) : scalarText(value as ParamValue);
}

/** A scalar; texts are quoted only where they must be, within braces as well as without. */
export function scalarText(value: ParamValue): string {
  if (typeof value === 'number') return numberText(value);
  if (typeof value !== 'string') return JSON.stringify(value);
  const inner = stringify([value], { collectionStyle: 'flow', lineWidth: 0 })
    .trim()
    .replace(/^\[\s*/, '')
    .replace(/\s*\]$/, '');
  return inner.includes('\n') ? JSON.stringify(value) : inner;
}

/** Formats a number as a person would write it: 1e-5, not 0.00001. It is always read back as the same number, and a float as a float. */
export function numberText(value: number, mark: FloatMark = null): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  const plain = String(value);
  if (value !== 0 && (Math.abs(value) < 1e-3 || plain.includes('e'))) {
    const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
    return `${mantissa}e${exponent.replace('+', '')}`;
  }
  return withPoint(plain, mark);
}
