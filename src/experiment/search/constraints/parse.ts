/**
 * Parses a constraint: comparisons of sums and products of parameters, and of choices with their values, combined by
 * and, or, not, and `if … then …`; `in [a, b]` tests for several values.
 */
import type { ParamValue } from '../../../protocol/values/index.js';
import { EXAMPLE, tokensOf, unknownName, wrong, type Place, type Sign, type Token } from './tokens.js';
import { l10n } from '../../../format/l10n.js';

export type Term = Place &
  (
    | { kind: 'value'; value: ParamValue; bare?: boolean }
    | { kind: 'param'; name: string }
    | { kind: 'sum' | 'difference' | 'product' | 'quotient'; of: [Term, Term] }
  );
export type Clause = Place &
  (
    | { kind: 'compare'; sign: Sign; left: Term; right: Term }
    | { kind: 'in'; of: Term; values: ParamValue[] }
    | { kind: 'and' | 'or'; of: Clause[] }
    | { kind: 'not'; of: Clause }
  );

/** Maximum depth of parentheses, signs and negations. */
const DEEPEST = 100;
const WORDS: Record<string, ParamValue> = { true: true, false: false, null: null };

/** Throws `Wrong` with the place of the first fault. */
export function parseClause(text: string, names: readonly string[]): Clause {
  return new Parser(text, names).all();
}

class Parser {
  private readonly tokens: Token[];
  private at = 0;
  private depth = 0;

  constructor(
    private readonly text: string,
    private readonly names: readonly string[],
  ) {
    this.tokens = tokensOf(text, names);
  }

  all(): Clause {
    const clause = this.clause();
    const rest = this.next;
    if (rest.kind !== 'end') wrong(rest, l10n.t('"{0}" is not expected here', this.textOf(rest)), this.hintFor(rest));
    return clause;
  }

  private get next(): Token {
    return this.tokens[this.at]!;
  }

  private clause(): Clause {
    const { start } = this.next;
    if (!this.keyword('if')) return this.joined('or', () => this.joined('and', () => this.negation()));
    const condition = this.joined('or', () => this.joined('and', () => this.negation()));
    if (!this.keyword('then'))
      wrong(this.next, l10n.t('"then" is missing'), l10n.t('such as: if optimizer == sgd then lr <= 0.1'));
    const result = this.clause();
    const negated: Clause = { kind: 'not', of: condition, start: condition.start, end: condition.end };
    return { kind: 'or', of: [negated, result], start, end: result.end };
  }

  private joined(kind: 'and' | 'or', part: () => Clause): Clause {
    const of = [part()];
    while (this.keyword(kind)) of.push(part());
    return of.length === 1 ? of[0]! : { kind, of, start: of[0]!.start, end: of.at(-1)!.end };
  }

  private negation(): Clause {
    const { start } = this.next;
    if (this.keyword('not')) {
      const of = this.deeper(() => this.negation());
      return { kind: 'not', of, start, end: of.end };
    }
    if (!this.opensClause()) return this.comparison();
    this.at++;
    const inner = this.deeper(() => this.clause());
    const closing = this.next;
    if (!this.sign(')')) wrong(closing, l10n.t('a closing parenthesis is missing'));
    return { ...inner, start, end: closing.end };
  }

  /** Returns whether a parenthesis opens here that encloses a whole clause, not only a sum. */
  private opensClause(): boolean {
    if (this.next.kind !== 'sign' || this.next.text !== '(') return false;
    let depth = 0;
    let compares = false;
    for (let i = this.at; i < this.tokens.length; i++) {
      const token = this.tokens[i]!;
      if (token.kind === 'compare' || token.kind === 'keyword') compares = true;
      if (token.kind !== 'sign') continue;
      if (token.text === '(') depth++;
      else if (token.text === ')' && --depth === 0) return compares;
    }
    return false;
  }

  private comparison(): Clause {
    const sides = [this.sum()];
    if (this.next.kind === 'keyword' && this.next.text === 'in') return this.membership(sides[0]!);
    if (this.next.kind === 'keyword' && this.next.text === 'not') {
      const { text } = this.tokens[this.at + 1]! as { text?: string };
      if (text === 'in') {
        this.at++;
        const of = this.membership(sides[0]!);
        return { kind: 'not', of, start: of.start, end: of.end };
      }
    }
    const signs: Sign[] = [];
    for (let token; (token = this.next).kind === 'compare';) {
      this.at++;
      signs.push(token.text);
      sides.push(this.sum());
    }
    if (signs.length === 0) {
      const rest = this.next;
      if (rest.kind !== 'end' && rest.kind !== 'keyword' && !(rest.kind === 'sign' && rest.text === ')'))
        wrong(rest, l10n.t('"{0}" is not expected here', this.textOf(rest)), this.hintFor(rest));
      wrong(rest, l10n.t('nothing is compared'), l10n.t('end it with <= or >= and a number, {0}', EXAMPLE));
    }
    const all = signs.map((sign, i): Clause => {
      const [left, right] = [sides[i]!, sides[i + 1]!];
      for (const [term, other] of [
        [left, right],
        [right, left],
      ] as const) {
        // A bare word is a value only beside a parameter that may have it.
        if (term.kind === 'value' && term.bare && (!/^[!=]=$/.test(sign) || other.kind !== 'param'))
          unknownName(String(term.value), this.names, term);
      }
      return { kind: 'compare', sign, left, right, start: left.start, end: right.end };
    });
    return all.length === 1 ? all[0]! : { kind: 'and', of: all, start: all[0]!.start, end: all.at(-1)!.end };
  }

  private membership(of: Term): Clause {
    this.at++;
    if (of.kind !== 'param')
      wrong(of, l10n.t('"in" needs a parameter before it'), l10n.t('such as: optimizer in [sgd, adam]'));
    if (!this.sign('['))
      wrong(this.next, l10n.t('a list is expected here'), l10n.t('such as: optimizer in [sgd, adam]'));
    const values: ParamValue[] = [];
    do {
      const token = this.next;
      const term = this.factor();
      if (term.kind !== 'value')
        wrong(token, l10n.t('a list has values only'), l10n.t('such as: optimizer in [sgd, adam]'));
      else values.push(term.value);
    } while (this.sign(','));
    const closing = this.next;
    if (!this.sign(']')) wrong(closing, l10n.t('a closing bracket is missing'));
    return { kind: 'in', of, values, start: of.start, end: closing.end };
  }

  private sum(): Term {
    let term = this.product();
    for (let sign; (sign = this.sign('+', '-'));) {
      term = this.both(sign === '+' ? 'sum' : 'difference', term, this.product());
    }
    return term;
  }

  private product(): Term {
    let term = this.factor();
    for (let sign; (sign = this.sign('*', '/'));) {
      const next = this.factor();
      if (sign === '/' && next.kind === 'value' && next.value === 0)
        wrong({ start: term.start, end: next.end }, l10n.t('this divides by 0'));
      term = this.both(sign === '*' ? 'product' : 'quotient', term, next);
    }
    return term;
  }

  private both(kind: 'sum' | 'difference' | 'product' | 'quotient', a: Term, b: Term): Term {
    for (const term of [a, b]) {
      if (term.kind !== 'value' || typeof term.value === 'number') continue;
      if (term.bare) unknownName(String(term.value), this.names, term);
      wrong(term, l10n.t('{0} is not a number', JSON.stringify(term.value)));
    }
    return { kind, of: [a, b], start: a.start, end: b.end };
  }

  private factor(): Term {
    const token = this.next;
    const { start, end } = token;
    this.at++;
    switch (token.kind) {
      case 'number':
        return { kind: 'value', value: token.value, start, end };
      case 'quoted':
        return { kind: 'value', value: token.text, start, end };
      case 'name':
        return { kind: 'param', name: token.text, start, end };
      case 'word':
        if (Object.hasOwn(WORDS, token.text)) return { kind: 'value', value: WORDS[token.text]!, start, end };
        return { kind: 'value', value: token.text, bare: true, start, end };
      case 'sign':
        if (token.text === '-' || token.text === '+') {
          const of = this.deeper(() => this.factor());
          if (of.kind === 'value' && typeof of.value === 'number')
            return { kind: 'value', value: token.text === '-' ? -of.value : of.value, start, end: of.end };
          const zero: Term = { kind: 'value', value: 0, start, end: start };
          return { ...this.both(token.text === '-' ? 'difference' : 'sum', zero, of), start };
        }
        if (token.text === '(') {
          const inner = this.deeper(() => this.sum());
          const closing = this.next;
          if (!this.sign(')')) wrong(closing, l10n.t('a closing parenthesis is missing'));
          return { ...inner, start, end: closing.end };
        }
    }
    const what = token.kind === 'end' ? l10n.t('the end') : `"${this.textOf(token)}"`;
    return wrong(token, l10n.t('a number or a parameter is expected before {0}', what), EXAMPLE);
  }

  private deeper<T>(read: () => T): T {
    if (++this.depth > DEEPEST) wrong(this.next, l10n.t('more than {0} nested parentheses and signs', DEEPEST));
    const result = read();
    this.depth--;
    return result;
  }

  /** Consumes the sign if it comes next. */
  private sign(...signs: string[]): string | null {
    const token = this.next;
    if (token.kind !== 'sign' || !signs.includes(token.text)) return null;
    this.at++;
    return token.text;
  }

  private keyword(word: string): boolean {
    const found = this.next.kind === 'keyword' && this.next.text === word;
    if (found) this.at++;
    return found;
  }

  private hintFor(token: Token): string {
    const before = this.tokens[this.at - 1];
    const product = before && (before.kind === 'number' || before.kind === 'name') && token.kind !== 'sign';
    return product ? l10n.t('for a product write {0} * {1}', this.textOf(before), this.textOf(token)) : EXAMPLE;
  }

  private textOf({ start, end }: Place): string {
    return this.text.slice(start, end);
  }
}
