/**
 * The engine's local state of this person for a workspace: its address, lock, log, index and queue. It is stored
 * outside the workspace, so that nothing in a cloned or shared folder is ever mistaken for it.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { createHash } from 'node:crypto';
import { tunesmithHome } from '../../client/home.js';
import { probeRoom } from './files.js';
import { l10n } from '../../format/l10n.js';

const PRIVATE_FOLDER = 0o700;

export interface LocalState {
  /** Absolute path of the folder, private to this user. */
  folder: string;
  /** Why this is not in the Tunesmith home, in one sentence; null when it is. */
  problem: string | null;
}

/** Local state can't be stored anywhere. The message says what to do. */
export class LocalStateError extends Error {
  override name = 'LocalStateError';
}

/** Folder of a workspace's local state in the Tunesmith home. `workspace` is its real path. Creates nothing. */
export function localFolder(workspace: string, base = tunesmithHome()): string {
  return path.join(path.resolve(base), 'workspaces', createHash('sha256').update(workspace).digest('hex'));
}

/**
 * All folders that may contain local state of a workspace: in the home, or the fallbacks while the home can't be
 * written. A running engine may have its address in any of them.
 */
export function localFolders(workspace: string): string[] {
  return [tunesmithHome(), ...fallbackBases()].flatMap((base) => hostFolders(localFolder(workspace, base)));
}

/** Hosts that may share one home: each uses the first of these folders that no other host has in use. */
const MOST_HOSTS = 8;

/** The folder itself, and those for further hosts when the home lies on a file system that several hosts share. */
export function hostFolders(folder: string): string[] {
  return Array.from({ length: MOST_HOSTS }, (_, index) => (index === 0 ? folder : `${folder}-${index + 1}`));
}

function fallbackBases(): string[] {
  const user = process.platform === 'win32' ? os.userInfo().username : String(process.getuid!());
  const name = `tunesmith-state-${user}`;
  const bases = [process.env.XDG_RUNTIME_DIR, os.tmpdir()].filter((base): base is string => !!base);
  return bases.map((base) => path.join(base, name));
}

/**
 * Creates the folder, in the home or, while that can't be written, in a private folder for temporary files. Throws a
 * LocalStateError if neither works.
 */
export function prepareLocal(workspace: string): LocalState {
  const folder = localFolder(workspace);
  let problem: string;
  try {
    makePrivate(tunesmithHome(), folder, false);
    return { folder, problem: null };
  } catch (error) {
    problem = l10n.t("The Tunesmith home {0} can't be used: {1}", tunesmithHome(), reason(error));
  }
  for (const base of fallbackBases()) {
    const fallback = localFolder(workspace, base);
    try {
      makePrivate(base, fallback, true);
      return {
        folder: fallback,
        problem: l10n.t("{0}. Until that is fixed, Tunesmith's state is in {1}", problem, fallback),
      };
    } catch {
      // The next one, if there is one.
    }
  }
  throw new LocalStateError(
    l10n.t(
      '{0}, and neither can {1}. Free some space, or set TUNESMITH_HOME to a folder that you own and can write, with a shorter path if it is too long.',
      problem,
      fallbackBases().join(' nor '),
    ),
  );
}

/**
 * SQLite opens no file with a path longer than this in bytes; some of its files have longer names than their database.
 */
const LONGEST_PATH = 490;

/**
 * Creates the missing folders from `base` down to `folder`, and makes sure that nobody else can read or write below it.
 */
function makePrivate(base: string, folder: string, shared: boolean): void {
  const length = Buffer.byteLength(path.join(folder, 'asked.db'));
  if (length > LONGEST_PATH) {
    throw new Error(
      l10n.t("its files would have paths of {0} bytes, and a database's may have {1}", length, LONGEST_PATH),
    );
  }
  fs.mkdirSync(base, { recursive: true, mode: PRIVATE_FOLDER });
  // In a world-writable folder, another user may have created ours first.
  const checked = shared ? [base] : [];
  for (const part of [...checked, path.dirname(folder), folder]) {
    fs.mkdirSync(part, { recursive: true, mode: PRIVATE_FOLDER });
    keepPrivate(part);
  }
  // A full disk and a read-only file system show only when something is written. With less room than this, no index
  // opens.
  probeRoom(folder);
}

function keepPrivate(folder: string): void {
  const { uid, mode } = ownFolder(folder);
  if (process.platform === 'win32') return;
  if (uid !== process.getuid!()) throw new Error(l10n.t('{0} belongs to another user', folder));
  if (mode & 0o077) fs.chmodSync(folder, PRIVATE_FOLDER);
}

/** Returns whether a folder of local state, and the folder above it, belong to this user alone. */
export function isPrivateFolder(folder: string): boolean {
  try {
    return [folder, path.dirname(folder)].every((part) => {
      const { uid, mode } = ownFolder(part);
      return process.platform === 'win32' || (uid === process.getuid!() && (mode & 0o077) === 0);
    });
  } catch {
    return false;
  }
}

function ownFolder(folder: string): fs.Stats {
  const stat = fs.lstatSync(folder);
  if (!stat.isDirectory()) throw new Error(l10n.t('{0} is not a folder', folder));
  return stat;
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return l10n.t('its disk is full');
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return l10n.t('it may not be written');
  if (code === 'ENOTDIR' || code === 'EEXIST') return l10n.t('it is not a folder');
  return message;
}
