import * as fs from 'node:fs';
import { openReal } from '../../files/real.js';

/** The last `bytes` of a file as text that starts at a line, or '' when there is none. */
export function readTail(file: string, bytes: number): string {
  let descriptor: number;
  try {
    descriptor = openReal(file);
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
