/** Copies of configuration files with the values of a run in them: `files: { config.yaml: { lr: '{lr}' } }`. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse as parseToml, stringify as stringifyToml } from 'smol-toml';
import { parseDocument, isMap, isScalar, isSeq, Scalar, type Document, type YAMLMap, type YAMLSeq } from 'yaml';
import { listMark, markAt, valueText, type FloatMark } from '../../protocol/values/floats.js';
import { entryOf, hasEntry, setEntry } from '../../protocol/values/records.js';
import type { ParamValue } from '../../protocol/values/index.js';
import { fillVariable, type Values } from './fill.js';
import { l10n } from '../../format/l10n.js';

/** Folder of the copies within the folder of the run. */
export const COPIES = 'files';
const LARGEST = 1024 * 1024;

/** Values of a file, or groups of them, as the experiment file writes them. */
export interface CopiedValues {
  [key: string]: ParamValue | CopiedValues;
}

export class CopyError extends Error {
  override name = 'CopyError';
}

/** The name by which a command asks for the copy: `{config}` for `conf/config.yaml`. */
export function copyName(file: string): string {
  const base = file.split(/[\\/]/).at(-1)!;
  return base.replace(/\.\w+$/, '').replace(/[^\w-]/g, '_');
}

export function formatOf(file: string): 'yaml' | 'json' | 'toml' | null {
  const ending = /\.(ya?ml|json|toml)$/i.exec(file)?.[1]?.toLowerCase();
  return ending === undefined ? null : ending.startsWith('y') ? 'yaml' : (ending as 'json' | 'toml');
}

/** Path of the copy within the folder of the run, with slashes. */
export const copyPath = (file: string): string => `${COPIES}/${file.split(/[\\/]/).at(-1)!}`;

/** Keys of the values by their groups: `optimizer.lr` is `lr` in `optimizer`. */
export function keysOf(values: CopiedValues, before: string[] = []): { path: string[]; value: ParamValue }[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const at = [...before, ...key.split('.')];
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? keysOf(value, at)
      : [{ path: at, value: value as ParamValue }];
  });
}

/** The texts that the values of all files are filled in from. */
export function textsOfCopies(files: Record<string, CopiedValues> = {}): string[] {
  return Object.values(files).flatMap((values) => keysOf(values).flatMap(({ value }) => [value].flat().map(String)));
}

/** Returns the file's text, or null if it does not exist. Throws CopyError when it can't be read. */
export function readOriginal(file: string): string | null {
  try {
    const { size } = fs.statSync(file);
    if (size > LARGEST) throw new CopyError(l10n.t('{0} is larger than 1 MiB', file));
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error instanceof CopyError
      ? error
      : new CopyError(l10n.t("{0} can't be read: {1}", file, (error as Error).message));
  }
}

/** Keys of the values that the original does not have. Empty when it can't be read as its format. */
export function missingKeys(original: string, file: string, values: CopiedValues): string[] {
  try {
    const root: unknown = formatOf(file) === 'toml' ? parseToml(original) : parseDocument(original).toJS();
    return keysOf(values).flatMap(({ path: keys }) => {
      let here = root;
      for (const key of keys) {
        if (typeof here !== 'object' || here === null || !hasEntry(here as Record<string, unknown>, key))
          return [keys.join('.')];
        here = entryOf(here as Record<string, unknown>, key);
      }
      return [];
    });
  } catch {
    return [];
  }
}

/**
 * The text of the copy. `cwd`: the folder that the file's path is relative to; a file that is not there is made of the values
 * alone. Throws CopyError, and MissingValue for a hyperparameter without a value.
 */
export function copyText(file: string, values: CopiedValues, cwd: string, run: Values): string {
  const original = readOriginal(path.resolve(cwd, file)) ?? '';
  const filled = keysOf(values).map(({ path: keys, value }) => ({ keys, ...fill(value, run) }));
  try {
    if (formatOf(file) === 'toml') return tomlCopy(original, filled);
    return yamlCopy(original, filled, formatOf(file) === 'json');
  } catch (error) {
    throw new CopyError(`${file}: ${(error as Error).message.split('\n')[0]}`);
  }
}

interface Filled {
  keys: string[];
  value: ParamValue;
  mark: FloatMark;
}

/** A text that is nothing but `{name}` becomes the value with its type. */
function fill(value: ParamValue, run: Values): Pick<Filled, 'value' | 'mark'> {
  if (Array.isArray(value)) {
    const items = value.map((item) => fill(item, run));
    return { value: items.map((item) => item.value), mark: listMark(items.map((item) => item.mark)) };
  }
  if (typeof value !== 'string') return { value, mark: null };
  const only = /^\{([A-Za-z_][\w.\-/]*)\}$/.exec(value)?.[1];
  if (only !== undefined && hasEntry(run.params, only))
    return { value: entryOf(run.params, only)!, mark: markAt(run.floats, only) };
  const text = fillVariable(value, run);
  const isWhole = only === 'seed' || only === 'trial';
  return isWhole && /^\d+$/.test(text) ? { value: Number(text), mark: null } : { value: text, mark: null };
}

/** Values that are there are replaced where they stand, so that comments and layout stay. */
function yamlCopy(original: string, filled: readonly Filled[], isJson: boolean): string {
  const document = read(original);
  const missing: Filled[] = [];
  const edits: { from: number; to: number; text: string }[] = [];
  for (const each of filled) {
    const node = document.getIn(each.keys, true);
    const range = isOnOneLine(node) ? node.range : null;
    if (range && range[1] > range[0])
      edits.push({ from: range[0], to: range[1], text: flowText(each.value, each.mark) });
    else missing.push(each);
  }
  let text = original;
  for (const { from, to, text: value } of edits.sort((a, b) => b.from - a.from))
    text = text.slice(0, from) + value + text.slice(to);
  return missing.length === 0 ? text : added(text, missing, isJson);
}

/** Reads scalars as text, because they keep their form that way: `1.0e-07` would otherwise become `1e-7`. */
function added(text: string, missing: readonly Filled[], isJson: boolean): string {
  const document = parseDocument(text, { schema: 'failsafe', logLevel: 'silent' });
  const keyOf = (key: string) => (isJson ? quoted(key) : new Scalar(key));
  const nodeOf = (value: ParamValue, mark: FloatMark): unknown => {
    if (Array.isArray(value)) return document.createNode(value.map((item, i) => nodeOf(item, markAt(mark, i))));
    return typeof value === 'string' ? quoted(value) : new Scalar(flowText(value, mark));
  };
  document.contents ??= document.createNode({}) as never;
  for (const { keys, value, mark } of missing) {
    let here = document.contents as unknown as YAMLMap;
    for (const key of keys.slice(0, -1)) {
      const next = here.get(key, true) as unknown;
      if (!isMap(next)) here.set(keyOf(key), document.createNode({}));
      here = here.get(key, true) as unknown as YAMLMap;
    }
    here.delete(keys.at(-1)!);
    here.set(keyOf(keys.at(-1)!), nodeOf(value, mark));
  }
  return document.toString({ lineWidth: 0, doubleQuotedAsJSON: isJson });
}

function quoted(text: string): Scalar {
  const scalar = new Scalar(text);
  scalar.type = 'QUOTE_DOUBLE';
  return scalar;
}

/** Returns whether a value may be replaced in the text without considering its indentation. */
function isOnOneLine(node: unknown): node is Scalar | YAMLSeq {
  return isScalar(node) ? !node.type?.startsWith('BLOCK') : isSeq(node) && node.flow === true;
}

function read(text: string): Document {
  const document = parseDocument(text, { logLevel: 'silent' });
  if (document.errors[0]) throw new Error(document.errors[0].message);
  return document;
}

/** A value in YAML and in JSON alike. */
function flowText(value: ParamValue, mark: FloatMark): string {
  if (Array.isArray(value)) return `[${value.map((item, i) => flowText(item, markAt(mark, i))).join(', ')}]`;
  return typeof value === 'number' ? pyNumber(valueText(value, mark)) : JSON.stringify(value);
}

/** PyYAML reads `1e-7` as a text, because it requires a point and a sign. */
function pyNumber(text: string): string {
  const [, digits, sign, exponent] = /^(-?\d+(?:\.\d+)?)e([+-]?)(\d+)$/.exec(text) ?? [];
  if (digits === undefined) return text;
  return `${digits.includes('.') ? digits : `${digits}.0`}e${sign || '+'}${exponent!.padStart(2, '0')}`;
}

function tomlCopy(original: string, filled: readonly Filled[]): string {
  const root = parseToml(original, { integersAsBigInt: true }) as Record<string, unknown>;
  for (const { keys, value, mark } of filled) {
    let here = root;
    for (const key of keys.slice(0, -1)) {
      const next = entryOf(here, key);
      if (typeof next !== 'object' || next === null) setEntry(here, key, {});
      here = entryOf(here, key) as Record<string, unknown>;
    }
    setEntry(here, keys.at(-1)!, tomlValue(value, mark));
  }
  return stringifyToml(root, { numbersAsFloat: true });
}

function tomlValue(value: ParamValue, mark: FloatMark): unknown {
  if (Array.isArray(value)) return value.map((item, i) => tomlValue(item, markAt(mark, i)));
  if (value === null) return 'null';
  return typeof value === 'number' && Number.isInteger(value) && mark !== true ? BigInt(value) : value;
}
