import type { Field, Filter, Operator, Value } from './syntax.js';

/** Characters of a value that a pattern sees. */
const SEEN = 2000;

export type FieldValue = number | string | boolean | readonly string[] | null;
/** Answers a filter'''s questions about a run. */
export interface Fields {
  /** The value of a field; null if the run has none. Dates are milliseconds, durations seconds. */
  value(field: Field): FieldValue;
  /** True if the text has the words, in lower case. */
  hasText(text: string): boolean;
}

export function matches(filter: Filter, fields: Fields): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.parts.every((part) => matches(part, fields));
    case 'or':
      return filter.parts.some((part) => matches(part, fields));
    case 'not':
      return !matches(filter.part, fields);
    case 'text':
      return fields.hasText(filter.text);
    case 'missing':
      return isMissing(fields.value(filter.field));
    case 'compare':
      return compare(filter, fields.value(filter.field));
  }
}

const isMissing = (value: FieldValue): boolean => value === null || (Array.isArray(value) && value.length === 0);

function compare(
  { field, operator, values, pattern }: Extract<Filter, { kind: 'compare' }>,
  value: FieldValue,
): boolean {
  const isNegated = operator.startsWith('!');
  const plain = (isNegated ? operator.slice(1) : operator) as Operator;
  // A run without the value matches no comparison but the negated ones.
  if (isMissing(value)) return isNegated;
  const items = Array.isArray(value) ? (value as readonly string[]) : [value as number | string | boolean];
  const found = items.some((item) =>
    pattern ? pattern.test(String(item).slice(0, SEEN)) : values.some((wanted) => one(field, plain, item, wanted)),
  );
  return found !== isNegated;
}

function one(field: Field, operator: Operator, item: number | string | boolean, wanted: Value): boolean {
  if (operator === ':') return contains(String(item), wanted.text);
  const number = typeof item === 'number' ? item : typeof item === 'string' ? Number(item) : NaN;
  const than = timeOf(field, wanted) ?? wanted.number;
  switch (operator) {
    case '<':
      return number < than;
    case '<=':
      return number <= than;
    case '>':
      return number > than;
    case '>=':
      return number >= than;
    default:
      if (typeof item === 'number')
        return Number.isNaN(item) ? wanted.text.toLowerCase() === 'nan' : isNearly(item, than);
      return String(item).toLowerCase() === wanted.text.toLowerCase();
  }
}

/** Compares numbers as people type them: 0.1 equals every number shown as 0.1. */
const isNearly = (a: number, b: number): boolean =>
  a === b || Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(a), Math.abs(b));

/** A date, or an age such as `7d`, as milliseconds since the epoch; null for other fields. */
function timeOf({ kind, name }: Field, { text, number }: Value): number | null {
  if (kind !== 'fact' || (name !== 'created' && name !== 'ended')) return null;
  // Ages count back from now: `created > 7d` are the runs of the last week.
  return /[a-z]$/i.test(text) && !Number.isNaN(number) ? Date.now() - number * 1000 : Date.parse(text);
}

/** Contains the text, ignoring case; with `*`, the whole value must match. */
function contains(item: string, wanted: string): boolean {
  const [text, pattern] = [item.toLowerCase(), wanted.toLowerCase()];
  if (!pattern.includes('*')) return text.includes(pattern);
  const parts = pattern.split('*');
  const [first, last] = [parts[0]!, parts.at(-1)!];
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
