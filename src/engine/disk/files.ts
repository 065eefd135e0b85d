import * as fs from 'node:fs';
import * as path from 'node:path';
import { randomBytes } from 'node:crypto';

/** Writes a file so that a reader, and a crash, sees the old or the new content whole, never a part. */
export function writeFileAtomic(file: string, content: string, mode = 0o600): void {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(4).toString('hex')}`);
  try {
    const descriptor = fs.openSync(temporary, 'wx', mode);
    try {
      fs.writeFileSync(descriptor, content);
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

/** The last `bytes` of a file as text that starts at a line, or '' when there is none. */
export function readTail(file: string, bytes: number): string {
  let descriptor: number;
  try {
    descriptor = fs.openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const size = fs.fstatSync(descriptor).size;
    const from = Math.max(0, size - bytes);
    const buffer = Buffer.alloc(size - from);
    const got = fs.readSync(descriptor, buffer, 0, buffer.length, from);
    const text = buffer.subarray(0, got).toString('utf8');
    const firstLine = from > 0 ? text.indexOf('\n') : -1;
    return firstLine >= 0 && firstLine < text.length - 1 ? text.slice(firstLine + 1) : text;
  } catch {
    return '';
  } finally {
    fs.closeSync(descriptor);
  }
}

export function isDiskFull(error: unknown): boolean {
  const { code, errcode } = (error ?? {}) as { code?: string; errcode?: number };
  // 13 is SQLITE_FULL; SQLite reports a failing write as an I/O error (10) as well.
  return code === 'ENOSPC' || code === 'EDQUOT' || errcode === 13 || (errcode !== undefined && (errcode & 0xff) === 10);
}
