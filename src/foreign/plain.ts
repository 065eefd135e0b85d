/** Nested values of configurations as flat parameters, and cells of tables as numbers. */
import { parseDocument, isAlias, isMap, isScalar, isSeq, type ParsedNode } from 'yaml';
import {
  floatsOf,
  isFloatText,
  listMark,
  markAt,
  parseJson,
  type FloatMark,
  type Floats,
} from '../protocol/values/floats.js';
import { setEntry } from '../protocol/values/records.js';
import type { Params, ParamValue } from '../protocol/values/index.js';

const MOST_PARAMS = 2000;
const DEEPEST = 16;
const LONGEST_YAML = 128 * 1024;
const DEEPEST_YAML = 64;
/** Maximum number of values read from one text, because aliases multiply them. */
const MOST_VALUES = 50_000;
/** Aliases that are followed: finding the target of each takes a walk through the text. */
const MOST_ALIASES = 100;

export interface Flat {
  params: Params;
  floats: Floats | undefined;
}

/** Collects values under names joined with dots; values that are too many or too deep are left out. */
class Flattening {
  private readonly params: Params = {};
  private readonly marks: [string, FloatMark][] = [];
  private count = 0;
  private left = MOST_VALUES;

  get flat(): Flat {
    return { params: this.params, floats: floatsOf(this.marks) };
  }

  /** Returns false when the limit on values is reached. */
  spend(): boolean {
    return this.left-- > 0;
  }

  add(name: string, value: ParamValue, mark: FloatMark): void {
    if (name === '' || ++this.count > MOST_PARAMS) return;
    setEntry(this.params, name, value);
    this.marks.push([name, mark]);
  }
}

const join = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}.${name}`);

/** Parameters of a parsed JSON value; `mark` tells its floats. */
export function flatten(value: unknown, mark: FloatMark = null): Flat {
  const flattening = new Flattening();
  visit(value, mark, '', 0);
  return flattening.flat;

  function visit(each: unknown, its: FloatMark, name: string, depth: number): void {
    if (!flattening.spend()) return;
    if (typeof each === 'object' && each !== null && !Array.isArray(each)) {
      if (depth < DEEPEST)
        for (const [key, inner] of Object.entries(each)) visit(inner, markAt(its, key), join(name, key), depth + 1);
      return;
    }
    flattening.add(
      name,
      plainValue(each, 0),
      Array.isArray(each) && each.some((item) => typeof item === 'object') ? null : its,
    );
  }
}

function plainValue(value: unknown, depth: number): ParamValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (Array.isArray(value) && depth < DEEPEST) return value.map((item) => plainValue(item, depth + 1));
  return value === undefined ? null : jsonOf(value);
}

/** JSON of a value that was read from JSON; '…' when it is nested too deep to be written. */
export function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return '…';
    throw error;
  }
}

/** A value that was read from JSON, as text. `String` would call a `toString` that the JSON has. */
export function wordOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? jsonOf(value) : String(value);
}

/** A value that was read from JSON, as a number; NaN if it is neither a number nor the text of one. */
export function looseNumber(value: unknown): number {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : NaN;
}

/** Parameters of a JSON text. Throws SyntaxError. */
export function flattenJson(text: string): Flat {
  const { value, mark } = parseJson(text);
  return flatten(value, mark);
}

/**
 * Reads the parameters of a YAML text; objects of other languages are read as their plain contents. Throws an error
 * with a sentence.
 */
export function flattenYaml(text: string): Flat {
  if (text.length > LONGEST_YAML) throw new SyntaxError(`it has more than ${LONGEST_YAML / 1024} KiB of YAML`);
  if (isDeep(text)) throw new SyntaxError('it is nested too deep');
  const document = parseDocument(text, {
    ...{ logLevel: 'silent', version: '1.1', merge: false },
    // Searching for equal keys, and quoting the lines of every error, takes quadratic time.
    ...{ uniqueKeys: false, prettyErrors: false },
  });
  const [problem] = document.errors;
  if (problem) throw new SyntaxError(problem.message);
  const flattening = new Flattening();
  let aliases = MOST_ALIASES;
  visit(document.contents, '', 0);
  return flattening.flat;

  /** Follows an alias; one that leads nowhere, or to another alias, is null. */
  function resolve(node: unknown): unknown {
    if (!isAlias(node)) return node;
    const target = aliases-- > 0 ? node.resolve(document) : null;
    return isAlias(target) ? null : target;
  }

  function visit(node: ParsedNode | null, name: string, depth: number): void {
    const real = resolve(node);
    if (!flattening.spend() || depth > DEEPEST) return;
    if (isMap(real)) {
      for (const { key, value } of real.items) {
        const text = isScalar(key) ? String(key.value) : '';
        if (text !== '') visit(value as ParsedNode | null, join(name, text), depth + 1);
      }
    } else {
      const { value, mark } = valueOf(real, depth);
      flattening.add(name, value, mark);
    }
  }

  function valueOf(node: unknown, depth: number): { value: ParamValue; mark: FloatMark } {
    if (!flattening.spend() || depth > DEEPEST) return { value: null, mark: null };
    if (isSeq(node)) {
      const items = node.items.map((item) => valueOf(resolve(item), depth + 1));
      return { value: items.map((item) => item.value), mark: listMark(items.map((item) => item.mark)) };
    }
    if (!isScalar(node)) return { value: null, mark: null };
    const isFloat = Number.isInteger(node.value) && isFloatText(node.source ?? '');
    return { value: plainValue(node.value, 0), mark: isFloat ? true : null };
  }
}

/** Parses JSON as Python writes it, with bare NaN and infinities, which become the strings of that name. Throws SyntaxError. */
export function parsePython(text: string): unknown {
  if (!/NaN|Infinity/.test(text)) return JSON.parse(text);
  // Strings are passed over, also one that is never closed.
  return JSON.parse(
    text.replace(/"(?:[^"\\]|\\.)*(?:"|\\?$)|-?Infinity|NaN/gs, (token) =>
      token.startsWith('"') ? token : `"${token}"`,
    ),
  );
}

/** A value of `parsePython` as a metric's; null if it is none. */
export function metricOf(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : null;
}

/** Returns whether lists or maps in a text may be nested so deep that parsing them takes much time and memory. */
function isDeep(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth = Math.max(0, depth + (bracket === '[' || bracket === '{' ? 1 : -1));
    if (depth > DEEPEST_YAML) return true;
  }
  return new RegExp(`(?:[-?:][ \\t]+){${DEEPEST_YAML}}`).test(text);
}

/** A cell as a number; null if it is none. Python's spellings of NaN, infinities and truth are known. */
export function numberOf(cell: string): number | null {
  const text = cell.trim();
  if (text === '' || text.length > 64) return null;
  const number = Number(text);
  if (!Number.isNaN(number)) return /^[+-]?0[xob]/i.test(text) ? null : number;
  const [, sign, word] = /^([+-]?)(nan|inf|infinity|true|false)$/i.exec(text) ?? [];
  if (word === undefined) return null;
  const lower = word.toLowerCase();
  if (lower === 'nan') return NaN;
  if (lower === 'true' || lower === 'false') return lower === 'true' ? 1 : 0;
  return sign === '-' ? -Infinity : Infinity;
}

/** A date such as SQLite and ISO 8601 write it, in milliseconds since the epoch; NaN if it is none. `zone` is that of one without. */
export function timeOf(text: unknown, zone: 'Z' | 'local' = 'Z'): number {
  if (typeof text !== 'string' || text.length > 40) return NaN;
  const iso = text
    .trim()
    .replace(' ', 'T')
    .replace(/(\.\d{3})\d+/, '$1');
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/.test(iso);
  return Date.parse(hasZone || zone === 'local' ? iso : `${iso}Z`);
}
