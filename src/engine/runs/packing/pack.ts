/**
 * Packs one journal, and unpacks it. The plain file is removed last, after the packed one was read back and compared, so a
 * process that is killed at any moment leaves one of them, or both; and of both, readers take the plain one.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { openReal, statReal, writeReal } from '../../../files/real.js';
import { openJournal } from '../../../store/journal/file.js';
import { BLOCK, PACKED, PackedJournal, Packing } from '../../../store/journal/packed/container.js';

const { O_WRONLY, O_CREAT, O_TRUNC } = fs.constants;
/** Ends the name of the file while it is written. */
const PART = '.packing';
/** Bytes of a journal that are unpacked at a time. */
const PIECE = 2 ** 20;

const sync = promisify(fs.fsync);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export interface PackedSizes {
  before: number;
  after: number;
}

/** Says why a journal stays as it is. */
export class NotPackedError extends Error {
  override name = 'NotPackedError';
}

/**
 * Packs a journal by the path of its plain file. `mayRemove` is asked before the plain file is removed, and often before
 * that. Throws `NotPackedError`, or the system's error (such as a full disk); the journal then stays as it is.
 */
export async function packJournal(file: string, mayRemove: () => boolean): Promise<PackedSizes> {
  const part = file + PART;
  const source = openReal(file);
  try {
    const before = fs.fstatSync(source);
    const check = (): void => {
      const now = statReal(file);
      const same = now?.ino === before.ino && now.size === before.size && now.mtimeMs === before.mtimeMs;
      if (!same || !mayRemove()) throw new NotPackedError('It is being used.');
    };
    const hash = await writePacked(source, before.size, part, check);
    const after = await verify(part, before.size, hash);
    check();
    fs.renameSync(part, file + PACKED);
    await syncFolder(file);
    check();
    fs.unlinkSync(file);
    return { before: before.size, after };
  } catch (error) {
    fs.rmSync(part, { force: true });
    throw error;
  } finally {
    fs.closeSync(source);
  }
}

/** Writes the plain file again, and removes the packed one. Throws the system's error, or `PackedJournalError`. */
export function unpackJournal(file: string): void {
  if (statReal(file + PACKED) === null) return;
  if (statReal(file) === null) {
    const journal = openJournal(file);
    if (!journal) return;
    const part = file + PART;
    try {
      const target = openReal(part, O_WRONLY | O_CREAT | O_TRUNC);
      try {
        for (let at = 0; at < journal.size; at += PIECE) fs.writeFileSync(target, journal.read(at, PIECE));
        fs.fsyncSync(target);
      } finally {
        fs.closeSync(target);
      }
      fs.renameSync(part, file);
    } catch (error) {
      fs.rmSync(part, { force: true });
      throw error;
    } finally {
      journal.close();
    }
  }
  fs.rmSync(file + PACKED, { force: true });
}

/** Writes the notice for versions that can't read packed journals; they show it among the run's warnings. */
export function writeNotice(file: string): void {
  if (statReal(file)) return;
  const text =
    'The records of this run are packed, which this version of Tunesmith cannot read. Update Tunesmith, or run "tunesmith pack --undo" with the newer version.';
  writeReal(file, `${JSON.stringify({ type: 'message', time: Date.now(), level: 'warning', text })}\n`);
}

/** Returns the hash of the journal. */
async function writePacked(source: number, size: number, part: string, check: () => void): Promise<string> {
  const hash = createHash('sha256');
  const packing = new Packing();
  const target = openReal(part, O_WRONLY | O_CREAT | O_TRUNC);
  try {
    fs.writeFileSync(target, packing.head);
    for (let at = 0; at < size;) {
      const bytes = readAt(source, at, Math.min(BLOCK, size - at));
      if (bytes.length === 0) throw new NotPackedError('It became shorter.');
      const newline = bytes.lastIndexOf(10);
      const block = at + bytes.length === size || newline === -1 ? bytes : bytes.subarray(0, newline + 1);
      hash.update(block);
      fs.writeFileSync(target, await packing.block(block));
      at += block.length;
      check();
      await turn();
    }
    fs.writeFileSync(target, packing.end());
    await sync(target);
  } finally {
    fs.closeSync(target);
  }
  return hash.digest('hex');
}

/** Reads the packed file back. Returns its size. */
async function verify(part: string, size: number, expected: string): Promise<number> {
  const fd = openReal(part);
  try {
    const { size: after } = fs.fstatSync(fd);
    const packed = new PackedJournal(fd, after);
    const hash = createHash('sha256');
    for (const block of packed.blocks()) {
      if (!block) throw new NotPackedError('What was written can not be read back.');
      hash.update(block);
      await turn();
    }
    if (packed.size !== size || hash.digest('hex') !== expected)
      throw new NotPackedError('What was written is not what was read.');
    if (after >= size) throw new NotPackedError('It does not become smaller.');
    return after;
  } finally {
    fs.closeSync(fd);
  }
}

function readAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  for (let got = 1; filled < length && got > 0; filled += got)
    got = fs.readSync(fd, bytes, filled, length - filled, offset + filled);
  return bytes.subarray(0, filled);
}

/** The new name must be on the disk before the plain file goes. Windows can't sync folders; its file systems log renames. */
async function syncFolder(file: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = fs.openSync(file.slice(0, file.lastIndexOf('/')), 'r');
  try {
    await sync(folder);
  } finally {
    fs.closeSync(folder);
  }
}
