/** How numbers, durations and parameters are written in the editor. */
import { markAt, valueText, withPoint, type FloatMark, type Floats } from '../protocol/floats.js';
import { fromWire, type ParamValue, type Params, type WireNumber } from '../protocol/values.js';

/** Four significant digits, no trailing zeros; exponents outside 1e-4 … 1e7. */
export function formatNumber(value: WireNumber): string {
  const number = fromWire(value);
  if (Number.isNaN(number)) return 'NaN';
  if (!Number.isFinite(number)) return number > 0 ? '∞' : '−∞';
  if (number === 0) return '0';
  const size = Math.abs(number);
  if (Number.isInteger(number) && size < 1e7) return String(number);
  if (size >= 1e7 || size < 1e-4)
    return number
      .toExponential(3)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  return String(Number(number.toPrecision(4)));
}

/** `4 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const two = (a: number, unitA: string, b: number, unitB: string) => `${a} ${unitA}${b > 0 ? ` ${b} ${unitB}` : ''}`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return two(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  if (seconds < 86_400) return two(Math.floor(seconds / 3600), 'h', Math.floor((seconds % 3600) / 60), 'min');
  const days = Math.floor(seconds / 86_400);
  return two(days, 'd', days < 10 ? Math.floor((seconds % 86_400) / 3600) : 0, 'h');
}

export function formatParam(value: ParamValue, mark: FloatMark = null): string {
  return typeof value === 'number' ? withPoint(formatNumber(value), mark) : valueText(value, mark);
}

/** `lr 0.003 · optimizer adam`, at most `count` of them. */
export function formatParams(params: Params, count = Infinity, floats?: Floats): string {
  const entries = Object.entries(params);
  const shown = entries.slice(0, count).map(([name, value]) => `${name} ${formatParam(value, markAt(floats, name))}`);
  if (entries.length > count) shown.push(`+${entries.length - count}`);
  return shown.join(' · ');
}

/** Text that nothing of is taken as Markdown or HTML. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\\`*_{}[\]()#+\-.!|~$<>&"']/g, (mark) =>
      mark === '<' ? '&lt;' : mark === '>' ? '&gt;' : mark === '&' ? '&amp;' : `\\${mark}`,
    )
    .replaceAll(/\r?\n/g, ' ');
}

/** The text, cut to `length` characters with an ellipsis. */
export function shorten(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}
