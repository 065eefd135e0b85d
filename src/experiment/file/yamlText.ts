/**
 * Reads YAML (and JSON, which is YAML) within bounds: text from a cloned folder may be built to cost time and memory.
 * The work is linear in the text, whatever it contains.
 */
import {
  Composer,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  Parser,
  YAMLParseError,
  YAMLWarning,
  type Alias,
  type Document,
  type Node,
  type ParsedNode,
} from 'yaml';
import { entryOf } from '../../protocol/values/records.js';
import { l10n } from '../../format/l10n.js';

/** UTF-16 units; beyond it the file is surely something else. */
export const LARGEST_TEXT = 1_000_000;
/** Words and signs of the text. Reading so many takes well under a second; 5,000 searched parameters need about 50,000. */
const MOST_LEXEMES = 75_000;
/** Levels of nesting, also those that aliases add. */
const DEEPEST = 200;
/** Values when every alias is written out ("billion laughs"). */
const MOST_VALUES = 150_000;
const MOST_ALIASES = 1000;
/** After the first syntax errors, a parser mostly reports consequences of them. */
const MOST_SYNTAX = 3;

/** A mistake of syntax; offsets in UTF-16 units, `end` is exclusive. */
export interface TextFault {
  code: string;
  message: string;
  hint?: string;
  severity: 'error' | 'warning';
  start: number;
  end: number;
}

export interface YamlText {
  /** Null when the text is beyond the bounds. Half-typed text has a document as far as it could be read. */
  doc: Document.Parsed<ParsedNode> | null;
  faults: TextFault[];
  /** The node that each alias refers to. */
  targets: ReadonlyMap<Alias, Node>;
}

/** Never throws. */
export function readYaml(text: string): YamlText {
  const beyond = (message: string, at = 0): YamlText => ({
    doc: null,
    targets: new Map(),
    faults: [{ code: 'TOO_LARGE', message, severity: 'error', start: at, end: at + 1 }],
  });
  if (text.length > LARGEST_TEXT)
    return beyond(l10n.t('this file is larger than {0} MB; {1}', LARGEST_TEXT / 1e6, NO_EXPERIMENT));
  const tokens = [];
  const parser = new Parser();
  const brackets = new Brackets();
  // The parser's stack is the nesting around what it reads; the type declares it private.
  const { stack } = parser as unknown as { stack: readonly unknown[] };
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > MOST_LEXEMES) {
      return beyond(
        l10n.t('this file has more than {0} words and signs; {1}', MOST_LEXEMES.toLocaleString('en'), NO_EXPERIMENT),
      );
    }
    brackets.see(lexeme);
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (stack.length > DEEPEST) return beyond(l10n.t('more than {0} levels of nesting', DEEPEST), brackets.offset);
  }
  for (const token of parser.end()) tokens.push(token);
  brackets.end();
  try {
    const { doc, faults } = compose(tokens, text.length);
    const first = brackets.faults[0]?.start ?? Infinity;
    const syntax = [...brackets.faults, ...faults.filter(({ start }) => start < first)];
    if (!doc) return { doc, faults: shown(syntax), targets: new Map() };
    const references = new References();
    references.visit(doc.contents, 0);
    return { doc, faults: shown([...syntax, ...references.faults]), targets: references.targets };
  } catch (error) {
    return beyond(l10n.t("this file can't be read: {0}", (error as Error).message));
  }
}

const NO_EXPERIMENT = "it can't be an experiment file";

/** In the order of the text, because the first mistake is the most likely cause of the others. */
function shown(faults: TextFault[]): TextFault[] {
  const sorted = faults.sort((a, b) => a.start - b.start);
  let errors = 0;
  return sorted.filter(({ severity }) => severity === 'warning' || ++errors <= MOST_SYNTAX);
}

function compose(tokens: Parameters<Composer['compose']>[0], length: number) {
  const composer = new Composer({ merge: true, stringKeys: true, uniqueKeys: false, prettyErrors: false });
  let doc: Document.Parsed<ParsedNode> | null = null;
  // A text of 50,000 commas has as many errors; their stacks would cost more than the text.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    for (const each of composer.compose(tokens, true, length)) {
      if (doc) {
        const [start, end] = each.range;
        doc.errors.push(new YAMLParseError([start, end], 'MULTIPLE_DOCS', l10n.t('one file holds one experiment')));
        break;
      }
      doc = each;
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  const all = doc ? [...doc.errors, ...doc.warnings.slice(0, 20)] : [];
  const faults = all.map((error): TextFault => ({
    code: error.code,
    message: error.message,
    start: error.pos[0],
    end: error.pos[1],
    severity: error instanceof YAMLWarning ? 'warning' : 'error',
  }));
  return { doc, faults };
}

/** Finds the bracket that is never closed, which a parser notices only far behind it. */
class Brackets {
  readonly faults: TextFault[] = [];
  /** Offset at which the next lexeme begins. */
  offset = 0;
  private readonly open: { bracket: string; at: number }[] = [];
  private scalar = false;

  see(lexeme: string): void {
    if (this.scalar) {
      this.scalar = false;
      this.offset += lexeme.length;
      return;
    }
    switch (lexeme) {
      case SCALAR:
        this.scalar = true;
        return;
      case DOCUMENT:
        return;
      case FLOW_END:
        return this.unclosed();
      case '[':
      case '{':
        this.open.push({ bracket: lexeme, at: this.offset });
        break;
      case ']':
      case '}': {
        const last = this.open.pop();
        if (last && last.bracket !== (lexeme === ']' ? '[' : '{')) {
          this.report(
            last.at,
            l10n.t('this {0} is closed by {1}', last.bracket, lexeme),
            l10n.t('close it with {0}', entryOf(CLOSING, last.bracket)),
          );
          this.open.length = 0;
        }
      }
    }
    this.offset += lexeme.length;
  }

  end(): void {
    this.unclosed();
  }

  private unclosed(): void {
    const last = this.open.at(-1);
    this.open.length = 0;
    if (last)
      this.report(
        last.at,
        l10n.t('this {0} is never closed', last.bracket),
        l10n.t('close it with {0}', entryOf(CLOSING, last.bracket)),
      );
  }

  private report(at: number, message: string, hint: string): void {
    if (this.faults.length < MOST_SYNTAX)
      this.faults.push({ code: 'BRACKET', message, hint, severity: 'error', start: at, end: at + 1 });
  }
}
/** Marks that the lexer puts between parts of the text; they have no place in it. */
const [DOCUMENT, FLOW_END, SCALAR] = ['\u0002', '\u0018', '\u001f'];
const CLOSING: Record<string, string> = { '[': ']', '{': '}' };

/** Resolves aliases, measures the size and depth of the expanded tree, and finds duplicate keys. */
class References {
  readonly faults: TextFault[] = [];
  readonly targets = new Map<Alias, Node>();
  private readonly anchors = new Map<string, Node>();
  private readonly sizes = new Map<Node, { values: number; depth: number }>();
  private readonly open = new Set<Node>();
  private aliases = 0;
  /** Number of values that aliases refer to, in total. */
  private repeated = 0;

  visit(node: unknown, level: number): { values: number; depth: number } {
    if (isPair(node)) {
      const value = this.visit(node.value, level);
      return { values: value.values, depth: value.depth };
    }
    if (isAlias(node)) return this.alias(node, level);
    if (!isScalar(node) && !isCollection(node)) return { values: 1, depth: 0 };
    if (node.anchor) this.anchors.set(node.anchor, node);
    const size = { values: 1, depth: 0 };
    if (isCollection(node)) {
      this.open.add(node);
      if (isMap(node)) this.keys(node.items);
      for (const item of isMap(node) || isSeq(node) ? node.items : []) {
        const { values, depth } = this.visit(item, level + 1);
        size.values += values;
        size.depth = Math.max(size.depth, depth + 1);
      }
      this.open.delete(node);
    }
    this.sizes.set(node, size);
    return size;
  }

  private alias(alias: Alias, level: number): { values: number; depth: number } {
    const target = this.anchors.get(alias.source);
    const one = { values: 1, depth: 0 };
    if (++this.aliases > MOST_ALIASES) {
      return (
        this.report(alias, l10n.t('more than {0} aliases (*name)', MOST_ALIASES), l10n.t('write the values out')),
        one
      );
    }
    if (!target) {
      this.report(
        alias,
        l10n.t('no anchor &{0} comes before this alias', alias.source),
        l10n.t('name the value first: &name value'),
      );
      return one;
    }
    if (this.open.has(target)) {
      this.report(alias, l10n.t('*{0} is inside the value that it repeats, which would never end', alias.source));
      return one;
    }
    const size = this.sizes.get(target)!;
    this.repeated += size.values;
    if (this.repeated > MOST_VALUES || size.depth + level > DEEPEST) {
      this.report(alias, l10n.t('the aliases (*name) of this file expand to too much'), l10n.t('write the values out'));
      return one;
    }
    this.targets.set(alias, target);
    return size;
  }

  private keys(items: readonly unknown[]): void {
    const seen = new Set<unknown>();
    for (const item of items) {
      const key = isPair(item) ? item.key : null;
      if (!isScalar(key) || typeof key.value === 'symbol') continue;
      const [start, end] = key.range ?? [0, 1];
      if (seen.has(key.value))
        this.fault('DUPLICATE_KEY', l10n.t('this key is written twice'), start, end, l10n.t('keep one of the two'));
      seen.add(key.value);
    }
  }

  private report(alias: Alias, message: string, hint?: string): void {
    const [start, end] = alias.range ?? [0, 1];
    this.fault('ALIAS', message, start, end, hint);
  }

  private fault(code: string, message: string, start: number, end: number, hint?: string): void {
    if (this.faults.length > MOST_SYNTAX) return;
    this.faults.push({ code, message, ...(hint !== undefined && { hint }), severity: 'error', start, end });
  }
}
