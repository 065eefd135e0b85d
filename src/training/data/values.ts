/** Values as stored in files, in either byte order; 64-bit values are rounded to float32. */
import { fromBfloat, fromHalf } from '../../protocol/values/halfFloat.js';
import type { Numbers } from './types.js';

type Make = new (length: number) => Numbers;
/** Type of values in a file; `into` is the array type that holds them in memory. */
export interface ValueType {
  name: string;
  bytes: number;
  into: Make;
  read(view: DataView, at: number, littleEndian: boolean): number;
}

const type = (name: string, bytes: number, into: Make, read: ValueType['read']): ValueType => ({
  name,
  bytes,
  into,
  read,
});

export const VALUE_TYPES = {
  uint8: type('uint8', 1, Uint8Array, (view, at) => view.getUint8(at)),
  int8: type('int8', 1, Int8Array, (view, at) => view.getInt8(at)),
  int16: type('int16', 2, Int16Array, (view, at, little) => view.getInt16(at, little)),
  uint16: type('uint16', 2, Uint16Array, (view, at, little) => view.getUint16(at, little)),
  int32: type('int32', 4, Int32Array, (view, at, little) => view.getInt32(at, little)),
  uint32: type('uint32', 4, Uint32Array, (view, at, little) => view.getUint32(at, little)),
  float16: type('float16', 2, Float32Array, (view, at, little) => fromHalf(view.getUint16(at, little))),
  /** The upper half of a 32-bit float. */
  bfloat16: type('bfloat16', 2, Float32Array, (view, at, little) => fromBfloat(view.getUint16(at, little))),
  float32: type('float32', 4, Float32Array, (view, at, little) => view.getFloat32(at, little)),
  float64: type('float64', 8, Float32Array, (view, at, little) => view.getFloat64(at, little)),
  int64: type('int64', 8, Float32Array, (view, at, little) => Number(view.getBigInt64(at, little))),
  uint64: type('uint64', 8, Float32Array, (view, at, little) => Number(view.getBigUint64(at, little))),
};

export const emptyValues = ({ into: Into }: ValueType, count: number): Numbers => new Into(count);

/** Copies `count` values, from byte `from` of `bytes` on, to `into` from index `at` on. */
export function fillValues(
  into: Numbers,
  at: number,
  bytes: Uint8Array,
  from: number,
  count: number,
  { bytes: size, read, into: Into }: ValueType,
  littleEndian: boolean,
): void {
  const offset = bytes.byteOffset + from;
  // Values stored in memory format are copied in one piece.
  if (size === new Into(0).BYTES_PER_ELEMENT && (size === 1 || littleEndian === HERE_LITTLE) && offset % size === 0) {
    const direct = Into as unknown as new (buffer: ArrayBufferLike, offset: number, length: number) => Numbers;
    into.set(new direct(bytes.buffer, offset, count), at);
    return;
  }
  const view = new DataView(bytes.buffer, offset, count * size);
  for (let i = 0; i < count; i++) into[at + i] = read(view, i * size, littleEndian);
}

const HERE_LITTLE = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
