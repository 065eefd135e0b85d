import { markAt, parseJson as parseTyped, type Floats } from '../../protocol/values/floats.js';
import { JournalRecord } from '../../protocol/run/journal.js';
import { entryOf } from '../../protocol/values/records.js';
import { TIME_LIMIT } from '../../protocol/values/time.js';

/** Longer lines are skipped. */
export const MAX_LINE = 16 * 2 ** 20;
/** Above this no attempt is made to mend a line that is no JSON. */
const MAX_MENDED = 2 ** 20;
export const MAX_NAME = 512;
const RESERVED = new Set(['type', 'step', 'time', 'epoch', 'values']);

/** A metrics record as it comes from a line. `step` null: the next of its file. */
export interface MetricsLine {
  step: number | null;
  /** NaN: not given. */
  time: number;
  /** NaN: none. */
  epoch: number;
  names: readonly string[];
  values: ArrayLike<number>;
  /** The first value that could not be used. */
  problem: { what: 'name' | 'value'; name: string } | null;
}

export type ParsedLine =
  | { kind: 'metrics'; metrics: MetricsLine }
  | { kind: 'record'; record: Exclude<JournalRecord, { type: 'metrics' }> }
  /** `torn`: it is no JSON, but whole records may lie in it. */
  | { kind: 'bad'; why: string; torn: boolean }
  | { kind: 'blank' };

/** Reads one line of a journal. Never throws, whatever the line contains. */
export function parseLine(text: string, now: number): ParsedLine {
  if (text.trim() === '') return { kind: 'blank' };
  try {
    const value = parseJson(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return { kind: 'bad', why: 'it is not a JSON object', torn: false };
    }
    const parsed = parseObject(value as Record<string, unknown>, now);
    if (parsed.kind === 'record' && parsed.record.type === 'params') parsed.record.floats = floatsIn(text);
    return parsed;
  } catch (error) {
    // A stack overflow by deeply nested content is a RangeError and ends here too.
    const torn = error instanceof SyntaxError;
    return { kind: 'bad', why: torn ? 'it is not JSON' : String((error as Error).message), torn };
  }
}

/** Throws SyntaxError. Takes what Python's `json.dumps` writes for NaN and infinities. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    // Python's json.dumps writes NaN and Infinity bare.
    if (text.length > MAX_MENDED || !/NaN|Infinity/.test(text)) throw error;
    return JSON.parse(quoted(text));
  }
}

function quoted(text: string): string {
  // Also a text that is never closed is one token: looking for its end from each quote in it would take hours.
  return text.replace(/"(?:[^"\\]|\\.)*(?:"|\\?$)|-?Infinity|NaN/gs, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
}

/** Returns the parameters that a line writes as floats although they are whole. */
function floatsIn(text: string): Floats | undefined {
  const whole = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const params = markAt(parseTyped(text.length > MAX_MENDED ? whole : quoted(whole)).mark, 'params');
  return typeof params === 'object' && params !== null && !Array.isArray(params) ? params : undefined;
}

function parseObject(object: Record<string, unknown>, now: number): ParsedLine {
  const type = Object.hasOwn(object, 'type') ? object.type : 'metrics';
  if (type === 'metrics') return parseMetrics(object);
  if (typeof object.time !== 'number') object.time = now;
  const result = JournalRecord.safeParse(object);
  if (result.success && result.data.type !== 'metrics') return { kind: 'record', record: result.data };
  const issue = result.error?.issues[0];
  const where = issue && issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  return { kind: 'bad', why: `${where}${issue?.message ?? 'unknown type'}`, torn: false };
}

function parseMetrics(object: Record<string, unknown>): ParsedLine {
  const step = object.step ?? null;
  if (step !== null && (typeof step !== 'number' || !Number.isFinite(step))) {
    return { kind: 'bad', why: 'step is not a finite number', torn: false };
  }
  const names: string[] = [];
  const numbers: number[] = [];
  const metrics: MetricsLine = {
    step: step as number | null,
    time: typeof object.time === 'number' && Math.abs(object.time) <= TIME_LIMIT ? object.time : NaN,
    epoch: typeof object.epoch === 'number' && Number.isFinite(object.epoch) ? object.epoch : NaN,
    names,
    values: numbers,
    problem: null,
  };
  const nested = Object.hasOwn(object, 'values') && typeof object.values === 'object' && object.values !== null;
  const values = nested ? (object.values as Record<string, unknown>) : object;
  for (const name of Object.keys(values)) {
    if (!nested && RESERVED.has(name)) continue;
    const value = number(entryOf(values, name));
    if (value === null) {
      // A flat line may contain other fields besides its numbers.
      if (nested) metrics.problem ??= { what: 'value', name };
    } else if (name === '' || name.length > MAX_NAME) {
      metrics.problem ??= { what: 'name', name };
    } else {
      names.push(name);
      numbers.push(value);
    }
  }
  if (names.length === 0 && !metrics.problem && !nested) {
    return { kind: 'bad', why: 'no values in it', torn: false };
  }
  return { kind: 'metrics', metrics };
}

function number(value: unknown): number | null {
  if (typeof value === 'number') return value;
  // JavaScript's JSON.stringify writes NaN as null.
  if (value === null || value === 'NaN') return NaN;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === 'Infinity') return Infinity;
  return value === '-Infinity' ? -Infinity : null;
}

export const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);
