import { FilterError, OPERATORS, type Operator, type Span } from './syntax.js';
import { l10n } from '../../format/l10n.js';

export type Token = Span &
  (
    { kind: 'word'; text: string; isQuoted: boolean } | { kind: 'operator'; text: Operator } | { kind: '(' | ')' | ',' }
  );

/** A longer filter is no person's. */
export const LONGEST = 4000;
/** Characters that end a word. A colon ends it unless it belongs to a prefix such as `metric:`. */
const ENDS = /[\s()=<>!~:,"'`]/;
const PREFIX = /^(?:param|metric|min|max|info):$/;

/** Throws FilterError. */
export function tokens(text: string): Token[] {
  if (text.length > LONGEST)
    throw new FilterError(l10n.t('The filter is longer than {0} characters.', LONGEST), LONGEST, text.length);
  const all: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    if (/\s/.test(char)) {
      at++;
      continue;
    }
    const start = at;
    if (char === '(' || char === ')' || char === ',') {
      all.push({ kind: char, start, end: ++at });
      continue;
    }
    const operator = OPERATORS.find((one) => text.startsWith(one, at));
    if (operator) {
      // `==` is what programmers type.
      at += operator === '=' && text[at + 1] === '=' ? 2 : operator.length;
      all.push({ kind: 'operator', text: operator, start, end: at });
      continue;
    }
    const read = word(text, at);
    at = read.end;
    all.push({ kind: 'word', ...read, start });
  }
  return all;
}

/** One word: plain characters, or a quoted text, or a prefix with either. */
function word(text: string, start: number): { text: string; isQuoted: boolean; end: number } {
  let at = start;
  let plain = '';
  while (at < text.length) {
    const char = text[at]!;
    if (char === '"' || char === "'" || char === '`') {
      if (plain !== '' && !PREFIX.test(plain)) break;
      const quoted = quotedText(text, at);
      return { text: plain + quoted.text, isQuoted: true, end: quoted.end };
    }
    const isPrefix = char === ':' && PREFIX.test(`${plain}:`) && /[^\s=]/.test(text[at + 1] ?? ' ');
    if (ENDS.test(char) && !isPrefix) break;
    plain += char;
    at++;
  }
  // A lone `!` is no operator.
  if (at === start) throw new FilterError(l10n.t('"{0}" is not expected here.', text[at]!), at, at + 1);
  return { text: plain, isQuoted: false, end: at };
}

function quotedText(text: string, start: number): { text: string; end: number } {
  const quote = text[start]!;
  let content = '';
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === quote) return { text: content, end: at + 1 };
    // Other backslashes are the pattern's own.
    if (text[at] === '\\' && (text[at + 1] === quote || text[at + 1] === '\\')) at++;
    content += text[at]!;
  }
  throw new FilterError(l10n.t('The text that begins here has no closing {0}.', quote), start, text.length);
}
