import { MAX_LINE, parseJson } from './parse.js';

export interface LineReader {
  /** Reads lines from `at` on that it knows how to read quickly; returns where the next one begins. The last newline is at `end`. */
  fast?(at: number, end: number): number;
  /** Called with each whole line, its place and its length in the bytes. A hole that was passed is in it as NUL characters. */
  line(text: string, at: number, length: number): void;
  /** Called for bytes that can't be read. */
  skipped(at: number, why: string): void;
}

export interface Cut {
  /** Bytes used. */
  taken: number;
  /** It ended at NUL bytes although whole lines follow them. */
  atHole: boolean;
}

/**
 * Cuts bytes into whole lines. NUL bytes are not written yet (a writer may preallocate), or are a hole from a power
 * cut. Stops before a line with NUL bytes unless `pass` says that they are a hole, and before a last line without
 * newline. With `final` nobody writes any more: holes are passed, and a last line counts if it is whole JSON.
 */
export function cutLines(bytes: Buffer, reader: LineReader, final: boolean, pass = final): Cut {
  let at = 0;
  let nul = bytes.indexOf(0);
  const lastNewline = reader.fast ? bytes.lastIndexOf(10) : -1;
  while (at < bytes.length) {
    if (lastNewline > at) at = reader.fast!(at, lastNewline);
    if (at === bytes.length) break;
    if (nul !== -1 && nul < at) nul = bytes.indexOf(0, at);
    const newline = bytes.indexOf(10, at);
    if (newline === -1) return { taken: final ? lastLine(bytes, at, nul, reader) : at, atHole: false };
    if (nul !== -1 && nul < newline) {
      // Writers write one record after the other, so a line with another one after it is complete.
      const follows = bytes.indexOf(10, newline + 1) !== -1;
      if (!final && !(pass && follows)) return { taken: at, atHole: follows };
      reader.skipped(nul, 'a part of the file was never written');
    }
    let start = at;
    while (bytes[start] === 0) start++;
    if (newline - start > MAX_LINE) reader.skipped(start, `longer than ${MAX_LINE / 2 ** 20} MiB`);
    else if (newline > start) reader.line(bytes.toString('utf8', start, newline), start, newline - start);
    at = newline + 1;
  }
  return { taken: at, atHole: false };
}

/** Returns the end of the readable part. */
function lastLine(bytes: Buffer, at: number, nul: number, reader: LineReader): number {
  const end = nul === -1 ? bytes.length : nul;
  if (end - at > MAX_LINE) return at;
  const text = bytes.toString('utf8', at, end);
  if (isWhole(text)) reader.line(text, at, end - at);
  const rest = nul === -1 ? '' : bytes.toString('utf8', nul).replace(/^\0+/, '');
  if (!isWhole(rest)) return isWhole(text) ? end : at;
  reader.skipped(nul, 'a part of the file was never written');
  const length = Buffer.byteLength(rest);
  reader.line(rest, bytes.length - length, length);
  return bytes.length;
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
