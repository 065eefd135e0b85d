/**
 * Whole numbers that were written as floats (`1.0`, `1e3`). JavaScript has one kind of number, so `JSON.parse` and YAML
 * readers make `1` of them, and a Python program that is handed `1` gets an int. The type is kept beside the value: a
 * `FloatMark` has the shape of its value and is `true` where a whole number is a float. Whatever turns a value into
 * text (arguments, JSON, files, tables) goes through here. Without a schema library, for the small programs of a run.
 */
import type { FloatMark, Floats, Params, ParamValue } from './index.js';

export type { FloatMark, Floats } from './index.js';

/** True for the source text of a number that is a float although its value is whole: `1.0`, `1e3`, `-0.`. */
export function isFloatText(text: string): boolean {
  return /[.eE]/.test(text) && !/^[-+]?0[xob]/i.test(text);
}

/** The number as text: `1.0` where `mark` says that it is a float. */
export function numberText(value: number, mark: FloatMark | undefined): string {
  return withPoint(Object.is(value, -0) && mark === true ? '-0' : String(value), mark);
}

/** A number's digits, shortened for showing or not, with the point that tells a float. */
export function withPoint(digits: string, mark: FloatMark | undefined): string {
  return mark === true && /^-?\d+$/.test(digits) ? `${digits}.0` : digits;
}

/** Returns the JSON text of a value, including its floats. */
export function jsonText(value: unknown, mark: FloatMark | undefined): string {
  if (!mark) return JSON.stringify(value);
  if (typeof value === 'number') return Number.isFinite(value) ? numberText(value, mark) : 'null';
  if (Array.isArray(value)) return `[${value.map((item, i) => jsonText(item, markAt(mark, i))).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${jsonText(item, markAt(mark, key))}`).join(',')}}`;
}

/** The value for `JSON.stringify` of something larger: its floats stay floats in the text. */
export function forJson(value: unknown, mark: FloatMark | undefined): unknown {
  const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown };
  // Node 20 can't; its numbers are right, only their type is lost.
  if (!mark || !rawJSON) return value;
  if (typeof value === 'number') return Number.isFinite(value) ? rawJSON(numberText(value, mark)) : value;
  if (Array.isArray(value)) return value.map((item, i) => forJson(item, markAt(mark, i)));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, forJson(item, markAt(mark, key))]));
}

/** A value as an argument, in a table or in a search: texts as they are, lists as JSON. */
export function valueText(value: ParamValue, mark: FloatMark | undefined): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? numberText(value, mark) : jsonText(value, mark);
}

/** Parses JSON; `mark` receives the floats in it. Throws a SyntaxError. */
export function parseJson(text: string): { value: unknown; mark: FloatMark } {
  // Most texts hold none, and are read at full speed.
  if (!/\d(\.0*(?!\d)|[eE])/.test(text)) return { value: JSON.parse(text), mark: null };
  const read = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    Number.isInteger(value) && isFloatText(context?.source ?? '') ? new WholeFloat(value as number) : value;
  return split(JSON.parse(text, read as (key: string, value: unknown) => unknown));
}

class WholeFloat {
  constructor(readonly value: number) {}
}

function split(value: unknown): { value: unknown; mark: FloatMark } {
  if (value instanceof WholeFloat) return { value: value.value, mark: true };
  if (Array.isArray(value)) {
    const items = value.map(split);
    return { value: items.map((item) => item.value), mark: listMark(items.map((item) => item.mark)) };
  }
  if (typeof value !== 'object' || value === null) return { value, mark: null };
  const entries = Object.entries(value).map(([key, item]) => [key, split(item)] as const);
  return {
    value: Object.fromEntries(entries.map(([key, item]) => [key, item.value])),
    mark: groupMark(entries.map(([key, item]) => [key, item.mark] as const)),
  };
}

/** The mark of a list from those of its items. */
export function listMark(marks: FloatMark[]): FloatMark {
  return marks.some((mark) => mark !== null) ? marks : null;
}

/** The mark of an object from those of its entries. */
export function groupMark(entries: readonly (readonly [string, FloatMark])[]): FloatMark {
  const marked = entries.filter(([, mark]) => mark !== null);
  return marked.length > 0 ? (Object.fromEntries(marked) as Record<string, FloatMark>) : null;
}

/** Returns the mark of an item of a list, or of an entry of an object. */
export function markAt(mark: FloatMark | undefined, key: string | number): FloatMark {
  if (typeof mark !== 'object' || mark === null) return null;
  return Object.hasOwn(mark, key) ? (mark as Record<string | number, FloatMark>)[key]! : null;
}

/** Returns marks by parameter as `Floats`; undefined if there are none, so that records stay short. */
export function floatsOf(entries: readonly (readonly [string, FloatMark])[]): Floats | undefined {
  return (groupMark(entries) as Floats | null) ?? undefined;
}

/** The floats of `params` once `over` is laid over `under`. */
export function mergeFloats(
  under: { params: Params; floats?: Floats | undefined },
  over: { params: Params; floats?: Floats | undefined },
): Floats | undefined {
  const names = [...new Set([...Object.keys(under.params), ...Object.keys(over.params)])];
  return floatsOf(
    names.map((name) => [name, markAt((Object.hasOwn(over.params, name) ? over : under).floats, name)] as const),
  );
}

/** Returns a mark for a number that is always a float, such as a draw from a continuous range. */
export function markOfFloat(value: ParamValue): FloatMark {
  if (Array.isArray(value)) return listMark(value.map(markOfFloat));
  return Number.isInteger(value) ? true : null;
}
