/** Splits a constraint's text into tokens, and reports faults with their place in the text. */
import { suggest } from '../../suggest.js';
import { l10n } from '../../../format/l10n.js';

export interface Place {
  start: number;
  end: number;
}
export interface TextFault {
  message: string;
  hint?: string;
  /** Place in the text, in UTF-16 units. */
  offset: number;
  length: number;
}
export type Sign = '<' | '<=' | '>' | '>=' | '==' | '!=';
export type Token = Place &
  (
    | { kind: 'number'; value: number }
    /** `name`: a known parameter; `word`: anything else that could be one; `keyword`: and, or, not, in, if, then. */
    | { kind: 'name' | 'word' | 'keyword' | 'sign'; text: string }
    | { kind: 'compare'; text: Sign }
    | { kind: 'quoted'; text: string }
    | { kind: 'end'; text: '' }
  );

export class Wrong extends Error {
  constructor(readonly fault: TextFault) {
    super(fault.message);
  }
}

/** Throws a fault at the place. */
export function wrong({ start, end }: Place, message: string, hint?: string): never {
  throw new Wrong({ message, ...(hint !== undefined && { hint }), offset: start, length: end - start });
}

export const EXAMPLE = 'such as: layers * 4 + width <= 512';
const KEYWORDS = new Set(['and', 'or', 'not', 'in', 'if', 'then']);
const SIGNS: Record<string, Sign> = { '≤': '<=', '≥': '>=', '≠': '!=' };

/** Tokenizes the text. `names`: all parameters, `layers` as well as `net/layers-2`; the longest that fits is taken. */
export function tokensOf(text: string, names: readonly string[]): Token[] {
  const known = new Set(names);
  const lengths = [...new Set(names.map(({ length }) => length))].sort((a, b) => b - a);
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    if (/\s/.test(text[at]!)) {
      at++;
      continue;
    }
    const name = lengths
      .map((length) => text.slice(at, at + length))
      .find((each) => known.has(each) && !/[\w.]/.test(text[at + each.length] ?? '') && /[^\d\s]/.test(each));
    const rest = text.slice(at);
    const word = name ?? /^[\p{L}_][\p{L}\p{N}_.]*/u.exec(rest)?.[0];
    const number = /^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?/.exec(rest)?.[0];
    const compare = /^(<=|>=|==|!=|[≤≥≠<>=])/.exec(rest)?.[0];
    const quoted = /^("(?:[^"\\]|\\.)*"|'[^']*')/.exec(rest)?.[0];
    const place = { start: at, end: at + (word ?? number ?? compare ?? quoted ?? rest[0]!).length };
    if (word !== undefined) {
      const kind = name !== undefined ? 'name' : KEYWORDS.has(word) ? 'keyword' : 'word';
      tokens.push({ kind, text: word, ...place });
    } else if (number !== undefined) tokens.push({ kind: 'number', value: Number(number), ...place });
    else if (compare === '=') wrong(place, l10n.t('"=" is not a comparison'), 'write ==');
    else if (compare !== undefined)
      tokens.push({ kind: 'compare', text: SIGNS[compare] ?? (compare as Sign), ...place });
    else if (quoted !== undefined) tokens.push({ kind: 'quoted', text: unquoted(quoted, place), ...place });
    else if (/["']/.test(rest[0]!)) wrong(place, l10n.t('the closing quotation mark is missing'));
    else if ('+-*/()[],'.includes(rest[0]!)) tokens.push({ kind: 'sign', text: rest[0]!, ...place });
    else wrong(place, l10n.t('"{0}" has no meaning here', rest[0]), EXAMPLE);
    at = place.end;
  }
  return [...tokens, { kind: 'end', text: '', start: text.length, end: text.length }];
}

function unquoted(text: string, place: Place): string {
  if (text.startsWith("'")) return text.slice(1, -1);
  try {
    return JSON.parse(text) as string;
  } catch {
    return wrong(place, l10n.t('this text has an unknown escape'), l10n.t('write it in single quotes'));
  }
}

/** Reports a word that is no parameter where only a parameter makes sense. */
export function unknownName(name: string, names: readonly string[], place: Place): never {
  const near = suggest(name, names);
  const hint = near
    ? l10n.t('did you mean "{0}"?', near)
    : l10n.t('for a logged metric, write { metric: {0}, atMost: … }', name);
  return wrong(place, l10n.t('no parameter is named "{0}"', name), hint);
}
