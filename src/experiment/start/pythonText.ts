/** Values as Python's `str` writes them, which is how a sweep's agent passes them to a program. */
import { markAt, numberText, type FloatMark } from '../../protocol/values/floats.js';
import type { ParamValue } from '../../protocol/values/index.js';

/** A value, or a group of values by name. */
export type Nested = ParamValue | { [name: string]: Nested };

/** Texts stay as they are; within a list or a group they are quoted, as `repr` does. */
export function pythonText(value: Nested, mark: FloatMark): string {
  return typeof value === 'string' ? value : repr(value, mark);
}

function repr(value: Nested, mark: FloatMark): string {
  if (value === null) return 'None';
  if (Array.isArray(value)) return `[${value.map((item, i) => repr(item, markAt(mark, i))).join(', ')}]`;
  switch (typeof value) {
    case 'boolean':
      return value ? 'True' : 'False';
    case 'number':
      return pythonNumber(value, mark);
    case 'string':
      return quoted(value);
    default:
      return `{${Object.entries(value)
        .map(([name, item]) => `${quoted(name)}: ${repr(item, markAt(mark, name))}`)
        .join(', ')}}`;
  }
}

/** Python uses exponents below 1e-4 and from 1e16 on, with at least two digits. */
function pythonNumber(value: number, mark: FloatMark): string {
  if (Number.isInteger(value) && mark !== true) return BigInt(value).toString();
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-4 && size < 1e16)) return numberText(value, mark);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll(mark, `\\${mark}`)
    .replace(/[\n\r\t]/g, (c) => ({ '\n': '\\n', '\r': '\\r' })[c] ?? '\\t')
    .replace(/[\u0000-\u001f\u007f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return mark + escaped + mark;
}
