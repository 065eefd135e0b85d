/**
 * Finds whole records in a line that is no record: a writer was killed in the middle of a line and the next one went on
 * right behind it, or a power cut left a hole of NUL bytes.
 */

/** Longer lines are not searched. */
const MAX_TEXT = 2 ** 20;
/** Maximum number of possible starts of a record that are tried in one line. */
const MAX_STARTS = 64;
/** Characters that are read again and again at most for one line. */
const MAX_WORK = 2 ** 23;
/** A record of ours, or a line as plain programs write it. */
const RECORD_START = /^\{\s*"(type|step|time|epoch|values)"\s*:/;
const OUR_START = /^\{\s*"type"\s*:\s*"[a-z]+"\s*[,}]/;

export interface Found {
  /** JSON text of one object. */
  text: string;
  /** Place of its first character in the text given. */
  at: number;
}

/** Whole JSON objects in their order. Never takes a part of a record for a record. */
export function salvage(text: string, parse: (text: string) => unknown): Found[] {
  if (text.length > MAX_TEXT) return [];
  const found: Found[] = [];
  let work = MAX_WORK;
  for (const { part, at } of parts(text)) {
    const starts = startsOf(part);
    const ends = [...starts.slice(1), part.length];
    let from = 0;
    for (const start of starts) {
      if (start < from || !mayBegin(part, start)) continue;
      for (const end of ends) {
        if (end <= start || work <= 0) continue;
        const piece = part.slice(start, end).trimEnd();
        if (!piece.endsWith('}')) continue;
        work -= piece.length;
        if (!isObject(piece, parse)) continue;
        found.push({ text: piece, at: at + start });
        from = end;
        break;
      }
    }
  }
  return found;
}

/** Returns the parts between runs of NUL characters, with their offsets. */
function parts(text: string): { part: string; at: number }[] {
  return [...text.matchAll(/[^\0]+/g)].map((match) => ({ part: match[0], at: match.index }));
}

function startsOf(part: string): number[] {
  const starts: number[] = [];
  for (let at = part.indexOf('{'); at !== -1 && starts.length < MAX_STARTS; at = part.indexOf('{', at + 1)) {
    if (/^\{\s{0,8}"/.test(part.slice(at, at + 10))) starts.push(at);
  }
  return starts;
}

/** Returns whether an object that begins here can be a record, and not a value inside a torn one. */
function mayBegin(part: string, start: number): boolean {
  const before = part
    .slice(Math.max(0, start - 16), start)
    .trimEnd()
    .at(-1);
  if (before === undefined || before === '}') return true;
  const text = part.slice(start, start + 64);
  if (before === ':' || before === '[') return OUR_START.test(text);
  return before === ',' ? RECORD_START.test(text) : true;
}

function isObject(text: string, parse: (text: string) => unknown): boolean {
  try {
    const value = parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
