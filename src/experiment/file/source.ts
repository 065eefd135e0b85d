/** The text of an experiment file with the place of everything in it. YAML and JSON are read by the same parser. */
import { isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, visit } from 'yaml';
import type { Document, Node, Pair, ParsedNode, Scalar, YAMLMap } from 'yaml';
import type { FileProblem } from '../../protocol/engine/index.js';
import { readYaml, type TextFault, type YamlText } from './yamlText.js';
import { groupMark, isFloatText, listMark, type FloatMark } from '../../protocol/values/floats.js';
import { l10n } from '../../format/l10n.js';

export type Path = readonly (string | number)[];
/** Half-open, in UTF-16 units. */
export interface Range {
  start: number;
  end: number;
}
export interface Fault {
  message: string;
  hint?: string;
  severity?: 'error' | 'warning';
}

/** Maximum number of problems listed per severity: a file may have any number. */
const MOST_PROBLEMS = 100;
/** Longest sentence about a problem, in UTF-16 units; names and values in it are the file's. */
const LONGEST_SENTENCE = 600;
const clip = (text: string): string =>
  text.length <= LONGEST_SENTENCE ? text : `${text.slice(0, LONGEST_SENTENCE - 1)}…`;

export class Source {
  readonly problems: FileProblem[] = [];
  readonly doc: Document.Parsed<ParsedNode> | null;
  /** The plain value; undefined when it could not be read. */
  value: unknown;
  private readonly lines = new LineCounter();
  private readonly targets: YamlText['targets'];
  private readonly pairs = new WeakMap<YAMLMap, Map<string, Pair>>();
  private readonly counts = { error: 0, warning: 0 };

  constructor(
    readonly text: string,
    readonly file: string,
  ) {
    this.lines.addNewLine(0);
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.lines.addNewLine(at + 1);
    const { doc, targets, faults } = readYaml(text);
    this.doc = doc;
    this.targets = targets;
    for (const fault of faults) this.report(this.pointAt(fault), inWords(fault));
    this.value = this.doc ? this.toValue(this.doc) : undefined;
    if (this.isJson && this.problems.length === 0) this.checkJson();
  }

  get isJson(): boolean {
    return this.file.toLowerCase().endsWith('.json');
  }

  get failed(): boolean {
    return this.counts.error > 0;
  }

  /** Returns whether the list of problems is full, so that further ones need not be looked for. */
  full(severity: 'error' | 'warning' = 'error'): boolean {
    return this.counts[severity] > MOST_PROBLEMS;
  }

  report(range: Range, fault: Fault): void {
    const severity = fault.severity ?? 'error';
    const count = ++this.counts[severity];
    if (count <= MOST_PROBLEMS) this.problems.push(this.problemAt(range, fault));
    else if (count === MOST_PROBLEMS + 1) {
      const rest = l10n.t('there are more than {0} {1}s; the others are not listed', MOST_PROBLEMS, severity);
      this.problems.push(this.problemAt(range, { message: rest, severity }));
    }
  }

  /** Reports at the value that the path leads to, at its key, or at the nearest thing around it. */
  reportAt(path: Path, fault: Fault, where: 'key' | 'value' = 'value'): void {
    this.report(this.rangeOf(path, where), fault);
  }

  problemAt(range: Range, fault: Fault): FileProblem {
    const end = Math.max(range.end, Math.min(range.start + 1, this.text.length), range.start);
    const [from, to] = [this.lineOf(range.start), this.lineOf(end)];
    const problem: FileProblem = {
      file: this.file,
      line: from.line,
      column: from.column,
      endLine: to.line,
      endColumn: to.column,
      severity: fault.severity ?? 'error',
      message: clip(l10n.retold(clip(fault.message))),
    };
    if (fault.hint !== undefined) problem.hint = clip(l10n.retold(clip(fault.hint)));
    return problem;
  }

  /** Both counted from 1. */
  lineOf(offset: number): { line: number; column: number } {
    const { line, col } = this.lines.linePos(Math.min(offset, this.text.length));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  rangeOf(path: Path, where: 'key' | 'value' = 'value'): Range {
    let node: unknown = this.doc?.contents ?? null;
    let range = this.topRange();
    for (const [i, part] of path.entries()) {
      const resolved = this.resolve(node);
      const last = i === path.length - 1;
      if (isMap(resolved)) {
        const pair = this.pairIn(resolved, String(part));
        if (!pair) return range;
        const key = this.rangeOfNode(pair.key);
        const value = this.rangeOfNode(pair.value);
        range = (last && where === 'key' ? key : (value ?? key)) ?? range;
        // A collection is marked at its key, because underlining pages of text helps nobody.
        if (!last || where === 'value') {
          const spans = value && this.text.slice(value.start, value.end).includes('\n');
          if (spans && key) range = key;
        }
        node = pair.value;
      } else if (isSeq(resolved)) {
        const item: unknown = resolved.items[Number(part)];
        if (item === undefined) return range;
        range = this.firstLine(this.rangeOfNode(item) ?? range);
        node = item;
      } else return range;
    }
    return range;
  }

  /** The node at a path, aliases followed; undefined when there is none. */
  nodeAt(path: Path): Node | null | undefined {
    let node: unknown = this.doc?.contents;
    for (const part of path) {
      const resolved = this.resolve(node);
      if (isMap(resolved)) node = this.pairIn(resolved, String(part))?.value;
      else if (isSeq(resolved)) node = resolved.items[Number(part)];
      else return undefined;
      if (node === undefined) return undefined;
    }
    return node as Node | null;
  }

  /** Reads the unquoted scalars by rules other than those of YAML 1.2. */
  readAs(read: (text: string) => string | number | boolean | null): void {
    if (!this.doc) return;
    visit(this.doc, {
      Scalar: (key, node) => {
        if (key !== 'key' && node.type === 'PLAIN' && !node.tag && node.source !== undefined) {
          node.value = read(node.source);
        }
      },
    });
    this.value = this.toValue(this.doc);
  }

  /** Marks the whole numbers at or below the path that were written as floats. */
  floatsAt(path: Path): FloatMark {
    return this.floatsOf(this.nodeAt(path), this.valueAt(path));
  }

  /** The plain value at a path; undefined when there is none. */
  valueAt(path: Path): unknown {
    let value = this.value;
    for (const part of path) value = (value as Record<string | number, unknown> | null | undefined)?.[part];
    return value;
  }

  private floatsOf(node: unknown, value: unknown): FloatMark {
    const resolved = this.resolve(node);
    if (isScalar(resolved)) return Number.isInteger(resolved.value) && isFloatText(resolved.source ?? '') ? true : null;
    if (isSeq(resolved) && Array.isArray(value)) {
      return listMark(value.map((item, i) => this.floatsOf(resolved.items[i], item)));
    }
    if (!isMap(resolved) || typeof value !== 'object' || value === null) return null;
    return groupMark(
      Object.entries(value).map(([key, item]) => {
        return [key, this.floatsOf(this.pairIn(resolved, key)?.value, item)] as const;
      }),
    );
  }

  pairAt(path: Path): Pair | undefined {
    const map = this.resolve(this.nodeAt(path.slice(0, -1)));
    return isMap(map) ? this.pairIn(map, String(path.at(-1)), false) : undefined;
  }

  resolve(node: unknown): unknown {
    return isAlias(node) ? this.targets.get(node) : node;
  }

  rangeOfNode(node: unknown): Range | null {
    if (!isNode(node) || !node.range) return null;
    return { start: node.range[0], end: trimEnd(this.text, node.range[0], node.range[1]) };
  }

  /** Returns the position of character `offset` of a scalar's value, if it can be determined (one line, no escapes). */
  insideScalar(node: unknown, offset: number, length: number): Range | null {
    const range = this.rangeOfNode(node);
    if (!range || !isScalar(node)) return null;
    const raw = this.text.slice(range.start, range.end);
    const quote = /^["']/.test(raw) ? 1 : 0;
    if (raw.slice(quote, raw.length - quote) !== (node as Scalar).value) return range;
    return { start: range.start + quote + offset, end: range.start + quote + offset + length };
  }

  /** Returns the pair of a key, including one from a merge (`<<: *base`). */
  private pairIn(map: YAMLMap, key: string, merged = true): Pair | undefined {
    const own = this.pairsOf(map).get(key);
    if (own || !merged || !this.pairsOf(map).has('<<')) return own;
    for (const pair of map.items) {
      if (keyText(pair.key) !== '<<') continue;
      const from = this.resolve(pair.value);
      for (const source of isSeq(from) ? from.items : [from]) {
        const resolved = this.resolve(source);
        const found = isMap(resolved) ? this.pairIn(resolved, key) : undefined;
        if (found) return found;
      }
    }
    return undefined;
  }

  /** The pairs of a map by their keys; of a key that comes twice, the first. */
  private pairsOf(map: YAMLMap): Map<string, Pair> {
    let pairs = this.pairs.get(map);
    if (!pairs) {
      pairs = new Map();
      for (const pair of map.items) {
        const key = isPair(pair) ? keyText(pair.key) : null;
        if (key !== null && !pairs.has(key)) pairs.set(key, pair);
      }
      this.pairs.set(map, pairs);
    }
    return pairs;
  }

  private topRange(): Range {
    const start = /\S/.exec(this.text)?.index ?? 0;
    return this.firstLine({ start, end: this.text.length });
  }

  private firstLine(range: Range): Range {
    const newline = this.text.indexOf('\n', range.start);
    return newline >= 0 && newline < range.end
      ? { start: range.start, end: trimEnd(this.text, range.start, newline) }
      : range;
  }

  /** At most the first line of the parser's range; a duplicate key in full. */
  private pointAt({ code, start, end }: TextFault): Range {
    return this.firstLine({ start, end: code === 'DUPLICATE_KEY' ? end : Math.min(end, start + 200) });
  }

  private toValue(doc: Document.Parsed<ParsedNode>): unknown {
    if (this.failed) return undefined;
    try {
      // Aliases were counted when they were read.
      return doc.toJS({ maxAliasCount: -1 }) as unknown;
    } catch (error) {
      this.report({ start: 0, end: 1 }, { message: l10n.t("this file can't be read: {0}", (error as Error).message) });
      return undefined;
    }
  }

  private checkJson(): void {
    try {
      JSON.parse(this.text);
    } catch (error) {
      const position = /position (\d+)/.exec((error as Error).message)?.[1];
      const start = position ? Number(position) : 0;
      this.report({ start, end: start + 1 }, { message: l10n.t('this is not JSON'), hint: (error as Error).message });
    }
  }
}

function keyText(key: unknown): string | null {
  if (isScalar(key)) return typeof key.value === 'symbol' ? '<<' : String(key.value);
  return null;
}

function trimEnd(text: string, start: number, end: number): number {
  while (end > start && /\s/.test(text[end - 1]!)) end--;
  return end;
}

/** Rewords the parser's errors for the person who wrote the file. */
function inWords({ code, message, hint, severity }: TextFault): Fault {
  if (hint !== undefined) return { message, hint, severity };
  const first = message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '');
  switch (code) {
    case 'TAB_AS_INDENT':
      return {
        message: l10n.t('YAML does not allow tabs for indentation'),
        hint: l10n.t('indent with spaces'),
        severity,
      };
    case 'BAD_INDENT':
      return { message: first, hint: l10n.t('entries at one level must start in the same column'), severity };
    case 'MULTIPLE_DOCS':
      return { message: first, hint: l10n.t('remove the line "---" and everything after it'), severity };
    default:
      return { message: first.charAt(0).toLowerCase() + first.slice(1), severity };
  }
}
