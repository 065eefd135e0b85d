/** An error of the store. Every message says what to do next. */
import { l10n } from '../format/l10n.js';
export class StoreError extends Error {
  override name = 'StoreError';
}

/** Written by a newer Tunesmith. The file was left as it is. */
export class StoreVersionError extends StoreError {
  override name = 'StoreVersionError';
  constructor(
    readonly file: string,
    readonly found: number,
    readonly known: number,
  ) {
    super(
      l10n.t(
        '{0} was written by a newer Tunesmith (schema {1}; this one knows up to {2}). It was left untouched. Update Tunesmith to open it.',
        file,
        found,
        known,
      ),
    );
  }
}

/** The file is not an SQLite database, or is damaged. It can be rebuilt from the journals in `runs/`. */
export class StoreCorruptError extends StoreError {
  override name = 'StoreCorruptError';
  constructor(
    readonly file: string,
    cause: unknown,
  ) {
    super(
      l10n.t(
        '{0} is damaged ({1}). No run is lost: the folders of runs and searches hold everything, and the index is built again from them.',
        file,
        cause instanceof Error ? cause.message : String(cause),
      ),
      { cause },
    );
  }
}

/** A write failed as a whole; nothing was half done and the same call may be made again. */
export class StoreWriteError extends StoreError {
  override name = 'StoreWriteError';
  constructor(
    readonly file: string,
    readonly reason: 'full' | 'readonly' | 'busy' | 'io',
    cause: unknown,
  ) {
    const what = {
      full: l10n.t('the disk is full. Free some space; logged values are safe in the run journals meanwhile'),
      readonly: l10n.t('the file may not be written. Check its permissions and those of its folder'),
      busy: l10n.t('another program holds it locked. Close that program'),
      io: l10n.t('the disk reported an error. Check the disk; logged values are read again from the run journals'),
    }[reason];
    super(
      l10n.t('Could not write {0}: {1} ({2}).', file, what, cause instanceof Error ? cause.message : String(cause)),
      { cause },
    );
  }
}
