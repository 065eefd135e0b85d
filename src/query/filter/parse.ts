import { FACTS, FilterError, type Field, type Filter, type Operator, type Value } from './syntax.js';
import { tokens, type Token } from './tokens.js';
import { l10n } from '../../format/l10n.js';

/** Levels of parentheses. */
const DEEPEST = 100;
const LONGEST_PATTERN = 200;
const UNITS: Record<string, number> = { s: 1, m: 60, min: 60, h: 3600, d: 86_400, w: 604_800 };

/** Reads a filter; null: it is empty. Throws FilterError with the place of the mistake. */
export function parseFilter(text: string): Filter | null {
  const all = tokens(text);
  return all.length === 0 ? null : new Parser(all, text.length).whole();
}

class Parser {
  private at = 0;
  private depth = 0;

  constructor(
    private readonly all: readonly Token[],
    private readonly end: number,
  ) {}

  whole(): Filter {
    const filter = this.or();
    const rest = this.peek();
    if (rest) throw new FilterError(l10n.t('There is no "(" for this ")".'), rest.start, rest.end);
    return filter;
  }

  private peek(by = 0): Token | undefined {
    return this.all[this.at + by];
  }

  private isKeyword(word: string, by = 0): boolean {
    const token = this.peek(by);
    return token?.kind === 'word' && !token.isQuoted && token.text.toLowerCase() === word;
  }

  private take(word: string): boolean {
    if (!this.isKeyword(word)) return false;
    this.at++;
    return true;
  }

  private or(): Filter {
    if (++this.depth > DEEPEST) throw this.here(l10n.t('There are too many parentheses in each other.'));
    const parts = [this.and()];
    while (this.take('or')) parts.push(this.and());
    this.depth--;
    return parts.length === 1 ? parts[0]! : { kind: 'or', parts };
  }

  /** Adjacent conditions without an operator are joined by "and", too. */
  private and(): Filter {
    const parts = [this.not()];
    for (;;) {
      const next = this.peek();
      if (this.take('and')) parts.push(this.not());
      else if (next && next.kind !== ')' && !this.isKeyword('or')) parts.push(this.not());
      else break;
    }
    return parts.length === 1 ? parts[0]! : { kind: 'and', parts };
  }

  private not(): Filter {
    let count = 0;
    while (this.take('not')) count++;
    const part = this.one();
    return count % 2 === 1 ? { kind: 'not', part } : part;
  }

  private one(): Filter {
    const token = this.peek();
    if (!token) throw this.here(l10n.t('A condition is missing at the end.'));
    if (token.kind === '(') {
      this.at++;
      const inner = this.or();
      if (this.peek()?.kind !== ')') throw new FilterError(l10n.t('This "(" has no ")".'), token.start, token.end);
      this.at++;
      return inner;
    }
    if (token.kind !== 'word' || ['and', 'or'].some((word) => this.isKeyword(word)))
      throw new FilterError(l10n.t('A field or a word is expected here.'), token.start, token.end);
    this.at++;
    const next = this.peek();
    if (next?.kind === 'operator') {
      this.at++;
      return this.comparison(fieldOf(token), next.text);
    }
    if (this.isKeyword('missing')) {
      this.at++;
      return { kind: 'missing', field: fieldOf(token) };
    }
    if (this.isKeyword('is') && (this.isKeyword('missing', 1) || this.isKeyword('not', 1))) {
      this.at++;
      const isNot = this.take('not');
      if (!this.take('missing')) throw this.here(l10n.t('"missing" is expected here.'));
      const missing: Filter = { kind: 'missing', field: fieldOf(token) };
      return isNot ? { kind: 'not', part: missing } : missing;
    }
    if (this.isKeyword('in') && this.peek(1)?.kind === '(') {
      this.at++;
      return this.comparison(fieldOf(token), '=');
    }
    return { kind: 'text', text: token.text.toLowerCase() };
  }

  private comparison(field: Field, operator: Operator): Filter {
    const values: Value[] = [];
    if (this.peek()?.kind === '(') {
      this.at++;
      do values.push(this.value());
      while (this.peek()?.kind === ',' && ++this.at);
      if (this.peek()?.kind !== ')') throw this.here(l10n.t('"," or ")" is expected here.'));
      this.at++;
    } else {
      const token = this.peek();
      const isMissing = token?.kind === 'word' && !token.isQuoted && token.text.toLowerCase() === 'missing';
      if (isMissing && (operator === '=' || operator === '!=')) {
        this.at++;
        const missing: Filter = { kind: 'missing', field };
        return operator === '=' ? missing : { kind: 'not', part: missing };
      }
      values.push(this.value());
    }
    if (/[<>]/.test(operator)) for (const value of values) checkNumber(field, value);
    const pattern = operator === '~' || operator === '!~' ? patternOf(values) : null;
    return { kind: 'compare', field, operator, values, pattern };
  }

  private value(): Value {
    const token = this.peek();
    if (token?.kind !== 'word') throw this.here(l10n.t('A value is expected here.'));
    this.at++;
    const { text, isQuoted, start, end } = token;
    return { text, number: isQuoted ? NaN : numberOf(text), start, end };
  }

  private here(message: string): FilterError {
    const token = this.peek();
    return token ? new FilterError(message, token.start, token.end) : new FilterError(message, this.end, this.end);
  }
}

function fieldOf({ text, start, end, ...rest }: Token & { text: string }): Field {
  const isQuoted = rest.kind === 'word' && rest.isQuoted;
  const [, prefix, name] = /^(param|metric|min|max|info):(.+)$/s.exec(text) ?? [];
  if (prefix !== undefined) return { kind: prefix as Field['kind'], name: name!, start, end };
  const fact = text.toLowerCase() === 'tags' ? 'tag' : text.toLowerCase();
  if (!isQuoted && (FACTS as readonly string[]).includes(fact)) return { kind: 'fact', name: fact, start, end };
  return { kind: 'any', name: text, start, end };
}

/** Reads numbers and durations: `1e-3`, `90m`, `2h`, in seconds. */
function numberOf(text: string): number {
  const [, number, unit] = /^([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?)(s|m|min|h|d|w)?$/i.exec(text) ?? [];
  if (number === undefined)
    return /^[+-]?(inf|infinity)$/i.test(text) ? (text.startsWith('-') ? -Infinity : Infinity) : NaN;
  return Number(number.replaceAll('_', '')) * (unit === undefined ? 1 : UNITS[unit.toLowerCase()]!);
}

function checkNumber(field: Field, { text, number, start, end }: Value): void {
  const isDate = field.kind === 'fact' && ['created', 'ended'].includes(field.name) && !Number.isNaN(Date.parse(text));
  if (Number.isNaN(number) && !isDate)
    throw new FilterError(l10n.t('"{0}" is not a number, so it can\'t be compared by size.', text), start, end);
}

/** Throws for an invalid pattern, and for one that may take exponential time. */
function patternOf(values: readonly Value[]): RegExp {
  const [{ text, start, end }] = values as [Value];
  if (values.length > 1)
    throw new FilterError(l10n.t('One regular expression is expected here.'), start, values.at(-1)!.end);
  if (text.length > LONGEST_PATTERN)
    throw new FilterError(l10n.t('The pattern is longer than {0} characters.', LONGEST_PATTERN), start, end);
  // Repetitions in repetitions, and references back, can take longer than anybody waits.
  if (/[*+}]\??\)+[*+{]|\\[1-9]|\([^()]*\|[^()]*\)[*+{]/.test(text))
    throw new FilterError(l10n.t('A repetition within a repetition is not allowed in a pattern.'), start, end);
  try {
    return new RegExp(text, 'iu');
  } catch (error) {
    const why = (error as Error).message.split(': ').at(-1)!;
    throw new FilterError(l10n.t('The regular expression is not valid: {0}.', why), start, end);
  }
}
