/**
 * Files of packing. Nothing is overwritten: a new file gets a random name and is then linked to its own one, which fails if
 * there is one. Whoever removes a file checks in the same turn that it and the one that replaces it are those that it has read.
 */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { listReal, openReal, statReal } from '../../../files/real.js';

const { O_RDWR, O_CREAT, O_EXCL } = fs.constants;
const PART = '.packing';
/** Names of parts, also of earlier versions. */
const PARTS = /\.ndjson(\.packed)?(\.[0-9a-f]{12})?\.packing$/;
/** Bytes read at a time. */
const PIECE = 2 ** 20;
/** Errors of file systems without hard links. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EACCES'];

/** Says why a journal stays as it is. */
export class NotPackedError extends Error {
  override name = 'NotPackedError';
  constructor(
    message: string,
    /** Another time gives the same. */
    readonly forEver = false,
  ) {
    super(message);
  }
}

/** Where the work may rest (null), or what must be on the disk before it goes on: a descriptor, or the folder of this path. */
export type Step = null | number | string;
export type Steps<T> = Generator<Step, T, void>;

/** Resolve when the work may go on. Tests do something else meanwhile. */
export interface Waits {
  turn(): Promise<void>;
  sync(fd: number): Promise<void>;
}
export const WAITS: Waits = {
  turn: () => new Promise((resolve) => setImmediate(resolve)),
  sync: promisify(fs.fsync),
};

export async function inTurns<T>(steps: Steps<T>, waits: Waits): Promise<T> {
  let next = steps.next();
  while (!next.done) {
    try {
      await waitFor(next.value, waits);
    } catch (error) {
      next = steps.throw(error);
      continue;
    }
    next = steps.next();
  }
  return next.value;
}

export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value;
    if (next.value === null) continue;
    const fd = typeof next.value === 'number' ? next.value : openFolder(next.value);
    if (fd === null) continue;
    try {
      fs.fsyncSync(fd);
    } finally {
      if (fd !== next.value) fs.closeSync(fd);
    }
  }
}

export async function waitFor(step: Step, waits: Waits): Promise<void> {
  if (step === null) return waits.turn();
  if (typeof step === 'number') return waits.sync(step);
  const folder = openFolder(step);
  if (folder === null) return;
  try {
    await waits.sync(folder);
  } finally {
    fs.closeSync(folder);
  }
}

/** Windows can't sync folders; its file systems log renames. */
const openFolder = (file: string): number | null =>
  process.platform === 'win32' ? null : fs.openSync(dirname(file), 'r');

/** Opens a new file, with the rights of the one that it replaces. */
export function makePart(file: string, { mode }: fs.Stats): { part: string; fd: number } {
  const part = `${file}.${randomBytes(6).toString('hex')}${PART}`;
  const fd = openReal(part, O_RDWR | O_CREAT | O_EXCL);
  try {
    fs.fchmodSync(fd, mode & 0o777);
  } catch {
    // Some file systems have no rights.
  }
  return { part, fd };
}

/** Removes what a killed process was writing. Such a file is never the only one with its content. */
export function removeParts(folder: string): void {
  for (const entry of listReal(folder))
    if (entry.isFile() && PARTS.test(entry.name)) fs.rmSync(`${folder}/${entry.name}`, { force: true });
}

/** Returns false if there is nothing at the path. Throws if that can't be told. */
export function exists(file: string): boolean {
  try {
    fs.lstatSync(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Gives a file another name. Returns false, and changes nothing, if the name is taken. */
export function rename(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'EEXIST') return false;
    if (!NO_LINKS.includes(code)) throw error;
    if (exists(to)) return false;
    fs.renameSync(from, to);
    return true;
  }
  fs.unlinkSync(from);
  return true;
}

/** Returns whether this is at the path still: the same file, of the same size or, if it may have grown, a larger one. */
export function isStill(file: string, was: fs.Stats, mayHaveGrown = false): boolean {
  const now = statReal(file);
  if (!now?.isFile() || now.ino !== was.ino || now.dev !== was.dev) return false;
  return mayHaveGrown ? now.size >= was.size : now.size === was.size && now.mtimeMs === was.mtimeMs;
}

export function readAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  for (let got = 1; filled < length && got > 0; filled += got)
    got = fs.readSync(fd, bytes, filled, length - filled, offset + filled);
  return bytes.subarray(0, filled);
}

/** Yields the bytes of a file piece by piece. */
export function* piecesOf(fd: number): Generator<Buffer> {
  for (let at = 0, bytes; (bytes = readAt(fd, at, PIECE)).length > 0; at += bytes.length) yield bytes;
}
