import { JournalRecord } from '../../protocol/journal.js';

/** Longer lines are skipped. */
export const MAX_LINE = 16 * 2 ** 20;
/** Above this no attempt is made to mend a line that is no JSON. */
const MAX_MENDED = 2 ** 20;
const MAX_NAME = 512;
const RESERVED = new Set(['type', 'step', 'time', 'epoch', 'values']);

/** A metrics record as it comes from a line. `step` null: the next of its file. */
export interface MetricsLine {
  step: number | null;
  /** NaN: not given. */
  time: number;
  /** NaN: none. */
  epoch: number;
  names: string[];
  values: number[];
  /** What of it could not be used. */
  problem: string | null;
}

export type ParsedLine =
  | { kind: 'metrics'; metrics: MetricsLine }
  | { kind: 'record'; record: Exclude<JournalRecord, { type: 'metrics' }> }
  | { kind: 'bad'; why: string }
  | { kind: 'blank' };

/** Reads one line of a journal. Whatever it holds, this does not throw. */
export function parseLine(text: string, now: number): ParsedLine {
  if (text.trim() === '') return { kind: 'blank' };
  try {
    const value = parseJson(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return { kind: 'bad', why: 'not a JSON object' };
    }
    return parseObject(value as Record<string, unknown>, now);
  } catch (error) {
    // A stack overflow by deeply nested content is a RangeError and ends here too.
    return { kind: 'bad', why: error instanceof SyntaxError ? 'not JSON' : String((error as Error).message) };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    // Python's json.dumps writes NaN and Infinity bare.
    if (text.length > MAX_MENDED || !/NaN|Infinity/.test(text)) throw error;
    return JSON.parse(
      text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (token) => (token.startsWith('"') ? token : `"${token}"`)),
    );
  }
}

function parseObject(object: Record<string, unknown>, now: number): ParsedLine {
  const type = Object.hasOwn(object, 'type') ? object.type : 'metrics';
  if (type === 'metrics') return parseMetrics(object);
  if (typeof object.time !== 'number') object.time = now;
  const result = JournalRecord.safeParse(object);
  if (result.success && result.data.type !== 'metrics') return { kind: 'record', record: result.data };
  const issue = result.error?.issues[0];
  const where = issue && issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  return { kind: 'bad', why: `${where}${issue?.message ?? 'unknown type'}` };
}

function parseMetrics(object: Record<string, unknown>): ParsedLine {
  const step = object.step ?? null;
  if (step !== null && (typeof step !== 'number' || !Number.isFinite(step))) {
    return { kind: 'bad', why: 'step is no finite number' };
  }
  const metrics: MetricsLine = {
    step: step as number | null,
    time: typeof object.time === 'number' && Number.isFinite(object.time) ? object.time : NaN,
    epoch: typeof object.epoch === 'number' && Number.isFinite(object.epoch) ? object.epoch : NaN,
    names: [],
    values: [],
    problem: null,
  };
  const nested = Object.hasOwn(object, 'values') && typeof object.values === 'object' && object.values !== null;
  const values = nested ? (object.values as Record<string, unknown>) : object;
  for (const name of Object.keys(values)) {
    if (!nested && RESERVED.has(name)) continue;
    const value = number(values[name]);
    if (value === null) {
      // A flat line may carry other things beside its numbers.
      if (nested) metrics.problem ??= `the value of "${shorten(name)}" is no number`;
    } else if (name === '' || name === '__proto__' || name.length > MAX_NAME) {
      metrics.problem ??= `"${shorten(name)}" can't be a metric's name (1 to ${MAX_NAME} characters)`;
    } else {
      metrics.names.push(name);
      metrics.values.push(value);
    }
  }
  if (metrics.names.length === 0 && (!nested || metrics.problem)) {
    return { kind: 'bad', why: metrics.problem ?? 'no values in it' };
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

export interface LineReader {
  /** Called with each whole line and its place in the bytes. */
  line(text: string, at: number): void;
  /** Called for a line that is too long or was not written properly. */
  skipped(at: number, why: string): void;
}

/**
 * Cuts bytes into whole lines and returns how many bytes they took. Ends at a NUL at a line's start (preallocated, not written
 * yet), at a line with a NUL in it (being written), and at a last line without newline. With `final` nobody
 * will write any more: a broken line is skipped then, and a last line is taken if it is whole JSON.
 */
export function cutLines(bytes: Buffer, reader: LineReader, final: boolean): number {
  let at = 0;
  let nul = bytes.indexOf(0);
  while (at < bytes.length && bytes[at] !== 0) {
    const newline = bytes.indexOf(10, at);
    if (nul !== -1 && nul < at) nul = bytes.indexOf(0, at);
    const end = newline === -1 ? (nul === -1 ? bytes.length : nul) : newline;
    if (newline === -1) {
      const text = final && end - at <= MAX_LINE ? bytes.toString('utf8', at, end) : '';
      if (!isWhole(text)) break;
      reader.line(text, at);
      at = end;
      break;
    }
    if (nul !== -1 && nul < newline) {
      if (!final) break;
      reader.skipped(at, 'a part of it was never written');
    } else if (newline - at > MAX_LINE) {
      reader.skipped(at, `longer than ${MAX_LINE / 2 ** 20} MiB`);
    } else reader.line(bytes.toString('utf8', at, newline), at);
    at = newline + 1;
  }
  return at;
}

function isWhole(text: string): boolean {
  if (!text.trimEnd().endsWith('}')) return false;
  try {
    parseJson(text);
    return true;
  } catch {
    return false;
  }
}
