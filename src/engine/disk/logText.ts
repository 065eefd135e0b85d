import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { openReal } from '../../files/real.js';
import { outputOfRank } from '../../protocol/run/runFiles.js';
import { RUN_FILES } from '../../protocol/run/runFolder.js';

const read = promisify(fs.read);

export interface LogText {
  text: string;
  offset: number;
  next: number;
  size: number;
}

/**
 * Returns at most `limit` bytes of a run's output. A negative offset counts from the end. Characters are never cut;
 * invalid UTF-8 becomes U+FFFD. With `ended`, an incomplete character at the very end is included.
 */
export async function readLog(
  runFolder: string,
  { offset, limit, ended, rank = 0 }: { offset: number; limit: number; ended: boolean; rank?: number | undefined },
): Promise<LogText> {
  let file: number;
  try {
    file = openReal(path.join(runFolder, rank === 0 ? RUN_FILES.output : outputOfRank(rank)));
  } catch {
    return { text: '', offset: 0, next: 0, size: 0 };
  }
  try {
    const { size } = fs.fstatSync(file);
    let from = offset < 0 ? Math.max(0, size + offset) : Math.min(offset, size);
    // The smallest piece that always contains a whole character; otherwise reading would never advance.
    const bytes = Buffer.alloc(Math.min(Math.max(limit, 4), size - from));
    const { bytesRead } = await read(file, bytes, 0, bytes.length, from);
    const got = bytes.subarray(0, bytesRead);
    // An offset from the end may be within a character; other offsets came from us.
    const start = offset < 0 && from > 0 ? leadingContinuation(got) : 0;
    const atEnd = from + bytesRead >= size;
    const end = atEnd && ended ? bytesRead : bytesRead - incompleteTail(got);
    const next = from + end;
    from += start;
    return { text: got.subarray(start, end).toString('utf8'), offset: from, next: Math.max(next, from), size };
  } finally {
    fs.closeSync(file);
  }
}

/** Returns the number of bytes at the start that belong to an earlier character (at most three). */
function leadingContinuation(bytes: Buffer): number {
  let count = 0;
  while (count < 3 && count < bytes.length && (bytes[count]! & 0xc0) === 0x80) count++;
  return count;
}

/** Returns the number of bytes at the end that belong to an incomplete character. */
function incompleteTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 && byte < 0xf8 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return byte < 0xf8 && length > back ? back : 0;
  }
  return 0;
}
