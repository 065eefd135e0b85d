/**
 * Opens files below `.tunesmith` without following links. A workspace that was cloned, unpacked or shared may contain
 * anything there: a link to a secret file instead of a log, or to a folder of the person instead of a run's.
 *
 * An absolute path is checked from its last `.tunesmith` part on, including that part; any other path only in its last
 * part. A relative path is checked from the working folder on.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { writeWholeSync } from './whole.js';
import { l10n } from '../format/l10n.js';

export const DATA_FOLDER = '.tunesmith';

/** Maximum size in bytes of a state file, such as a run's `run.json`. */
export const STATE_LIMIT = 16 * 1024 * 1024;

/** A part of a path is a link, or the file is not an ordinary one (a pipe, a device). */
export class NotRealError extends Error {
  override name = 'NotRealError';
  readonly code = 'ENOTREAL';
  constructor(readonly path: string) {
    super(
      l10n.t(
        '{0} is a link or not an ordinary file. Tunesmith follows no links below {1}: put the file itself there.',
        path,
        DATA_FOLDER,
      ),
    );
  }
}

const { O_RDONLY, O_CREAT, O_APPEND, O_WRONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;

/** Opens an ordinary file and returns its descriptor. Throws NotRealError, or the system's error (ENOENT, EACCES, …). */
export function openReal(file: string, flags = O_RDONLY, mode = 0o600): number {
  checkParents(file);
  let descriptor: number;
  try {
    // Opening a pipe would otherwise wait for a writer.
    descriptor = fs.openSync(file, flags | O_NOFOLLOW | O_NONBLOCK, mode);
  } catch (error) {
    throw isLinkError(error) ? new NotRealError(file) : error;
  }
  if (fs.fstatSync(descriptor).isFile() && isWhereItShould(descriptor, file)) return descriptor;
  fs.closeSync(descriptor);
  throw new NotRealError(file);
}

/** Opens a file for appending, made if need be. */
export function openRealForAppend(file: string): number {
  return openReal(file, O_WRONLY | O_APPEND | O_CREAT);
}

/** Reads a whole file. Throws as `openReal` does, and when it has more than `limit` bytes. */
export function readReal(file: string, limit = 64 * 1024 * 1024): string {
  return readRealBytes(file, limit).toString('utf8');
}

/** Reads the bytes of a whole file. Throws as `readReal` does. */
export function readRealBytes(file: string, limit: number): Buffer {
  const descriptor = openReal(file);
  try {
    const { size } = fs.fstatSync(descriptor);
    if (size > limit) throw new RangeError(l10n.t('{0} has {1} bytes; at most {2} are read', file, size, limit));
    return fs.readFileSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

export function appendReal(file: string, text: string): void {
  const descriptor = openRealForAppend(file);
  try {
    fs.writeFileSync(descriptor, text);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Returns the stats of the path itself (links are not followed), or null if nothing is there or a folder above it is a link. */
export function statReal(file: string): fs.Stats | null {
  try {
    checkParents(file);
    return fs.lstatSync(file);
  } catch {
    return null;
  }
}

/** Returns the size of an ordinary file in bytes; null if there is none. */
export function sizeReal(file: string): number | null {
  const stat = statReal(file);
  return stat?.isFile() ? stat.size : null;
}

/** Returns the entries of a folder. Throws NotRealError if the folder is a link, or the system's error. */
export function listReal(folder: string): fs.Dirent[] {
  checkFolder(folder);
  return fs.readdirSync(folder, { withFileTypes: true });
}

/** Makes a folder and its missing parents, for this user alone. Throws NotRealError when a part is a link. */
export function makeFolderReal(folder: string): void {
  for (const part of partsToCheck(folder)) {
    try {
      fs.mkdirSync(part, { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (!fs.lstatSync(part).isDirectory()) throw new NotRealError(part);
    }
  }
}

/** Writes a file so that a reader, and a crash, sees the old or the new content whole, never a part. */
export function writeReal(file: string, content: string | Uint8Array, options: { sync?: boolean } = {}): void {
  checkParents(file);
  writeWholeSync(file, content, { mode: 0o600, ...options });
}

/** Removes a file, or a folder with its contents. Links are removed, but not their targets. */
export async function removeReal(file: string): Promise<void> {
  checkParents(file);
  await fs.promises.rm(file, { recursive: true, force: true, maxRetries: 3 });
}

/** Throws NotRealError when the folder or one above it, up to `.tunesmith`, is a link; the system's error when it is missing. */
export function checkFolder(folder: string): void {
  for (const part of partsToCheck(folder)) if (!fs.lstatSync(part).isDirectory()) throw new NotRealError(part);
}

function checkParents(file: string): void {
  const parts = partsToCheck(file);
  for (const part of parts.slice(0, -1)) if (!fs.lstatSync(part).isDirectory()) throw new NotRealError(part);
}

/** The paths of the last `.tunesmith` and of everything below it down to `file`. */
function partsToCheck(file: string): string[] {
  const parts = path.normalize(file).split(path.sep);
  const first = firstToCheck(file, parts);
  return parts.slice(first).map((_, i) => parts.slice(0, first + i + 1).join(path.sep));
}

function firstToCheck(file: string, parts: readonly string[]): number {
  if (!path.isAbsolute(file)) return 0;
  const from = parts.lastIndexOf(DATA_FOLDER);
  return from < 0 ? parts.length - 1 : from;
}

/**
 * A link may be put in place after the check. Linux reports which file was opened, and nothing has been read from it
 * yet.
 */
function isWhereItShould(descriptor: number, file: string): boolean {
  if (process.platform !== 'linux') return true;
  const parts = path.normalize(file).split(path.sep);
  try {
    const opened = fs.readlinkSync(`/proc/self/fd/${descriptor}`).replace(/ \(deleted\)$/, '');
    return opened.endsWith(path.sep + parts.slice(firstToCheck(file, parts)).join(path.sep));
  } catch {
    // Without /proc, the look before must do.
    return true;
  }
}

/** ELOOP on Linux and macOS, EMLINK on FreeBSD, ENXIO for a pipe or socket that is opened to write. */
function isLinkError(error: unknown): boolean {
  return ['ELOOP', 'EMLINK', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '');
}
