import { FACTS, FilterError, OPERATORS, type Filter, type Span } from './syntax.js';
import { tokens, type Token } from './tokens.js';

/** Names that a filter may contain. */
export interface Names {
  params: readonly string[];
  metrics: readonly string[];
  /** Values that a field has, by its name. */
  values: Readonly<Record<string, readonly string[]>>;
}
export interface Completion extends Span {
  /** Replaces the range. */
  text: string;
  kind: 'field' | 'operator' | 'value' | 'word';
}

const MOST = 50;
const PLAIN = /^[^\s()=<>!~:,"'`]+$/;
export const quoteName = (name: string): string =>
  PLAIN.test(name) && !['and', 'or', 'not', 'in', 'is', 'missing'].includes(name.toLowerCase())
    ? name
    : `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** Returns completions at the caret: fields, operators after a field, values after an operator. */
export function completions(text: string, caret: number, names: Names): Completion[] {
  let before: Token[];
  try {
    before = tokens(text.slice(0, caret));
  } catch (error) {
    if (error instanceof FilterError) return [];
    throw error;
  }
  const last = before.at(-1);
  const isTyping = last?.kind === 'word' && last.end === caret && !last.isQuoted;
  const typed = isTyping ? last.text.toLowerCase() : '';
  const start = isTyping ? last.start : caret;
  const ahead = isTyping ? before.slice(0, -1) : before;
  const offer = (kind: Completion['kind'], all: readonly string[]): Completion[] =>
    all
      .filter((one) => one.toLowerCase().includes(typed) && one.toLowerCase() !== typed)
      .sort((a, b) => +b.toLowerCase().startsWith(typed) - +a.toLowerCase().startsWith(typed))
      .slice(0, MOST)
      .map((one) => ({ kind, start, end: caret, text: kind === 'field' || kind === 'value' ? quoteName(one) : one }));
  const previous = ahead.at(-1);
  if (previous?.kind === 'operator') {
    const field = ahead.at(-2);
    return offer('value', field?.kind === 'word' ? valuesOf(names, field.text) : []);
  }
  const fields = [...FACTS, ...names.params, ...names.metrics];
  if (!isTyping && previous?.kind === 'word' && fields.includes(previous.text))
    return offer('operator', [...OPERATORS, 'missing', 'in (']);
  const isAfterValue = ahead.at(-2)?.kind === 'operator' || previous?.kind === ')';
  const words = isAfterValue ? ['and', 'or'] : ['not'];
  return [
    ...(isAfterValue ? offer('word', words) : []),
    ...offer('field', fields),
    ...(isAfterValue ? [] : offer('word', words)),
  ];
}

const valuesOf = ({ values }: Names, field: string): readonly string[] =>
  Object.hasOwn(values, field) ? values[field]! : [];

/** The conditions of a filter that are joined by "and" at the top, each with its place in the text: one chip for each. */
export function chips(text: string): (Span & { text: string })[] {
  const all = tokens(text);
  const result: (Span & { text: string })[] = [];
  let [depth, start] = [0, -1];
  const push = (end: number): void => {
    if (start >= 0) result.push({ start, end, text: text.slice(start, end) });
    start = -1;
  };
  const words = all.map((token) => (token.kind === 'word' && !token.isQuoted ? token.text.toLowerCase() : ''));
  // With "or" at the top, the whole is one condition.
  const isOr = words.some((word, i) => word === 'or' && depthAt(all, i) === 0);
  for (const [i, token] of all.entries()) {
    if (token.kind === ')') depth--;
    if (!isOr && depth === 0 && words[i] === 'and') {
      push(all[i - 1]?.end ?? token.start);
      if (token.kind === '(') depth++;
      continue;
    }
    if (start < 0) start = token.start;
    if (token.kind === '(') depth++;
  }
  push(all.at(-1)?.end ?? 0);
  return result;
}

const depthAt = (all: readonly Token[], i: number): number =>
  all.slice(0, i).reduce((depth, { kind }) => depth + (kind === '(' ? 1 : kind === ')' ? -1 : 0), 0);

/** Fields that a filter uses, each once. */
export function fieldsOf(filter: Filter): Extract<Filter, { kind: 'missing' }>['field'][] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts.flatMap(fieldsOf);
    case 'not':
      return fieldsOf(filter.part);
    case 'text':
      return [];
    default:
      return [filter.field];
  }
}
