/** Resolves that a journal is there both plain and packed. */
import * as fs from 'node:fs';
import { basename } from 'node:path';
import { said } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';
import { openReal } from '../../../files/real.js';
import { PACKED, PackedJournal, PackedJournalError } from '../../../store/journal/packed/container.js';
import { exists, isStill, NotPackedError, readAt, rename, type Steps } from './files.js';

/** A packed journal that was given another name. Readers read one that is `apart`; one that is `damaged` is for people. */
export interface Aside {
  why: 'apart' | 'damaged';
  /** Names of the files, and the sizes of the journal. */
  from: string;
  to: string;
  size: number;
}

export interface PackingOptions {
  /** Asked before a file is removed or given another name. */
  mayChange: () => boolean;
  onAside?: (aside: Aside) => void;
}

/**
 * A process that was killed leaves a packed journal whose records the plain one has too; it is removed. Programs of other
 * versions may have begun another plain file: both are kept then. Throws `NotPackedError` if they change meanwhile.
 */
export function* settle(file: string, options: PackingOptions): Steps<void> {
  const packedFile = file + PACKED;
  if (!exists(file) || !exists(packedFile)) return;
  const plain = openReal(file);
  try {
    const packed = openReal(packedFile);
    try {
      const [was, wasPacked] = [fs.fstatSync(plain), fs.fstatSync(packed)];
      const { how, size } = yield* compare(plain, packed, wasPacked.size);
      if (how === 'same') {
        yield plain;
        yield file;
      }
      if (!options.mayChange() || !isStill(file, was, true) || !isStill(packedFile, wasPacked))
        throw new NotPackedError('It is being used.');
      if (how === 'same') fs.unlinkSync(packedFile);
      else moveAside(file, how, size, options);
    } finally {
      fs.closeSync(packed);
    }
  } finally {
    fs.closeSync(plain);
  }
}

/** Returns whether the plain file begins with what is packed. */
function* compare(
  plain: number,
  packed: number,
  packedSize: number,
): Steps<{ how: 'same' | 'apart' | 'damaged'; size: number }> {
  let journal: PackedJournal;
  try {
    journal = new PackedJournal(packed, packedSize);
  } catch (error) {
    if (!(error instanceof PackedJournalError)) throw error;
    return { how: 'damaged', size: 0 };
  }
  const { size } = journal;
  let isDamaged = false;
  let at = 0;
  for (const { bytes, length } of journal.blocks()) {
    isDamaged ||= bytes === null;
    if (bytes && !readAt(plain, at, length).equals(bytes)) return { how: 'apart', size };
    at += length;
    yield null;
  }
  return { how: isDamaged ? 'damaged' : 'same', size };
}

/** Says it among the warnings of the run. */
export const noteOf = ({ why, from, to }: Aside): Said =>
  why === 'apart'
    ? said(
        'journal/{0} has other records than the plain file beside it. Both are kept; it is journal/{1} now.',
        from,
        to,
      )
    : said("journal/{0} is damaged. It is kept as journal/{1}; what can't be read of it is left out.", from, to);

/** Gives a packed journal another name, so that no other file is in its place. Call it in the turn in which it was checked. */
export function moveAside(file: string, why: Aside['why'], size: number, { onAside }: PackingOptions): void {
  const stem = file.replace(/\.ndjson$/, '');
  for (let number = 1; ; number++) {
    const journal = `${stem}.apart-${number}.ndjson`;
    const to = why === 'apart' ? journal + PACKED : `${file}${PACKED}.damaged${number === 1 ? '' : `-${number}`}`;
    if ((why === 'apart' && exists(journal)) || !rename(file + PACKED, to)) continue;
    onAside?.({ why, from: basename(file + PACKED), to: basename(to), size });
    return;
  }
}
