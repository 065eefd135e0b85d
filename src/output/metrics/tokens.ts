/** Cuts a line of output into words, numbers and marks. Linear in the line's length. */

export type Token =
  | { kind: 'word'; text: string }
  /** `percent`: a % follows. `exact`: written with a fraction or an exponent. */
  | { kind: 'number'; value: number; percent: boolean; exact: boolean }
  /** A ratio such as `640/60000`. */
  | { kind: 'ratio'; at: number; of: number }
  | { kind: 'mark'; text: string }
  /** A date, a time, a version, an address, a number with a unit: no value. */
  | { kind: 'other' };

const WORD = /[A-Za-z_][\w@./'-]*/y;
const NUMBER = /[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const RATIO = /\s*\/\s*(\d+)/y;
/**
 * Returns whether the text continues as something other than a number: a unit, a version, a time, a date, thousands
 * with commas.
 */
const GOES_ON = /[A-Za-z_\\/]|[.:,]\d|-\d/y;
const REST = /[^\s|,;()[\]{}]*/y;
const ENDING = /[./'-]+$/;

const match = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(text);
};

export function tokensOf(line: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < line.length;) {
    const character = line[at]!;
    if (character === ' ') {
      at++;
      continue;
    }
    const word = match(WORD, line, at);
    if (word) {
      const text = word[0].replace(ENDING, '');
      tokens.push({ kind: 'word', text });
      at += text.length;
      continue;
    }
    const number = match(NUMBER, line, at);
    if (number) {
      const read = numberAt(line, at, number[0]);
      tokens.push(read.token);
      at = read.end;
      continue;
    }
    // A path or an option is one token.
    if (/[./~\\-]/.test(character) && /[\w./\\-]/.test(line[at + 1] ?? ' ') && !/[\w)\]]/.test(line[at - 1] ?? ' ')) {
      at += Math.max(1, match(REST, line, at)?.[0].length ?? 1);
      tokens.push({ kind: 'other' });
      continue;
    }
    tokens.push({ kind: 'mark', text: character });
    at++;
  }
  return tokens;
}

function numberAt(line: string, at: number, text: string): { token: Token; end: number } {
  const end = at + text.length;
  const ratio = /^\d+$/.test(text) ? match(RATIO, line, end) : null;
  if (ratio) {
    const after = end + ratio[0].length;
    // A date or a path has more of them.
    if (!/[\w./-]/.test(line[after] ?? ' ')) {
      return { token: { kind: 'ratio', at: Number(text), of: Number(ratio[1]) }, end: after };
    }
  }
  if (line[end] === '%') {
    return { token: { kind: 'number', value: Number(text), percent: true, exact: true }, end: end + 1 };
  }
  const spaced = /^ %(?![\w(])/.test(line.slice(end, end + 3));
  if (spaced) return { token: { kind: 'number', value: Number(text), percent: true, exact: true }, end: end + 2 };
  if (match(GOES_ON, line, end)) {
    return { token: { kind: 'other' }, end: end + Math.max(1, match(REST, line, end)?.[0].length ?? 1) };
  }
  return { token: { kind: 'number', value: Number(text), percent: false, exact: /[.eE]/.test(text) }, end };
}
