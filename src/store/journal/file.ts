/** Journal files on disk. */
import { fstatSync, readSync } from 'node:fs';
import { openReal } from '../../files/real.js';

const BLOCK = 2 ** 20;
/** Maximum number of NUL bytes that are searched for data after them. A hole from a power cut is far smaller. */
const MAX_HOLE = 64 * 2 ** 20;

/** Opens an ordinary file only: a link or a pipe put there by a program must not lead us elsewhere or block us. */
export function openFile(path: string): { fd: number; size: number } | null {
  try {
    const fd = openReal(path);
    return { fd, size: fstatSync(fd).size };
  } catch {
    return null;
  }
}

/** Fewer bytes where the file ends before. */
export function readAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const got = readSync(fd, bytes, filled, length - filled, offset + filled);
    if (got === 0) break;
    filled += got;
  }
  return bytes.subarray(0, filled);
}

/**
 * Returns the index of the first byte from `offset` on that is not NUL; -1 if there is none, or if too many NUL bytes
 * come first.
 */
export function nextData(fd: number, offset: number, size: number): number {
  const end = Math.min(size, offset + MAX_HOLE);
  const zeros = Buffer.alloc(BLOCK);
  for (let at = offset; at < end; at += BLOCK) {
    const bytes = readAt(fd, at, Math.min(BLOCK, end - at));
    if (bytes.equals(zeros.subarray(0, bytes.length))) continue;
    return at + bytes.findIndex((byte) => byte !== 0);
  }
  return -1;
}
