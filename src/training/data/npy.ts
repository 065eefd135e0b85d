/** NumPy's array file, versions 1 to 3 (NEP 1). */
import { TrainingError } from '../errors.js';
import { readValues, unpack, type NumberArray } from './idx.js';
import type { Numbers } from './types.js';

const TYPES: Record<string, string> = {
  b1: 'uint8',
  u1: 'uint8',
  i1: 'int8',
  u2: 'uint16',
  i2: 'int16',
  u4: 'uint32',
  i4: 'int32',
  u8: 'uint64',
  i8: 'int64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
};

/** Reads an NPY file, packed with gzip or not. Arrays in Fortran's order are turned round. */
export function parseNpy(packed: Uint8Array, file: string): NumberArray {
  const bytes = unpack(packed, file);
  const bad = (offset: number, what: string) =>
    new TrainingError(`${file}: no valid NPY file: ${what} (byte ${offset})`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length >= 4 && view.getUint32(0) === 0x504b0304) {
    throw new TrainingError(`${file}: this is an NPZ archive: save each array with numpy.save as a .npy file`);
  }
  if (bytes.length < 10 || view.getUint32(0) !== 0x934e554d || view.getUint16(4) !== 0x5059) {
    throw bad(0, 'it must begin with \\x93NUMPY');
  }
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw bad(6, `unknown version ${version}.${bytes[7]}`);
  const sizeBytes = version === 1 ? 2 : 4;
  const headerAt = 8 + sizeBytes;
  if (bytes.length < headerAt) throw bad(bytes.length, 'it ends within its header');
  const headerLength = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = headerAt + headerLength;
  if (bytes.length < start) throw bad(bytes.length, 'it ends within its header');
  const header = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(headerAt, start));
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const dims = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  if (!descr && /'descr':\s*\[/.test(header)) throw bad(headerAt, 'arrays of records are not supported');
  if (descr === undefined || fortran === undefined || dims === undefined) throw bad(headerAt, 'its header is damaged');
  const type = TYPES[descr.slice(1)];
  if (!type || !'<>|='.includes(descr[0]!)) {
    const why = descr.includes('O') ? ' (Python objects are never loaded)' : '';
    throw bad(headerAt, `values of type "${descr}" are not supported${why}`);
  }
  const shape = dims.split(',').flatMap((part) => (part.trim() ? [Number(part)] : []));
  if (shape.some((length) => !Number.isInteger(length) || length < 0)) throw bad(headerAt, 'its shape is damaged');
  const count = shape.reduce((a, b) => a * b, 1);
  const wanted = start + count * Number(descr.slice(2));
  if (bytes.length !== wanted) {
    const verb = bytes.length < wanted ? 'is cut short' : 'has bytes too many';
    throw bad(
      Math.min(wanted, bytes.length),
      `it ${verb}: shape (${shape.join(', ')}) of ${type} needs ${wanted} bytes, it has ${bytes.length}`,
    );
  }
  const values = readValues(view, start, count, type, descr[0] !== '>');
  return { shape, values: fortran === 'True' ? toRowMajor(values, shape) : values };
}

function toRowMajor(values: Numbers, shape: number[]): Numbers {
  const result = values.slice();
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1));
  for (let i = 0; i < result.length; i++) {
    let from = 0;
    for (let axis = 0; axis < shape.length; axis++) from += index[axis]! * strides[axis]!;
    result[i] = values[from]!;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return result;
}
