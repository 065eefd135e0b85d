/**
 * Packs one journal. The plain file is removed last, after the packed one was read back and compared, so a process that is
 * killed at any moment leaves one of them, or both; and of both, readers take the plain one.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { openReal, statReal, writeReal } from '../../../files/real.js';
import { BLOCK, PACKED, PackedJournal, Packing } from '../../../store/journal/packed/container.js';
import { settle, type PackingOptions } from './both.js';
import { inTurns, isStill, makePart, NotPackedError, readAt, rename, waitFor, WAITS } from './files.js';

export interface PackedSizes {
  before: number;
  after: number;
}

/**
 * Packs a journal by the path of its plain file. `mayChange` is asked before the plain file is removed, and often before
 * that. Throws `NotPackedError`, or the system's error (such as a full disk); the journal then stays as it is.
 */
export async function packJournal(file: string, options: PackingOptions, waits = WAITS): Promise<PackedSizes> {
  await inTurns(settle(file, options), waits);
  const source = openReal(file);
  try {
    const before = fs.fstatSync(source);
    const check = (): void => {
      if (!isStill(file, before) || !options.mayChange()) throw new NotPackedError('It is being used.');
    };
    check();
    const { part, fd } = makePart(file + PACKED, before);
    let isPlaced = false;
    try {
      const rest = async (): Promise<void> => {
        check();
        await waits.turn();
      };
      const hash = await writePacked(source, before.size, fd, rest);
      await waits.sync(fd);
      await verify(fd, before.size, hash, rest);
      check();
      const made = fs.fstatSync(fd);
      // Another one would have other records.
      if (!rename(part, file + PACKED)) throw new NotPackedError('Another packed one has appeared.');
      isPlaced = true;
      await waitFor(file, waits);
      check();
      // Whoever unpacks removes the packed one. From here to the end nothing else has a turn.
      if (!isStill(file + PACKED, made)) throw new NotPackedError('It was unpacked meanwhile.');
      fs.unlinkSync(file);
      return { before: before.size, after: made.size };
    } catch (error) {
      // The plain file has everything. One in its place has not, and then the packed one stays.
      const made = fs.fstatSync(fd);
      if (!isPlaced) fs.rmSync(part, { force: true });
      else if (isStill(file, before, true) && isStill(file + PACKED, made)) fs.unlinkSync(file + PACKED);
      throw error;
    } finally {
      fs.closeSync(fd);
    }
  } finally {
    fs.closeSync(source);
  }
}

/** Writes the notice for versions that can't read packed journals; they show it among the run's warnings. */
export function writeNotice(file: string): void {
  if (statReal(file)) return;
  const text =
    'The records of this run are packed, which this version of Tunesmith cannot read. Update Tunesmith, or run "tunesmith pack --undo" with the newer version.';
  writeReal(file, `${JSON.stringify({ type: 'message', time: Date.now(), level: 'warning', text })}\n`);
}

/** Returns the hash of the journal. */
async function writePacked(source: number, size: number, target: number, rest: () => Promise<void>): Promise<string> {
  const hash = createHash('sha256');
  const packing = new Packing();
  fs.writeFileSync(target, packing.head);
  for (let at = 0; at < size;) {
    const bytes = readAt(source, at, Math.min(BLOCK, size - at));
    if (bytes.length === 0) throw new NotPackedError('It became shorter.');
    const newline = bytes.lastIndexOf(10);
    const block = at + bytes.length === size || newline === -1 ? bytes : bytes.subarray(0, newline + 1);
    hash.update(block);
    fs.writeFileSync(target, await packing.block(block));
    at += block.length;
    await rest();
  }
  fs.writeFileSync(target, packing.end());
  return hash.digest('hex');
}

/** Reads the packed file back. */
async function verify(fd: number, size: number, expected: string, rest: () => Promise<void>): Promise<void> {
  const { size: after } = fs.fstatSync(fd);
  const packed = new PackedJournal(fd, after);
  const hash = createHash('sha256');
  for (const { bytes } of packed.blocks()) {
    if (!bytes) throw new NotPackedError('What was written can not be read back.');
    hash.update(bytes);
    await rest();
  }
  if (packed.size !== size || hash.digest('hex') !== expected)
    throw new NotPackedError('What was written is not what was read.');
  if (after >= size) throw new NotPackedError('It does not become smaller.', true);
}
