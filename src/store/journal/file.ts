/** Journal files on disk, plain or packed. */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { listReal, openReal, statReal } from '../../files/real.js';
import { RUN_FILES } from '../../protocol/run/runFiles.js';
import { PACKED, PackedJournal, PackedJournalError } from './packed/container.js';

const BLOCK = 2 ** 20;
/** Maximum number of NUL bytes that are searched for data after them. A hole from a power cut is far smaller. */
const MAX_HOLE = 64 * 2 ** 20;
const JOURNAL = /^[\w-][\w.-]{0,200}\.ndjson$/;

/** A journal that is open for reading. */
export interface JournalFile {
  readonly size: number;
  /** True: nobody writes it any more. */
  readonly isPacked: boolean;
  /** Fewer bytes where the journal ends before. */
  read(offset: number, length: number): Buffer;
  /** Returns whether a packed one is damaged at this place, so that `read` gives NUL bytes. */
  isDamaged(offset: number): boolean;
  close(): void;
}

/** Returns whether this is the name of a journal. */
export const isJournalName = (name: string): boolean => JOURNAL.test(name);

/** Returns the names of the journals in a folder, whether packed or not. Throws as `listReal` does. */
export function journalNames(folder: string): string[] {
  const names = listReal(folder).map(({ name }) =>
    name.endsWith(PACKED) && isJournalName(name.slice(0, -PACKED.length)) ? name.slice(0, -PACKED.length) : name,
  );
  return [...new Set(names.filter((name) => isJournalName(name) && name !== RUN_FILES.packedNotice))].sort();
}

/**
 * Opens a journal by the path of its plain file; null if there is none. The plain file takes precedence: whoever packs a
 * journal removes it last. Ordinary files only: a link or a pipe put there by a program must not lead us elsewhere or block us.
 * Throws `PackedJournalError` if the journal is packed and damaged.
 */
export function openJournal(path: string): JournalFile | null {
  return openPlain(path) ?? openPacked(path + PACKED) ?? openPlain(path);
}

/** Returns the number of bytes of a journal; null if there is none, or if it is packed and damaged. */
export function journalSize(path: string): number | null {
  const stat = statReal(path);
  if (stat?.isFile()) return stat.size;
  if (!statReal(path + PACKED)) return null;
  try {
    const journal = openJournal(path);
    journal?.close();
    return journal?.size ?? null;
  } catch {
    return null;
  }
}

/** Returns the sizes of the journals of a folder, as stamps that change with them. Opens nothing. */
export function journalStamps(folder: string, names: readonly string[]): string {
  return names
    .map((name) => {
      const size = statReal(join(folder, name))?.size;
      return `${name} ${size ?? `packed ${statReal(join(folder, name + PACKED))?.size}`}`;
    })
    .join('\n');
}

function openPlain(path: string): JournalFile | null {
  try {
    const fd = openReal(path);
    return {
      size: fstatSync(fd).size,
      isPacked: false,
      isDamaged: () => false,
      read: (offset, length) => readAt(fd, offset, length),
      close: () => closeSync(fd),
    };
  } catch {
    return null;
  }
}

function openPacked(path: string): JournalFile | null {
  let fd: number;
  try {
    fd = openReal(path);
  } catch {
    return null;
  }
  try {
    const packed = new PackedJournal(fd, fstatSync(fd).size);
    return {
      size: packed.size,
      isPacked: true,
      read: (offset, length) => packed.read(offset, length),
      isDamaged: (offset) => packed.isDamaged(offset),
      close: () => closeSync(fd),
    };
  } catch (error) {
    closeSync(fd);
    throw error instanceof PackedJournalError ? error : new PackedJournalError((error as Error).message);
  }
}

function readAt(fd: number, offset: number, length: number): Buffer {
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
export function nextData(journal: JournalFile, offset: number): number {
  const end = Math.min(journal.size, offset + MAX_HOLE);
  const zeros = Buffer.alloc(BLOCK);
  for (let at = offset; at < end; at += BLOCK) {
    const bytes = journal.read(at, Math.min(BLOCK, end - at));
    if (bytes.equals(zeros.subarray(0, bytes.length))) continue;
    return at + bytes.findIndex((byte) => byte !== 0);
  }
  return -1;
}
