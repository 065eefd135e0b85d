import * as fs from 'node:fs';
import * as path from 'node:path';
import { randomBytes } from 'node:crypto';
import { openReal } from '../../files/real.js';

/** Returns the last `bytes` of a file as text from the start of a line, or '' if there is none. */
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

/** Free bytes that a disk must have for the index to open. */
const ROOM = 256 * 1024;

/** Writes and removes a file to check whether the disk of a folder has room. Throws the error of the write. */
export function probeRoom(folder: string): void {
  const probe = path.join(folder, `.probe-${randomBytes(4).toString('hex')}`);
  const { O_WRONLY, O_CREAT, O_EXCL } = fs.constants;
  const descriptor = openReal(probe, O_WRONLY | O_CREAT | O_EXCL);
  try {
    fs.writeFileSync(descriptor, Buffer.alloc(ROOM));
  } finally {
    fs.closeSync(descriptor);
    fs.rmSync(probe, { force: true });
  }
}

/** Free bytes on a disk below which writing is tested. */
const SCARCE = 1 << 20;

/**
 * Returns the error of a write into the folder if its disk is full, else null. Writes nothing while there is much room.
 */
export function findFull(folder: string): unknown {
  try {
    const { bavail, bsize } = fs.statfsSync(folder);
    if (bavail * bsize < SCARCE) probeRoom(folder);
  } catch (error) {
    if (isDiskFull(error)) return error;
  }
  return null;
}

/**
 * Returns whether the disk of a folder has room. A folder that can't be written for another reason counts as having
 * room.
 */
export function hasRoom(folder: string): boolean {
  try {
    probeRoom(folder);
    return true;
  } catch (error) {
    return !isDiskFull(error);
  }
}

export function isDiskFull(error: unknown): boolean {
  const { code, errcode, cause } = (error ?? {}) as { code?: string; errcode?: number; cause?: unknown };
  if (cause !== undefined && isDiskFull(cause)) return true;
  // 13 is SQLITE_FULL; SQLite reports a failing write as an I/O error (10) as well.
  return code === 'ENOSPC' || code === 'EDQUOT' || errcode === 13 || (errcode !== undefined && (errcode & 0xff) === 10);
}
