/** Arrays and texts of an HDF5 file, read by `jsfive` within bounds. */
import * as jsfive from 'jsfive';
import { TrainingError, saidOf } from '../../errors.js';
import type { Array32 } from '../chain.js';
import { MOST_NUMBERS } from '../types.js';
import { said } from '../../../format/said.js';

export interface Hdf5Reader {
  /** Returns the names in a group; null: there is no such group. */
  names(path: string): string[] | null;
  /** Returns an array of numbers. Throws TrainingError when it is missing or none. */
  array(path: string): Array32;
  /** Returns an attribute; undefined: there is none. */
  attribute(path: string, name: string): unknown;
}

/** Numbers may be of any of these types; `jsfive` writes types as NumPy does. */
const NUMBERS = /^[<>|]?[fiu][1248]$/;

/** Opens a file that is in memory. `file`: its name for messages. */
export function openHdf5(bytes: Uint8Array, file: string): Hdf5Reader {
  const damaged = (error: unknown) => new TrainingError(said('{0}: not a valid HDF5 file: {1}', file, saidOf(error)));
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw error instanceof TrainingError ? error : damaged(error);
    }
  };
  const root = guarded(() => {
    // A copy: the reader takes a whole buffer.
    const own = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    return new jsfive.File(own, file);
  });
  let taken = 0;
  const find = (path: string): jsfive.Group | jsfive.Dataset | null => {
    let at: jsfive.Group | jsfive.Dataset = root;
    for (const part of path.split('/').filter(Boolean)) {
      if (!(at instanceof jsfive.Group) || !at.keys.includes(part)) return null;
      const next = at.get(part);
      if (!next) return null;
      at = next;
    }
    return at;
  };
  return {
    names: (path) =>
      guarded(() => {
        const found = find(path);
        return found instanceof jsfive.Group ? [...found.keys] : null;
      }),
    attribute: (path, name) =>
      guarded(() => {
        const attrs = find(path)?.attrs;
        return attrs && Object.hasOwn(attrs, name) ? attrs[name] : undefined;
      }),
    array: (path) =>
      guarded(() => {
        const found = find(path);
        if (!(found instanceof jsfive.Dataset)) throw new TrainingError(said('{0} holds no array "{1}"', file, path));
        const { shape, dtype } = found;
        if (typeof dtype !== 'string' || !NUMBERS.test(dtype)) {
          throw new TrainingError(said('{0}: "{1}" is not an array of numbers', file, path));
        }
        const count = shape.reduce((a, b) => a * b, 1);
        if (!(count >= 0) || (taken += count) > MOST_NUMBERS) {
          throw new TrainingError(said('{0}: its arrays have more than {1} numbers', file, MOST_NUMBERS));
        }
        const values = Float32Array.from(found.value as ArrayLike<number | bigint>, Number);
        if (values.length !== count)
          throw new TrainingError(said('{0}: "{1}" has another size than its shape', file, path));
        return { shape: [...shape], values };
      }),
  };
}
