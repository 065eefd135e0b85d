/**
 * Formulas over names: `train/loss - val/loss`, `log10(lr)`, `max(a, b) / 2`. A slash within a name belongs to it; a division
 * stands between spaces, parentheses or numbers. Names with other characters are quoted: `"my metric" * 2`. Pure.
 */
import { l10n } from '../format/l10n.js';

export class FormulaError extends Error {
  override name = 'FormulaError';
  constructor(
    message: string,
    readonly start: number,
    readonly end: number,
  ) {
    super(message);
  }
}

export interface Formula {
  text: string;
  /** Names that it uses, each once, in their order. */
  names: string[];
  /** NaN where a name has no value. */
  evaluate(valueOf: (name: string) => number): number;
}

type Node = (valueOf: (name: string) => number) => number;
const FUNCTIONS: Record<string, { least: number; most: number; of(...values: number[]): number }> = {
  abs: { least: 1, most: 1, of: Math.abs },
  sqrt: { least: 1, most: 1, of: Math.sqrt },
  exp: { least: 1, most: 1, of: Math.exp },
  log: { least: 1, most: 1, of: Math.log },
  log10: { least: 1, most: 1, of: Math.log10 },
  log2: { least: 1, most: 1, of: Math.log2 },
  round: { least: 1, most: 1, of: Math.round },
  min: { least: 1, most: 20, of: Math.min },
  max: { least: 1, most: 20, of: Math.max },
};
const LONGEST = 500;
const DEEPEST = 50;
const NUMBER = /^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?![\w.])/i;
/** A name with its slashes; a hyphen within it only between letters or digits, without spaces. */
const NAME = /^[\p{L}_][\p{L}\p{N}_.]*(?:\/[\p{L}_][\p{L}\p{N}_.]*|\/\d[\p{L}\p{N}_.]*)*/u;

/**
 * Reads a formula. `known`: names that may contain characters which are operators elsewhere, such as `val-acc`. Throws
 * FormulaError.
 */
export function parseFormula(text: string, known: readonly string[] = []): Formula {
  if (text.length > LONGEST)
    throw new FormulaError(l10n.t('The formula is longer than {0} characters.', LONGEST), LONGEST, text.length);
  const parser = new Parser(
    text,
    [...known].sort((a, b) => b.length - a.length),
  );
  const node = parser.whole();
  return { text, names: [...parser.names], evaluate: node };
}

class Parser {
  readonly names = new Set<string>();
  private at = 0;
  private depth = 0;

  constructor(
    private readonly text: string,
    private readonly known: readonly string[],
  ) {}

  whole(): Node {
    const node = this.sum();
    this.space();
    if (this.at < this.text.length) throw this.error(l10n.t('"{0}" is not expected here.', this.text[this.at]!));
    return node;
  }

  private space(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++;
  }

  private take(...signs: string[]): string | null {
    this.space();
    const sign = signs.find((one) => this.text.startsWith(one, this.at));
    if (sign === undefined) return null;
    this.at += sign.length;
    return sign;
  }

  private error(message: string, start = this.at, end = Math.min(this.at + 1, this.text.length)): FormulaError {
    return new FormulaError(message, start, end);
  }

  private sum(): Node {
    if (++this.depth > DEEPEST) throw this.error(l10n.t('There are too many parentheses in each other.'));
    let left = this.product();
    for (let sign = this.take('+', '-'); sign; sign = this.take('+', '-')) {
      const [a, b] = [left, this.product()];
      left = sign === '+' ? (of) => a(of) + b(of) : (of) => a(of) - b(of);
    }
    this.depth--;
    return left;
  }

  private product(): Node {
    let left = this.unary();
    for (let sign = this.take('*', '/', '%'); sign; sign = this.take('*', '/', '%')) {
      const [a, b] = [left, this.unary()];
      left = sign === '*' ? (of) => a(of) * b(of) : sign === '/' ? (of) => a(of) / b(of) : (of) => a(of) % b(of);
    }
    return left;
  }

  private unary(): Node {
    let isNegative = false;
    for (let sign = this.take('-', '+'); sign; sign = this.take('-', '+')) if (sign === '-') isNegative = !isNegative;
    const node = this.power();
    return isNegative ? (of) => -node(of) : node;
  }

  private power(): Node {
    const base = this.atom();
    if (!this.take('^')) return base;
    if (++this.depth > DEEPEST) throw this.error(l10n.t('There are too many parentheses in each other.'));
    const exponent = this.unary();
    this.depth--;
    return (of) => base(of) ** exponent(of);
  }

  private atom(): Node {
    this.space();
    const start = this.at;
    const rest = this.text.slice(start);
    if (rest === '') throw this.error(l10n.t('A value is missing at the end.'));
    if (this.take('(')) {
      const node = this.sum();
      if (!this.take(')')) throw this.error(l10n.t('This "(" has no ")".'), start, start + 1);
      return node;
    }
    const number = NUMBER.exec(rest)?.[0];
    if (number !== undefined) {
      this.at += number.length;
      const value = Number(number);
      return () => value;
    }
    if (/^["'`]/.test(rest)) return this.quoted(rest[0]!);
    const name =
      this.known.find((one) => rest.startsWith(one) && !/^[\p{L}\p{N}_]/u.test(rest.slice(one.length))) ??
      NAME.exec(rest)?.[0];
    if (name === undefined) throw this.error(l10n.t('"{0}" is not expected here.', rest[0]!));
    this.at += name.length;
    this.space();
    if (this.text[this.at] === '(' && !this.known.includes(name)) return this.call(name, start);
    return this.named(name);
  }

  private named(name: string): Node {
    this.names.add(name);
    return (of) => of(name);
  }

  private quoted(quote: string): Node {
    const end = this.text.indexOf(quote, this.at + 1);
    if (end < 0)
      throw this.error(l10n.t('The text that begins here has no closing {0}.', quote), this.at, this.text.length);
    const name = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return this.named(name);
  }

  private call(name: string, start: number): Node {
    const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (!known)
      throw this.error(
        l10n.t('There is no function {0}; there are: {1}.', name, Object.keys(FUNCTIONS).join(', ')),
        start,
        start + name.length,
      );
    this.take('(');
    const values: Node[] = [];
    do values.push(this.sum());
    while (this.take(','));
    if (!this.take(')')) throw this.error(l10n.t('"," or ")" is expected here.'));
    if (values.length < known.least || values.length > known.most)
      throw this.error(l10n.t('{0} takes another number of values.', name), start, this.at);
    return (of) => known.of(...values.map((value) => value(of)));
  }
}
