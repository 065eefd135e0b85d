/** NumPy's array file, versions 1 to 3 (NEP 1). */
import { TrainingError } from '../errors.js';
import { sizeOf, type ArrayFile, type ArrayHeader } from './arrayFile.js';
import type { Bytes } from './bytes.js';
import { VALUE_TYPES, type ValueType } from './values.js';
import { entryOf } from '../../protocol/values/records.js';

const TYPES: Record<string, ValueType> = {
  b1: VALUE_TYPES.uint8,
  u1: VALUE_TYPES.uint8,
  i1: VALUE_TYPES.int8,
  u2: VALUE_TYPES.uint16,
  i2: VALUE_TYPES.int16,
  u4: VALUE_TYPES.uint32,
  i4: VALUE_TYPES.int32,
  u8: VALUE_TYPES.uint64,
  i8: VALUE_TYPES.int64,
  f2: VALUE_TYPES.float16,
  f4: VALUE_TYPES.float32,
  f8: VALUE_TYPES.float64,
};
/** Text of `length` characters, which only targets may be. */
const textType = (kind: 'U' | 'S', length: number): ValueType => ({
  name: `text of ${length} characters`,
  bytes: kind === 'U' ? 4 * length : length,
  into: Float32Array,
  read: () => NaN,
});
/** Longest accepted header; NumPy pads headers to a few hundred bytes. */
export const LONGEST_HEADER = 64 * 2 ** 10;
const MOST_DIMENSIONS = 32;

export async function openNpy(bytes: Bytes): Promise<ArrayFile> {
  return { ...npyHeader(await bytes.read(0, Math.min(LONGEST_HEADER, bytes.size)), bytes.size, bytes.name), bytes };
}

/** Computes the file's size in bytes from its header. Throws TrainingError when `start` is not a valid header. */
export const npySize = (start: Uint8Array, name: string): number => sizeOf(npyHeader(start, null, name));

/**
 * Parses the header from the file's first `bytes`. Throws TrainingError when it contradicts the file's `size`, if that
 * is known.
 */
function npyHeader(bytes: Uint8Array, size: number | null, file: string): ArrayHeader {
  const bad = (offset: number, what: string) =>
    new TrainingError(`${file}: not a valid NPY file: ${what} (byte ${offset})`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length >= 4 && view.getUint32(0) === 0x504b0304) {
    throw new TrainingError(`${file}: this is an NPZ archive: name it under data: { npz: { file: … } }`);
  }
  if (bytes.length < 10 || view.getUint32(0) !== 0x934e554d || view.getUint16(4) !== 0x5059) {
    throw bad(0, 'it must begin with \\x93NUMPY');
  }
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw bad(6, `unknown version ${version}.${bytes[7]}`);
  const headerAt = version === 1 ? 10 : 12;
  if (bytes.length < headerAt) throw bad(bytes.length, 'it ends within its header');
  const headerLength = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = headerAt + headerLength;
  if (size !== null && size < start) throw bad(size, 'it ends within its header');
  if (bytes.length < start) throw bad(8, `its header of ${headerLength} bytes is too long`);
  const header = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(headerAt, start));
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const dims = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  if (!descr && /'descr':\s*\[/.test(header)) throw bad(headerAt, 'arrays of records are not supported');
  if (descr === undefined || fortran === undefined || dims === undefined) throw bad(headerAt, 'its header is damaged');
  const words = /^[<>|=]([US])(\d{1,6})$/.exec(descr);
  const text = words?.[1] as 'U' | 'S' | undefined;
  const type = text ? textType(text, Number(words![2])) : entryOf(TYPES, descr.slice(1));
  if (!type || !'<>|='.includes(descr[0]!)) {
    const why = descr.includes('O') ? ' (Python objects are never loaded)' : '';
    throw bad(headerAt, `values of type "${descr}" are not supported${why}`);
  }
  const parts = dims.split(',').flatMap((part) => (part.trim() ? [part.trim()] : []));
  if (parts.length > MOST_DIMENSIONS || parts.some((part) => !/^\d{1,15}L?$/.test(part))) {
    throw bad(headerAt, 'its shape is damaged');
  }
  const result = {
    shape: parts.map((part) => parseInt(part, 10)),
    type,
    ...(text && { text }),
    start,
    littleEndian: descr[0] !== '>',
    fortran: fortran === 'True' && parts.length > 1,
  };
  const wanted = sizeOf(result);
  if (size !== null && size !== wanted) {
    const verb = size < wanted ? 'is cut short' : 'has bytes too many';
    throw bad(
      Math.min(wanted, size),
      `it ${verb}: shape (${result.shape.join(', ')}) of ${type.name} needs ${wanted} bytes, it has ${size}`,
    );
  }
  return result;
}
