/**
 * TFRecord framing: length (8 bytes), masked CRC-32C of the length, data, masked CRC-32C of the data. The file may be
 * growing, cut anywhere, or damaged: a record with a wrong CRC is skipped, and after a damaged length the next place with
 * a right one is looked for.
 */
import type { FileBytes } from '../bytes.js';
import { crc32c, mask } from '../crc32c.js';

const CHUNK = 2 ** 20;
const HEADER = 12;
const FRAME = HEADER + 4;
/** Records with more bytes are skipped: they hold graphs and embeddings. */
export const LARGEST_RECORD = 64 * 2 ** 20;

export interface RecordsResult {
  /** Offset at which the next record begins. */
  next: number;
  /** Records skipped because of a wrong CRC, and stretches without any record. */
  damaged: number;
  /** Records skipped because of their size. */
  oversized: number;
  more: boolean;
}

/** Passes each whole record from `offset` to `take`, until `budget` bytes were read. */
export function readRecords(
  file: FileBytes,
  offset: number,
  budget: number,
  take: (buffer: Buffer, start: number, end: number) => void,
): RecordsResult {
  const result: RecordsResult = { next: offset, damaged: 0, oversized: 0, more: false };
  let size = CHUNK;
  for (;;) {
    if (result.next - offset >= budget) return { ...result, more: result.next + FRAME <= file.size };
    const bytes = file.read(result.next, size);
    // The file has become shorter meanwhile.
    if (bytes.length < Math.min(size, file.size - result.next)) return result;
    size = CHUNK;
    let at = 0;
    for (;;) {
      if (bytes.length - at < HEADER) break;
      const length = recordLength(bytes, at);
      if (length === null) {
        const skipped = findRecord(bytes, at + 1);
        const ends = result.next + bytes.length >= file.size;
        // Space that is not written yet reads as zeros; waiting costs nothing.
        if (skipped === null && ends && isZero(bytes, at)) return finish(at);
        if (at > 0 && skipped === null) break;
        result.damaged++;
        if (skipped === null && ends) return finish(bytes.length - HEADER + 1);
        at = skipped ?? bytes.length - HEADER + 1;
        continue;
      }
      const whole = length + FRAME;
      if (length > LARGEST_RECORD) {
        if (result.next + at + whole > file.size) return finish(at);
        result.oversized++;
        result.next += at + whole;
        at = -1;
        break;
      }
      if (bytes.length - at < whole) {
        if (result.next + at + whole > file.size) return finish(at);
        size = Math.max(CHUNK, whole);
        break;
      }
      const start = at + HEADER;
      if (mask(crc32c(bytes, start, start + length)) === bytes.readUInt32LE(start + length)) {
        take(bytes, start, start + length);
      } else result.damaged++;
      at += whole;
    }
    if (at < 0) continue;
    result.next += at;
    if (at === 0 && size === CHUNK) return result;
  }

  function finish(at: number): RecordsResult {
    return { ...result, next: result.next + Math.max(0, at) };
  }
}

/** Null: it is not the header of a record. Lengths of 2^53 bytes and more are invalid. */
function recordLength(bytes: Buffer, at: number): number | null {
  if (mask(crc32c(bytes, at, at + 8)) !== bytes.readUInt32LE(at + 8)) return null;
  const high = bytes.readUInt32LE(at + 4);
  return high >= 2 ** 21 ? Number.MAX_SAFE_INTEGER : high * 2 ** 32 + bytes.readUInt32LE(at);
}

function findRecord(bytes: Buffer, from: number): number | null {
  for (let at = from; at + HEADER <= bytes.length; at++) if (recordLength(bytes, at) !== null) return at;
  return null;
}

function isZero(bytes: Buffer, from: number): boolean {
  for (let at = from; at < bytes.length; at++) if (bytes[at] !== 0) return false;
  return true;
}
