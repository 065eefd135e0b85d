/**
 * Reads linear constraints as a person writes them: `layers * 4 + width <= 512`, `0 <= a - b <= 1`, `a + b == 1`.
 * Numbers, parameters' names, + - * / and parentheses, compared by <=, >= or ==.
 */
import type { LinearConstraint } from '../../search/types.js';
import { suggest } from '../suggest.js';

export interface LinearFault {
  message: string;
  hint?: string;
  /** Place in the text. */
  offset: number;
  length: number;
}
type Read = { constraints: LinearConstraint[]; fault?: undefined } | { constraints?: undefined; fault: LinearFault };

/** A sum of multiples of parameters, and a number. */
interface Form {
  terms: Map<string, number>;
  constant: number;
  start: number;
  end: number;
}
type Token =
  | { kind: 'number'; value: number; start: number; end: number }
  | { kind: 'name' | 'sign' | 'compare'; text: string; start: number; end: number }
  | { kind: 'end'; text: ''; start: number; end: number };

class Wrong extends Error {
  constructor(readonly fault: LinearFault) {
    super(fault.message);
  }
}
const EXAMPLE = 'such as: layers * 4 + width <= 512';
/** Longest text of one constraint, in UTF-16 units. */
const LONGEST = 10_000;
/** Parentheses and signs within each other. */
const DEEPEST = 100;

/** `names`: of all that may be named, `layers` as well as `net/layers-2`. */
export function parseLinear(text: string, names: readonly string[]): Read {
  if (text.length > LONGEST) {
    return { fault: { message: `a constraint has at most ${LONGEST} characters`, offset: 0, length: 1 } };
  }
  try {
    return { constraints: new Reader(text, names).all() };
  } catch (error) {
    if (error instanceof Wrong) return { fault: error.fault };
    throw error;
  }
}

class Reader {
  private readonly tokens: Token[];
  private readonly known: ReadonlySet<string>;
  private at = 0;
  private depth = 0;

  constructor(
    private readonly text: string,
    private readonly names: readonly string[],
  ) {
    this.known = new Set(names);
    this.tokens = this.split();
  }

  all(): LinearConstraint[] {
    const sides = [this.sum()];
    const signs: string[] = [];
    for (let token; (token = this.tokens[this.at]!).kind === 'compare';) {
      this.at++;
      signs.push(token.text);
      sides.push(this.sum());
    }
    const rest = this.tokens[this.at]!;
    if (rest.kind !== 'end') this.wrong(rest, `"${this.textOf(rest)}" is not expected here`, this.hintFor(rest));
    if (signs.length === 0) this.wrong(rest, 'nothing is compared', `end it with <= or >= and a number, ${EXAMPLE}`);
    return signs.flatMap((sign, i) => {
      const [left, right] = [sides[i]!, sides[i + 1]!];
      const place = { start: left.start, end: right.end };
      return [
        ...(sign === '>=' ? [] : [this.compared(left, right, place)]),
        ...(sign === '<=' ? [] : [this.compared(right, left, place)]),
      ];
    });
  }

  /** small ≤ large. */
  private compared(small: Form, large: Form, place: { start: number; end: number }): LinearConstraint {
    const { terms, constant } = added(small, large, -1);
    const used = [...terms].filter(([, factor]) => factor !== 0);
    if (![constant, ...terms.values()].every(Number.isFinite))
      this.wrong(place, 'a number is too large to compute with');
    if (used.length === 0) this.wrong(place, 'no parameter is left in this comparison', EXAMPLE);
    return { terms: Object.fromEntries(used), atMost: -constant || 0 };
  }

  private sum(): Form {
    let form = this.product();
    for (let token; (token = this.sign('+', '-'));) form = added(form, this.product(), token === '+' ? 1 : -1);
    return form;
  }

  private product(): Form {
    let form = this.factor();
    for (let token; (token = this.sign('*', '/'));) {
      const next = this.factor();
      const place = { start: form.start, end: next.end };
      if (token === '/') {
        if (next.terms.size > 0) this.wrong(place, 'a parameter stands below the division sign', LINEAR);
        if (next.constant === 0) this.wrong(place, 'this divides by 0');
        form = times(form, 1 / next.constant, place);
      } else if (next.terms.size === 0) form = times(form, next.constant, place);
      else if (form.terms.size === 0) form = times(next, form.constant, place);
      else this.wrong(place, 'two parameters are multiplied', LINEAR);
    }
    return form;
  }

  private factor(): Form {
    const token = this.tokens[this.at]!;
    const { start, end } = token;
    this.at++;
    if (this.depth > DEEPEST) this.wrong(token, `more than ${DEEPEST} parentheses and signs within each other`);
    if (token.kind === 'number') return { terms: new Map(), constant: token.value, start, end };
    if (token.kind === 'name') {
      if (!this.known.has(token.text)) this.unknown(token.text, token);
      return { terms: new Map([[token.text, 1]]), constant: 0, start, end };
    }
    if (token.kind === 'sign' && (token.text === '-' || token.text === '+')) {
      this.depth++;
      const form = this.factor();
      this.depth--;
      return times(form, token.text === '-' ? -1 : 1, { start, end: form.end });
    }
    if (token.kind === 'sign' && token.text === '(') {
      this.depth++;
      const form = this.sum();
      this.depth--;
      const closing = this.tokens[this.at]!;
      if (!this.sign(')')) this.wrong(closing, 'a closing parenthesis is missing');
      return { ...form, start, end: closing.end };
    }
    const what = token.kind === 'end' ? 'the end' : `"${token.text}"`;
    return this.wrong(token, `a number or a parameter is expected before ${what}`, EXAMPLE);
  }

  /** Goes past the sign if it comes next. */
  private sign(...signs: string[]): string | null {
    const token = this.tokens[this.at]!;
    if (token.kind !== 'sign' || !signs.includes(token.text)) return null;
    this.at++;
    return token.text;
  }

  private split(): Token[] {
    const { text } = this;
    // The longest first: "net/layers-2" is one name if there is such a parameter.
    const lengths = [...new Set(this.names.map(({ length }) => length))].sort((a, b) => b - a);
    const tokens: Token[] = [];
    for (let at = 0; at < text.length;) {
      if (/\s/.test(text[at]!)) {
        at++;
        continue;
      }
      const name = lengths
        .map((length) => text.slice(at, at + length))
        .find((each) => this.known.has(each) && !/[\w.]/.test(text[at + each.length] ?? '') && /[^\d\s]/.test(each));
      const rest = text.slice(at);
      const word = name ?? /^[\p{L}_][\p{L}\p{N}_.]*/u.exec(rest)?.[0];
      const number = /^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?/.exec(rest)?.[0];
      const compare = /^(<=|>=|==|≤|≥|<|>|=|!=|≠)/.exec(rest)?.[0];
      const length = (word ?? number ?? compare ?? rest[0]!).length;
      const place = { start: at, end: at + length };
      if (word !== undefined) tokens.push({ kind: 'name', text: word, ...place });
      else if (number !== undefined) tokens.push({ kind: 'number', value: Number(number), ...place });
      else if (compare !== undefined) tokens.push({ kind: 'compare', text: this.comparison(compare, place), ...place });
      else if ('+-*/()'.includes(rest[0]!)) tokens.push({ kind: 'sign', text: rest[0]!, ...place });
      else this.wrong(place, `"${rest[0]}" has no meaning here`, EXAMPLE);
      at += length;
    }
    return [...tokens, { kind: 'end', text: '', start: text.length, end: text.length }];
  }

  private comparison(sign: string, place: { start: number; end: number }): string {
    if (sign === '<' || sign === '>')
      this.wrong(place, `"${sign}" can't be told from "${sign}=" here`, `write ${sign}=`);
    if (sign === '=') this.wrong(place, '"=" is not a comparison', 'write ==');
    if (sign === '!=' || sign === '≠') this.wrong(place, `"${sign}" is not linear`, 'compare by <=, >= or ==');
    return sign === '≤' ? '<=' : sign === '≥' ? '>=' : sign;
  }

  private unknown(name: string, place: { start: number; end: number }): never {
    const near = suggest(name, this.names);
    const hint = near ? `did you mean "${near}"?` : `of a metric that is logged, write { metric: ${name}, atMost: … }`;
    this.wrong(place, `no parameter is named "${name}"`, hint);
  }

  private hintFor(token: Token): string {
    const before = this.tokens[this.at - 1];
    const product = before && (before.kind === 'number' || before.kind === 'name') && token.kind !== 'sign';
    return product ? `for a product write ${this.textOf(before)} * ${this.textOf(token)}` : EXAMPLE;
  }

  private textOf({ start, end }: { start: number; end: number }): string {
    return this.text.slice(start, end);
  }

  private wrong({ start, end }: { start: number; end: number }, message: string, hint?: string): never {
    throw new Wrong({ message, ...(hint !== undefined && { hint }), offset: start, length: end - start });
  }
}

const LINEAR = 'only sums of parameters, each times a number, can be compared';

function added(a: Form, b: Form, factor: number): Form {
  const terms = new Map(a.terms);
  for (const [name, value] of b.terms) terms.set(name, (terms.get(name) ?? 0) + factor * value);
  return { terms, constant: a.constant + factor * b.constant, start: a.start, end: b.end };
}

function times(form: Form, factor: number, place: { start: number; end: number }): Form {
  const terms = new Map([...form.terms].map(([name, value]) => [name, value * factor]));
  return { terms, constant: form.constant * factor, ...place };
}
