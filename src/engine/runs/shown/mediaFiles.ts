/** Files that a run's media records name. Programs write the records and the files, so both are checked. */
import * as path from 'node:path';
import { readRealBytes, sizeReal } from '../../../files/real.js';

export interface MediaFiles {
  /** Returns the whole file; null if it does not exist, is larger than `limit`, is a link or is outside the folder. */
  bytes(name: string, limit: number): Buffer | null;
  /** Returns its size in bytes; null in the same cases as `bytes`. */
  size(name: string): number | null;
}

/** Files in a run's folder; nothing outside it is read, and no link is followed. */
export function filesIn(folder: string): MediaFiles {
  const inside = (name: string): string | null => {
    const file = path.resolve(folder, name);
    return file.startsWith(folder + path.sep) ? file : null;
  };
  const attempt = <T>(name: string, read: (file: string) => T): T | null => {
    const file = inside(name);
    try {
      return file === null ? null : read(file);
    } catch {
      return null;
    }
  };
  return {
    bytes: (name, limit) => attempt(name, (file) => readRealBytes(file, limit)),
    size: (name) => attempt(name, sizeReal),
  };
}
