/** The IDX format of MNIST: two zero bytes, type, number of dimensions, dimensions (big-endian), values (big-endian). */
import { TrainingError } from '../errors.js';
import { sizeOf, type ArrayFile, type ArrayHeader } from './arrayFile.js';
import type { Bytes } from './bytes.js';
import { VALUE_TYPES, type ValueType } from './values.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

const TYPES: Record<number, ValueType> = {
  0x08: VALUE_TYPES.uint8,
  0x09: VALUE_TYPES.int8,
  0x0b: VALUE_TYPES.int16,
  0x0c: VALUE_TYPES.int32,
  0x0d: VALUE_TYPES.float32,
  0x0e: VALUE_TYPES.float64,
};
const LONGEST_HEADER = 4 + 4 * 255;

export async function openIdx(bytes: Bytes): Promise<ArrayFile> {
  return { ...idxHeader(await bytes.read(0, Math.min(LONGEST_HEADER, bytes.size)), bytes.size, bytes.name), bytes };
}

/** Computes the file's size in bytes from its header. Throws TrainingError when `start` is not a valid header. */
export const idxSize = (start: Uint8Array, name: string): number => sizeOf(idxHeader(start, null, name));

/**
 * Parses the header from the file's first bytes, `start`. Throws TrainingError when it contradicts the file's size, if
 * that is `given`.
 */
function idxHeader(start: Uint8Array, given: number | null, file: string): ArrayHeader {
  const bad = (offset: number, what: Said) =>
    new TrainingError(said('{0}: not a valid IDX file: {1} (byte {2})', file, what, offset));
  const size = given ?? start.length;
  if (size < 4) throw bad(size, said('it ends within its header'));
  if (start[0] !== 0 || start[1] !== 0) {
    const begin = [...start.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw bad(0, said('it must begin with two zero bytes, but begins with {0}', begin));
  }
  const type = TYPES[start[2]!];
  if (!type) throw bad(2, said('unknown type 0x{0}', start[2]!.toString(16).padStart(2, '0')));
  const rank = start[3]!;
  if (rank < 1) throw bad(3, said('it has no dimension'));
  const begin = 4 + 4 * rank;
  if (size < begin) throw bad(size, said('it ends within its header'));
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const header = { shape, type, start: begin, littleEndian: false, fortran: false };
  const wanted = sizeOf(header);
  if (given !== null && wanted !== size) {
    const values = shape.join('×');
    throw size < wanted
      ? bad(size, said('it is cut short: {0} {1} values need {2} bytes, it has {3}', values, type.name, wanted, size))
      : bad(
          wanted,
          said('it has bytes too many: {0} {1} values need {2} bytes, it has {3}', values, type.name, wanted, size),
        );
  }
  return header;
}
