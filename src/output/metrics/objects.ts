/** Reads lines of JSON, of a Python dict as the Hugging Face Trainer prints it, and of `name=value`. */
import { MAX_VALUES, type LineReading, type Place } from './types.js';
import { EPOCH_WORDS, isMeasure, isNever, MAX_NAME, STEP_WORDS } from './words.js';
import { readText } from './text.js';

type Entry = [name: string, value: number];

/** A key and a value that is a number, in quotes or not, or something short that is none. */
const DICT_ENTRY = /\s*'([^'\\]{1,100})'\s*:\s*(?:'([^'\\]*)'|([^\s,'{}[\]()]+))\s*(,|$)/y;

/** Null: there is no object, or it has no metrics. */
export function readObject(line: string): LineReading | null {
  const start = line.indexOf('{');
  if (start < 0 || !line.endsWith('}')) return null;
  const text = line.slice(start);
  // NumPy shows its numbers with their type.
  const plain = text.replace(/\bnp\.float\d+\(([^()]{1,30})\)/g, '$1');
  const entries = text.startsWith('{"') ? jsonEntries(text) : dictEntries(plain.slice(1, -1));
  if (entries === null) return null;
  return fromEntries(entries, start > 0 ? (readText(line.slice(0, start))?.place ?? {}) : {});
}

/** Reads lines of nothing but `name=value`. Null: the line is none, or has no metric. */
export function readKeyValues(line: string): LineReading | null {
  const pairs = line.trim().split(/[\s,;|]+/, 2 * MAX_VALUES);
  if (pairs.length < 2) return null;
  const entries: Entry[] = [];
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1 || pair.indexOf('=', at + 1) >= 0 || !/^[A-Za-z_][\w/.@-]*$/.test(pair.slice(0, at))) return null;
    const value = toNumber(pair.slice(at + 1).replace(/%$|^\[|\]$/g, ''));
    if (value !== null) entries.push([pair.slice(0, at), value]);
  }
  const read = fromEntries(entries, {});
  // Settings are whole numbers: without a step, only numbers with a fraction are measurements.
  return read && (isPlaced(read.place) || entries.some(([, value]) => !Number.isInteger(value))) ? read : null;
}

const isPlaced = ({ step, epoch }: Place): boolean => step !== undefined || epoch !== undefined;

function fromEntries(entries: readonly Entry[], from: Place): LineReading | null {
  const place: Place = { ...from };
  const values = new Map<string, number>();
  const rest: Entry[] = [];
  for (const [name, value] of entries) {
    const word = name.toLowerCase();
    if (STEP_WORDS.has(word) && place.step === undefined && Number.isInteger(value) && value >= 0) place.step = value;
    else if (EPOCH_WORDS.has(word) && place.epoch === undefined && value >= 0) place.epoch = value;
    else rest.push([name, value]);
  }
  const near = isPlaced(place);
  // With a step, all numbers are metrics; without one, only those that measure a model.
  for (const [name, value] of rest) {
    if (values.size >= MAX_VALUES) break;
    if (name.length > MAX_NAME || name.startsWith('_') || isNever(name)) continue;
    if (isMeasure(name, near) || near) values.set(name, value);
  }
  return near || values.size > 0 ? { place, values } : null;
}

/** Numbers of a JSON object, those of objects in it as `outer/inner`. Null: it is not JSON. */
function jsonEntries(text: string): Entry[] | null {
  let object: unknown;
  try {
    object = JSON.parse(text.replace(/(:\s*)(NaN|-?Infinity)(?=\s*[,}])/g, '$1"$2"'));
  } catch {
    return null;
  }
  const entries: Entry[] = [];
  const add = (from: object, prefix: string, deep: boolean): void => {
    for (const [key, value] of Object.entries(from)) {
      if (typeof value === 'number') entries.push([prefix + key, value]);
      else if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') entries.push([prefix + key, +value]);
      else if (deep && typeof value === 'object' && value !== null && !Array.isArray(value)) {
        add(value as object, `${prefix}${key}/`, false);
      }
    }
  };
  if (typeof object === 'object' && object !== null) add(object, '', true);
  return entries;
}

/** Numbers of a flat Python dict. Null: it is none. */
function dictEntries(text: string): Entry[] | null {
  const entries: Entry[] = [];
  let at = 0;
  for (; at < text.length && entries.length < 2 * MAX_VALUES;) {
    DICT_ENTRY.lastIndex = at;
    const found = DICT_ENTRY.exec(text);
    if (!found) return null;
    at += found[0].length;
    const [, name, quoted, bare] = found as unknown as [string, string, string?, string?];
    const value = toNumber(quoted ?? bare ?? '');
    if (value !== null) entries.push([name, value]);
  }
  return entries;
}

function toNumber(text: string): number | null {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
  if (/^nan$/i.test(text)) return NaN;
  return /^[+-]?inf$/i.test(text) ? (text.startsWith('-') ? -Infinity : Infinity) : null;
}
