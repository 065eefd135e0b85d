/** Writes plain journals again, because programs append to them when their run is launched again, or other programs read them. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { listReal, openReal } from '../../../files/real.js';
import { RUN_FILES } from '../../../protocol/run/runFolder.js';
import { isJournalName } from '../../../store/journal/file.js';
import { PACKED, PackedJournal, PackedJournalError } from '../../../store/journal/packed/container.js';
import { moveAside, settle, type PackingOptions } from './both.js';
import { exists, isStill, makePart, NotPackedError, piecesOf, removeParts, rename, type Steps } from './files.js';

/** Unpacks the journals of a run. Returns whether there was a packed one. Throws as `unpackJournal` does. */
export function* unpackRun(runFolder: string, options: PackingOptions): Steps<boolean> {
  const folder = path.join(runFolder, RUN_FILES.journal);
  if (!exists(folder)) return false;
  removeParts(folder);
  const packed = packedIn(folder);
  for (const file of packed) yield* unpackJournal(file, options);
  if (packed.length > 0 && packedIn(folder).length === 0)
    fs.rmSync(path.join(folder, RUN_FILES.packedNotice), { force: true });
  return packed.length > 0;
}

/** Returns whether there is something to unpack, or nothing that can be listed. */
export function hasPacked(runFolder: string): boolean {
  try {
    return packedIn(path.join(runFolder, RUN_FILES.journal)).length > 0;
  } catch {
    return false;
  }
}

/** Returns the paths of the plain files that the packed journals of a folder had. */
export function packedIn(folder: string): string[] {
  return listReal(folder)
    .filter(({ name }) => name.endsWith(PACKED) && isJournalName(name.slice(0, -PACKED.length)))
    .map(({ name }) => path.join(folder, name.slice(0, -PACKED.length)));
}

/**
 * Writes the plain file, compares it with the packed one, and removes that. A packed one that is damaged stays under another name;
 * what can be read of it is in the plain file. Throws the system's error, or `NotPackedError` if the files change meanwhile.
 */
export function* unpackJournal(file: string, options: PackingOptions): Steps<void> {
  const packedFile = file + PACKED;
  yield* settle(file, options);
  if (!exists(packedFile)) return;
  const source = openReal(packedFile);
  try {
    const was = fs.fstatSync(source);
    const mayChange = (): boolean => options.mayChange() && isStill(packedFile, was);
    let journal: PackedJournal;
    try {
      journal = new PackedJournal(source, was.size);
    } catch (error) {
      if (!(error instanceof PackedJournalError)) throw error;
      if (!mayChange()) throw new NotPackedError('It is being used.');
      return moveAside(file, 'damaged', 0, options);
    }
    const { part, fd } = makePart(file, was);
    try {
      const isDamaged = yield* writePlain(journal, fd);
      const made = fs.fstatSync(fd);
      if (!mayChange() || !rename(part, file)) throw new NotPackedError('It is being used.');
      // The new name must be on the disk before the packed file goes.
      yield file;
      if (!mayChange() || !isStill(file, made, true)) throw new NotPackedError('It is being used.');
      if (isDamaged) moveAside(file, 'damaged', journal.size, options);
      else fs.unlinkSync(packedFile);
    } finally {
      fs.rmSync(part, { force: true });
      fs.closeSync(fd);
    }
  } finally {
    fs.closeSync(source);
  }
}

/** Writes the journal to the disk and reads it back. Returns whether a block is damaged; NUL bytes are in its place. */
function* writePlain(journal: PackedJournal, fd: number): Steps<boolean> {
  const written = createHash('sha256');
  let isDamaged = false;
  for (const { bytes, length } of journal.blocks()) {
    isDamaged ||= bytes === null;
    const plain = bytes ?? Buffer.alloc(length);
    written.update(plain);
    fs.writeFileSync(fd, plain);
    yield null;
  }
  yield fd;
  const found = createHash('sha256');
  let size = 0;
  for (const piece of piecesOf(fd)) {
    found.update(piece);
    size += piece.length;
    yield null;
  }
  if (size !== journal.size || found.digest('hex') !== written.digest('hex'))
    throw new NotPackedError('What was written is not what was read.');
  return isDamaged;
}
