/** Journal files on disk. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

const BLOCK = 2 ** 20;
/** NUL bytes looked through for what may lie behind them. A hole that a power cut left is far smaller. */
const MAX_HOLE = 64 * 2 ** 20;

/** Opens a regular file only: a link or a pipe put there by a program must not lead us elsewhere or block us. */
export function openFile(path: string): { fd: number; size: number } | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch {
    return null;
  }
  const stat = fstatSync(fd);
  if (stat.isFile()) return { fd, size: stat.size };
  closeSync(fd);
  return null;
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

/** Place of the first byte from `offset` on that is not NUL; -1 when there is none, or too many NUL bytes come first. */
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
