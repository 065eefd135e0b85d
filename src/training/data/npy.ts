/** NumPy's array file, versions 1 to 3 (NEP 1). */
import { TrainingError } from '../errors.js';
import { sizeOf, type ArrayFile, type ArrayHeader } from './arrayFile.js';
import type { Bytes } from './bytes.js';
import { VALUE_TYPES, type ValueType } from './values.js';
import { entryOf } from '../../protocol/values/records.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

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
  const bad = (offset: number, what: Said) =>
    new TrainingError(said('{0}: not a valid NPY file: {1} (byte {2})', file, what, offset));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length >= 4 && view.getUint32(0) === 0x504b0304) {
    throw new TrainingError(said('{0}: this is an NPZ archive: name it under data: { npz: { file: … } }', file));
  }
  if (bytes.length < 10 || view.getUint32(0) !== 0x934e554d || view.getUint16(4) !== 0x5059) {
    throw bad(0, said('it must begin with \\x93NUMPY'));
  }
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw bad(6, said('unknown version {0}.{1}', version, bytes[7]));
  const headerAt = version === 1 ? 10 : 12;
  if (bytes.length < headerAt) throw bad(bytes.length, said('it ends within its header'));
  const headerLength = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = headerAt + headerLength;
  if (size !== null && size < start) throw bad(size, said('it ends within its header'));
  if (bytes.length < start) throw bad(8, said('its header of {0} bytes is too long', headerLength));
  const header = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(headerAt, start));
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const dims = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  if (!descr && /'descr':\s*\[/.test(header)) throw bad(headerAt, said('arrays of records are not supported'));
  if (descr === undefined || fortran === undefined || dims === undefined)
    throw bad(headerAt, said('its header is damaged'));
  const words = /^[<>|=]([US])(\d{1,6})$/.exec(descr);
  const text = words?.[1] as 'U' | 'S' | undefined;
  const type = text ? textType(text, Number(words![2])) : entryOf(TYPES, descr.slice(1));
  if (!type || !'<>|='.includes(descr[0]!)) {
    throw bad(
      headerAt,
      descr.includes('O')
        ? said('values of type "{0}" are not supported (Python objects are never loaded)', descr)
        : said('values of type "{0}" are not supported', descr),
    );
  }
  const parts = dims.split(',').flatMap((part) => (part.trim() ? [part.trim()] : []));
  if (parts.length > MOST_DIMENSIONS || parts.some((part) => !/^\d{1,15}L?$/.test(part))) {
    throw bad(headerAt, said('its shape is damaged'));
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
    const shape = result.shape.join(', ');
    throw size < wanted
      ? bad(
          size,
          said('it is cut short: shape ({0}) of {1} needs {2} bytes, it has {3}', shape, type.name, wanted, size),
        )
      : bad(
          wanted,
          said('it has bytes too many: shape ({0}) of {1} needs {2} bytes, it has {3}', shape, type.name, wanted, size),
        );
  }
  return result;
}
