/**
 * The log of a `.wandb` file: LevelDB's format (github.com/google/leveldb, doc/log_format.md) after a header of 7 bytes.
 * Blocks of 32 KiB hold pieces of records; each piece has a CRC-32 of its type and data, a length and a type.
 */
import { crc32 } from 'node:zlib';
import type { FileBytes } from '../bytes.js';

const HEADER = 7;
const BLOCK = 32 * 1024;
const FULL = 1;
const FIRST = 2;
const LAST = 4;
export const LARGEST_RECORD = 64 * 2 ** 20;
const MAGIC = Buffer.from(':W&B');

export interface LogResult {
  /** Offset at which the next record begins. */
  next: number;
  damaged: number;
  more: boolean;
}

export function isLog(bytes: Buffer): boolean {
  return bytes.length >= HEADER && bytes.subarray(0, 4).equals(MAGIC);
}

/** Passes each whole record from `offset` (0: the start) to `take`, until `budget` bytes were read. */
export function readLog(file: FileBytes, offset: number, budget: number, take: (record: Buffer) => void): LogResult {
  const start = Math.max(offset, HEADER);
  const result: LogResult = { next: start, damaged: 0, more: false };
  let pieces: Buffer[] = [];
  let size = 0;
  let at = start;
  while (at < file.size) {
    // The first block has the header in it.
    const block = at - (at % BLOCK);
    const bytes = file.read(at, block + BLOCK - at);
    const isLast = at + bytes.length >= file.size;
    let from = 0;
    while (bytes.length - from >= HEADER) {
      const length = bytes.readUInt16LE(from + 4);
      const type = bytes[from + 6]!;
      const end = from + HEADER + length;
      if (type === 0 && length === 0) break;
      if (end > bytes.length) {
        if (isLast) return result;
        result.damaged++;
        break;
      }
      const good = type <= LAST && crc32(bytes.subarray(from + 6, end)) === bytes.readUInt32LE(from);
      const fits = type === FULL || type === FIRST ? size === 0 : size > 0;
      if (!good || !fits) {
        result.damaged++;
        pieces = [];
        size = 0;
        // A damaged length may point anywhere: reading resumes with the next block.
        if (!good) break;
      }
      if (good && (fits || type === FULL || type === FIRST)) {
        pieces.push(bytes.subarray(from + HEADER, end));
        size += length + 1;
        if (type === FULL || type === LAST) {
          take(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
          pieces = [];
          size = 0;
        } else if (size > LARGEST_RECORD) {
          result.damaged++;
          pieces = [];
          size = 0;
        }
      }
      from = end;
      if (size === 0) result.next = at + from;
    }
    // A block that is not full is still being written.
    if (at + bytes.length < block + BLOCK) return result;
    at = block + BLOCK;
    if (size === 0) {
      result.next = at;
      if (at - start >= budget) return { ...result, more: at < file.size };
    }
  }
  return result;
}
