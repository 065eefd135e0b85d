/** The IDX format of MNIST: two zero bytes, type, number of dimensions, dimensions (big-endian), values (big-endian). */
import { gunzipSync } from 'node:zlib';
import { TrainingError } from '../errors.js';
import type { Numbers } from './types.js';

export interface NumberArray {
  shape: number[];
  values: Numbers;
}

const TYPES: Record<number, { name: string; bytes: number }> = {
  0x08: { name: 'uint8', bytes: 1 },
  0x09: { name: 'int8', bytes: 1 },
  0x0b: { name: 'int16', bytes: 2 },
  0x0c: { name: 'int32', bytes: 4 },
  0x0d: { name: 'float32', bytes: 4 },
  0x0e: { name: 'float64', bytes: 8 },
};

/** Unpacks a file that begins as gzip does. `file` is for messages. */
export function unpack(bytes: Uint8Array, file: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw new TrainingError(`${file}: damaged gzip file (${(error as Error).message}); fetch or make it again`);
  }
}

/** Reads an IDX file, packed with gzip or not. */
export function parseIdx(packed: Uint8Array, file: string): NumberArray {
  const bytes = unpack(packed, file);
  const bad = (offset: number, what: string) =>
    new TrainingError(`${file}: no valid IDX file: ${what} (byte ${offset})`);
  if (bytes.length < 4) throw bad(bytes.length, 'it ends within its header');
  if (bytes[0] !== 0 || bytes[1] !== 0) {
    const start = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw bad(0, `it must begin with two zero bytes, but begins with ${start}`);
  }
  const type = TYPES[bytes[2]!];
  if (!type) throw bad(2, `unknown type 0x${bytes[2]!.toString(16).padStart(2, '0')}`);
  const rank = bytes[3]!;
  if (rank < 1) throw bad(3, 'it has no dimension');
  const start = 4 + 4 * rank;
  if (bytes.length < start) throw bad(bytes.length, 'it ends within its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const count = shape.reduce((a, b) => a * b, 1);
  const wanted = start + count * type.bytes;
  if (wanted !== bytes.length) {
    const verb = bytes.length < wanted ? 'is cut short' : 'has bytes too many';
    throw bad(
      Math.min(wanted, bytes.length),
      `it ${verb}: ${shape.join('×')} ${type.name} values need ${wanted} bytes, it has ${bytes.length}`,
    );
  }
  return { shape, values: readValues(view, start, count, type.name, false) };
}

/** `count` values of a type from `offset`; 64-bit ones are rounded to float32. */
export function readValues(view: DataView, offset: number, count: number, type: string, little: boolean): Numbers {
  const at = view.byteOffset + offset;
  if (type === 'uint8') return new Uint8Array(view.buffer, at, count);
  if (type === 'int8') return new Int8Array(view.buffer, at, count);
  const from = <T extends Numbers>(values: T, bytes: number, read: (at: number) => number): T => {
    for (let i = 0; i < count; i++) values[i] = read(offset + i * bytes);
    return values;
  };
  switch (type) {
    case 'int16':
      return from(new Int16Array(count), 2, (i) => view.getInt16(i, little));
    case 'uint16':
      return from(new Uint16Array(count), 2, (i) => view.getUint16(i, little));
    case 'int32':
      return from(new Int32Array(count), 4, (i) => view.getInt32(i, little));
    case 'uint32':
      return from(new Uint32Array(count), 4, (i) => view.getUint32(i, little));
    case 'float16':
      return from(new Float32Array(count), 2, (i) => half(view.getUint16(i, little)));
    case 'float32':
      return from(new Float32Array(count), 4, (i) => view.getFloat32(i, little));
    case 'float64':
      return from(new Float32Array(count), 8, (i) => view.getFloat64(i, little));
    case 'int64':
      return from(new Float32Array(count), 8, (i) => Number(view.getBigInt64(i, little)));
    case 'uint64':
      return from(new Float32Array(count), 8, (i) => Number(view.getBigUint64(i, little)));
    default:
      throw new TrainingError(`values of type ${type} can't be read`);
  }
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
