/** Changes only the requested values of an experiment file; everything else stays the same, character by character. */
import type { Place } from '../../protocol/run/cluster.js';
import { isAlias, isCollection, isMap, isPair, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml';
import { jsonText, markAt, type FloatMark, type Floats } from '../../protocol/values/floats.js';
import type { Params, ParamValue } from '../../protocol/values/index.js';
import { flatten } from './flatten.js';
import { flowText, scalarText } from './flowText.js';
import { floatMarkFor } from './paramFloats.js';
import { Pieces } from './pieces.js';
import { readTypedValue } from './typedValue.js';
import { readDimension } from '../search/space.js';
import { placeholderAt } from '../start/plan.js';
import type { NestedParams } from '../schema.js';
import { Source } from './source.js';
import { isSweep } from '../sweep/index.js';
import type { TextEdit } from '../types.js';
import { l10n } from '../../format/l10n.js';

export interface FileChange {
  params?: Params;
  /** Marks the whole numbers of the params that are floats; if the file has a float, a whole number becomes one too. */
  floats?: Floats | undefined;
  /** Ranges as YAML text, such as `{ log: [1e-5, 1e-1] }`; an empty text removes the parameter from the search. */
  space?: Record<string, string>;
  trials?: number;
  /** Learning rate for the `network:` section: replaces its own, or the value of the parameter that it names. */
  learningRate?: number;
  /** Where runs execute. */
  on?: Place;
}

/**
 * `file` tells JSON from YAML (without it, a text that begins with a brace is JSON if it reads as JSON). Throws
 * EditError when the file can't be changed, such as one with syntax errors.
 */
export function editExperiment(text: string, change: FileChange, file?: string): { text: string; edits: TextEdit[] } {
  const editor = new Editor(text, file ?? (looksLikeJson(text) ? 'x.json' : 'x.yaml'));
  for (const [name, value] of Object.entries(change.params ?? {}))
    editor.setParam(name, value, markAt(change.floats, name));
  for (const [name, range] of Object.entries(change.space ?? {})) editor.setRange(name, range);
  if (change.trials !== undefined) editor.set(['search', 'trials'], String(change.trials));
  if (change.learningRate !== undefined) editor.setLearningRate(change.learningRate);
  if (change.on !== undefined) editor.setPlace(change.on);
  return editor.finish();
}

function rangeJson(range: string): string {
  const { value, floats } = readTypedValue(range);
  return jsonText(value, floats);
}

/** The file can't be changed; the message says why. */
export class EditError extends Error {
  override name = 'EditError';
}

function looksLikeJson(text: string): boolean {
  if (!/^\s*\{/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

class Editor {
  private readonly pieces: Pieces;
  private current: Source;
  /** Values of `current` to be replaced, each by itself: together they need only one parse. */
  private replacements: TextEdit[] = [];
  /** Place of each parameter in `current`. */
  private paths: Map<string, string[]> | null = null;
  private readonly eol: string;

  constructor(
    text: string,
    private readonly file: string,
  ) {
    this.pieces = new Pieces(text);
    this.eol = text.includes('\r\n') ? '\r\n' : '\n';
    this.current = this.read(text);
    if (isSweep(this.current.value)) {
      throw new EditError(
        l10n.t('This is a sweep file of another tool; it is read, never changed. Change it by hand.'),
      );
    }
  }

  /** The text with all changes, and the changes. */
  finish(): { text: string; edits: TextEdit[] } {
    this.flush();
    return { text: this.pieces.text, edits: this.pieces.edits() };
  }

  setParam(name: string, value: ParamValue, mark: FloatMark = null): void {
    this.paths ??= flatten((this.current.value as { params?: NestedParams } | null)?.params ?? {}).pathOf;
    const path = ['params', ...(this.paths.get(name) ?? [name])];
    const float = this.floatOf(name, path, value, mark);
    const range = this.current.rangeOfNode(this.current.pairAt(path)?.value);
    if (!range || range.end === range.start) {
      return this.set(path, this.render(value, this.source.nodeAt(path), float));
    }
    if (this.replacements.some(({ offset, length }) => offset < range.end && range.start < offset + length)) {
      this.flush();
      return this.setParam(name, value, mark);
    }
    const text = this.render(value, this.current.nodeAt(path), float);
    if (this.current.text.slice(range.start, range.end) === text) return;
    this.replacements.push({ offset: range.start, length: range.end - range.start, text });
  }

  private floatOf(name: string, path: string[], value: ParamValue, mark: FloatMark): FloatMark {
    const at = ['search', 'space', name];
    const range = this.current.nodeAt(at) === undefined ? undefined : this.current.valueAt(at);
    const dimension = range === undefined ? null : readDimension(name, range, this.current.floatsAt(at)).dimension;
    const declared = { value: this.current.valueAt(path) as ParamValue | undefined, mark: this.current.floatsAt(path) };
    return floatMarkFor(value, mark, declared, dimension ?? null);
  }

  /** The file with all changes so far. */
  private get source(): Source {
    this.flush();
    return this.current;
  }

  private flush(): void {
    if (this.replacements.length === 0) return;
    // From the last to the first, so that offsets stay true.
    for (const edit of this.replacements.sort((a, b) => b.offset - a.offset)) this.pieces.replace(edit);
    this.replacements = [];
    this.reread();
  }

  private reread(): void {
    this.current = this.read(this.pieces.text);
    this.paths = null;
  }

  setLearningRate(rate: number): void {
    const { network } = (this.source.value ?? {}) as { network?: { optimizer?: unknown } };
    if (typeof network !== 'object' || network === null)
      throw new EditError(l10n.t('This file has no "network:" section.'));
    const { optimizer } = network;
    const path = ['network', 'optimizer', 'learningRate'];
    const named = placeholderAt({ optimizer }, ['optimizer', 'learningRate']);
    const direct = typeof optimizer === 'object' && optimizer !== null;
    if (direct && named !== null) return this.setParam(named, rate);
    if (direct) return this.set(path, this.render(rate, this.source.nodeAt(path)));
    // `optimizer: adam`, or none at all: the name moves into a group of settings.
    const name = typeof optimizer === 'string' ? optimizer : 'adam';
    const settings = { name, learningRate: rate };
    const group = this.source.isJson ? JSON.stringify(settings) : flowText(settings);
    this.set(path.slice(0, 2), group);
  }

  setRange(name: string, range: string): void {
    const path = ['search', 'space', name];
    if (range.trim() === '') return this.remove(path);
    this.set(path, this.source.isJson ? rangeJson(range) : range.trim());
  }

  /** Inserts rendered text at a path; creates missing parents. */
  setPlace(place: Place): void {
    this.set(['on'], this.source.isJson ? JSON.stringify(place) : place);
  }

  set(path: string[], rendered: string): void {
    const pair = this.source.pairAt(path);
    if (pair) this.replaceValue(pair, rendered);
    else this.insert(path, rendered);
  }

  private replaceValue(pair: Pair, rendered: string): void {
    const { text } = this.source;
    const value = this.source.rangeOfNode(pair.value);
    if (value && value.end > value.start) {
      const old = text.slice(value.start, value.end);
      if (old === rendered) return;
      this.apply({ offset: value.start, length: value.end - value.start, text: rendered });
      return;
    }
    // `lr:` with nothing behind it: the value goes behind the colon.
    const key = this.source.rangeOfNode(pair.key)!;
    const colon = text.indexOf(':', key.end);
    if (colon < 0 || text.slice(key.end, colon).trim() !== '')
      this.apply({ offset: key.end, length: 0, text: `: ${rendered}` });
    else
      this.apply({
        offset: colon + 1,
        length: 0,
        text: /[ \t]/.test(text[colon + 1] ?? '') ? rendered.padStart(rendered.length + 1) : ` ${rendered}`,
      });
  }

  private insert(path: string[], rendered: string): void {
    const key = path.at(-1)!;
    const parentPath = path.slice(0, -1);
    const parent = parentPath.length ? this.source.resolve(this.source.nodeAt(parentPath)) : this.source.doc?.contents;
    if (isMap(parent)) return this.insertIntoMap(parent, key, rendered, path.length === 1);
    if (parentPath.length === 0)
      return this.apply({
        offset: this.source.text.length,
        length: 0,
        text: `${this.key(key)}: ${rendered}${this.eol}`,
      });
    // Nothing there yet: its parent comes into being with this one entry.
    if (this.source.isJson) return this.set(parentPath, `{ ${this.key(key)}: ${rendered} }`);
    if (this.isInFlow(parentPath)) return this.set(parentPath, `{ ${this.key(key)}: ${rendered} }`);
    const indent = '  '.repeat(parentPath.length);
    const block = `${this.eol}${indent}${this.key(key)}: ${rendered}`;
    const pair = this.source.pairAt(parentPath);
    if (!pair) return this.insert(parentPath, block);
    const after = this.source.rangeOfNode(pair.key)!.end;
    const colon = this.source.text.indexOf(':', after) + 1;
    const value = this.source.rangeOfNode(pair.value);
    // An explicit null (`params: ~`) makes place; behind a bare `params:` there may be a comment to go after.
    if (value && value.end > value.start) return this.apply({ offset: colon, length: value.end - colon, text: block });
    this.apply({ offset: this.endOfLine(colon), length: 0, text: block });
  }

  private insertIntoMap(map: YAMLMap, key: string, rendered: string, top: boolean): void {
    const { text } = this.source;
    const entry = `${this.key(key)}:${rendered.startsWith('\n') || rendered.startsWith('\r') ? '' : ' '}${rendered}`;
    const last = map.items.findLast((pair) => isPair(pair));
    if (map.flow) return this.insertIntoFlow(map, last, entry);
    if (!last) throw new EditError(l10n.t('There is no place for "{0}" in this file. Add it by hand.', key));
    // New sections go above the search, which is long and last by habit.
    const search =
      top && key !== 'search' ? map.items.find((pair) => isScalar(pair.key) && pair.key.value === 'search') : undefined;
    if (search) {
      const start = this.startOfSection(this.source.rangeOfNode(search.key)!.start);
      return this.apply({ offset: start, length: 0, text: `${entry}${this.eol}${this.eol}` });
    }
    const end = this.endOfPair(last);
    const first = this.source.rangeOfNode(map.items[0]!.key)!.start;
    const indent = text.slice(text.lastIndexOf('\n', first - 1) + 1, first).replace(/\S/g, ' ');
    this.apply({
      offset: end,
      length: 0,
      text: `${this.eol}${top && rendered.includes('\n') ? this.eol : ''}${indent}${entry}`,
    });
  }

  private insertIntoFlow(map: YAMLMap, last: Pair | undefined, entry: string): void {
    const { text } = this.source;
    const range = this.source.rangeOfNode(map)!;
    if (!last) {
      const inside = text.slice(range.start + 1, range.end - 1);
      return this.apply({
        offset: range.start,
        length: range.end - range.start,
        text: inside.trim() ? `{${inside}${entry} }` : `{ ${entry} }`,
      });
    }
    const end = (this.source.rangeOfNode(last.value) ?? this.source.rangeOfNode(last.key))!.end;
    const start = this.source.rangeOfNode(last.key)!.start;
    const line = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
    const ownLine = line.trim() === '' && text.slice(range.start, start).includes('\n');
    this.apply({ offset: end, length: 0, text: ownLine ? `,${this.eol}${line}${entry}` : `, ${entry}` });
  }

  private remove(path: string[]): void {
    const pair = this.source.pairAt(path);
    const map = this.source.resolve(this.source.nodeAt(path.slice(0, -1)));
    if (!pair || !isMap(map)) return;
    const { text } = this.source;
    const start = this.source.rangeOfNode(pair.key)!.start;
    if (!map.flow) {
      if (map.items.length === 1) {
        const before = this.source.pairAt(path.slice(0, -1))!;
        const colon = text.indexOf(':', this.source.rangeOfNode(before.key)!.end) + 1;
        return this.apply({ offset: colon, length: this.endOfPair(pair) - colon, text: ' {}' });
      }
      const lineStart = text.lastIndexOf('\n', start - 1) + 1;
      const end = this.endOfPair(pair);
      const newline = text.indexOf('\n', end);
      return this.apply({ offset: lineStart, length: (newline < 0 ? text.length : newline + 1) - lineStart, text: '' });
    }
    const end = (this.source.rangeOfNode(pair.value) ?? this.source.rangeOfNode(pair.key))!.end;
    const behind = /^\s*,[ \t]*(\r?\n[ \t]*)?/.exec(text.slice(end));
    if (behind) return this.apply({ offset: start, length: end + behind[0].length - start, text: '' });
    const ahead = /,?\s*$/.exec(text.slice(0, start))![0];
    this.apply({
      offset: start - ahead.length,
      length: end - start + ahead.length,
      text: ahead.startsWith(',') ? '' : ahead,
    });
  }

  private render(value: ParamValue, old: unknown, mark: FloatMark = null): string {
    if (this.current.isJson) return jsonText(value, mark);
    if (typeof value !== 'string') return flowText(value, mark);
    const style = isScalar(old) ? old.type : undefined;
    if (style === 'QUOTE_DOUBLE') return JSON.stringify(value);
    const quoted = `'${value.replaceAll("'", "''")}'`;
    if (style === 'QUOTE_SINGLE' && !/[\r\n\u0000-\u001f]/.test(value)) return quoted;
    return scalarText(value);
  }

  private key(name: string): string {
    if (this.source.isJson) return JSON.stringify(name);
    return this.render(name, undefined);
  }

  private isInFlow(path: string[]): boolean {
    for (let length = path.length - 1; length >= 0; length--) {
      const node = length ? this.source.nodeAt(path.slice(0, length)) : this.source.doc?.contents;
      if (isCollection(node)) return node.flow === true;
    }
    return false;
  }

  /** End of a block entry: behind its value and the comment on the value's last line. */
  private endOfPair(pair: Pair): number {
    let node: unknown = pair;
    let end = this.source.rangeOfNode(pair.key)!.end;
    while (isPair(node)) {
      const value: unknown = node.value;
      end = Math.max(end, this.source.rangeOfNode(isPair(node) ? node.key : null)?.end ?? 0);
      const range = this.source.rangeOfNode(value);
      if (range && !(isCollection(value) && !value.flow)) end = Math.max(end, range.end);
      node = isMap(value) && !value.flow ? value.items.at(-1) : undefined;
      if (isSeq(value) && !value.flow) {
        const item: unknown = value.items.at(-1);
        end = Math.max(end, this.source.rangeOfNode(item)?.end ?? 0);
        node = isMap(item) && !item.flow ? item.items.at(-1) : undefined;
      }
      if (isAlias(value)) node = undefined;
    }
    return this.endOfLine(end);
  }

  private endOfLine(offset: number): number {
    const { text } = this.source;
    const newline = text.indexOf('\n', offset);
    if (newline < 0) return text.length;
    return text[newline - 1] === '\r' ? newline - 1 : newline;
  }

  /** Start of the line, or of the comments right above it. */
  private startOfSection(offset: number): number {
    const { text } = this.source;
    let start = text.lastIndexOf('\n', offset - 1) + 1;
    while (start > 0) {
      const previous = text.lastIndexOf('\n', start - 2) + 1;
      if (!/^\s*#/.test(text.slice(previous, start))) break;
      start = previous;
    }
    return start;
  }

  private apply(edit: TextEdit): void {
    this.pieces.replace(edit);
    this.reread();
  }

  private read(text: string): Source {
    const source = new Source(text, this.file);
    const error = source.problems.find((problem) => problem.severity === 'error');
    if (error) throw new EditError(l10n.t('Fix line {0} first: {1}.', error.line, error.message));
    return source;
  }
}
