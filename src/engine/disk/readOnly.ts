/**
 * A folder that this user may read but not change: a colleague's, an archive, one on a disk that is mounted read-only.
 */
import * as fs from 'node:fs';
import { l10n } from '../../format/l10n.js';

const { R_OK, W_OK, X_OK } = fs.constants;

/** Returns whether an error means that this user may not write or read something. */
export function isForbidden(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException | null)?.code ?? '');
}

/** Returns why nothing can be changed in a folder, in one sentence; null when it can, or when it does not exist. */
export function whyReadOnly(folder: string): string | null {
  return isRefused(folder, W_OK | X_OK)
    ? l10n.t('{0} can be looked at, but not changed: you may not write there.', folder)
    : null;
}

/** Returns why a folder can't be read, in one sentence; null when it can, or when it does not exist. */
export function whyClosed(folder: string): string | null {
  return isRefused(folder, R_OK | X_OK)
    ? l10n.t('You have no access to {0}. Ask its owner to let you read it, or to send you a copy.', folder)
    : null;
}

function isRefused(folder: string, mode: number): boolean {
  try {
    fs.accessSync(folder, mode);
    return false;
  } catch (error) {
    return isForbidden(error);
  }
}
