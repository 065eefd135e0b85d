/** An array in a file, with its header parsed and random access to its values. */
import { TrainingError } from '../errors.js';
import type { Bytes } from './bytes.js';
import type { InputReader, Numbers } from './types.js';
import { emptyValues, fillValues, type ValueType } from './values.js';
import { said } from '../../format/said.js';

export interface NumberArray {
  shape: number[];
  values: Numbers;
}

/** Content of the header. */
export interface ArrayHeader {
  shape: number[];
  type: ValueType;
  /** Kind of text in the array: UTF-32 or bytes; absent: numbers. */
  text?: 'U' | 'S';
  /** Byte offset of the values. */
  start: number;
  littleEndian: boolean;
  /** True for Fortran order, where the first index varies fastest. */
  fortran: boolean;
}

export interface ArrayFile extends ArrayHeader {
  bytes: Bytes;
}

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Computes the size in bytes of a file with this header. */
export const sizeOf = ({ shape, type, start }: ArrayHeader): number => start + product(shape) * type.bytes;

/** Reads the whole array and converts Fortran order to C order. */
export async function readAll(file: ArrayFile): Promise<NumberArray> {
  const { shape, type, start, littleEndian } = file;
  const count = product(shape);
  const values = emptyValues(type, count);
  const step = Math.max(1, Math.floor(CHUNK / type.bytes));
  for (let from = 0; from < count; from += step) {
    const length = Math.min(step, count - from);
    const bytes = await file.bytes.read(start + from * type.bytes, length * type.bytes);
    fillValues(values, from, bytes, 0, length, type, littleEndian);
  }
  return { shape, values: file.fortran ? toRowMajor(values, shape) : values };
}

const CHUNK = 8 * 2 ** 20;
/** Examples at most this many bytes apart are read in one piece. */
const GAP = 16 * 2 ** 10;
const LONGEST = 4 * 2 ** 20;

/** Reads examples of an array in any order from the file. */
export class ArrayReader implements InputReader {
  readonly width: number;
  readonly exampleBytes: number;
  private readonly record: number;

  constructor(private readonly file: ArrayFile) {
    this.width = product(file.shape.slice(1));
    this.exampleBytes = emptyValues(file.type, 1).byteLength * this.width;
    this.record = this.width * file.type.bytes;
  }

  make(examples: number): Numbers {
    return emptyValues(this.file.type, examples * this.width);
  }

  async read(indexes: Int32Array): Promise<Numbers> {
    const values = this.make(indexes.length);
    const { bytes, start, type, littleEndian } = this.file;
    await Promise.all(
      piecesOf(indexes, this.record).map(async ({ first, last, places }) => {
        const piece = await bytes.read(start + first * this.record, (last - first + 1) * this.record);
        for (const place of places) {
          const at = (indexes[place]! - first) * this.record;
          fillValues(values, place * this.width, piece, at, this.width, type, littleEndian);
        }
      }),
    );
    this.check(values, indexes);
    return values;
  }

  private check(values: Numbers, indexes: Int32Array): void {
    if (!(values instanceof Float32Array)) return;
    for (let i = 0; i < values.length; i++) {
      if (Number.isFinite(values[i])) continue;
      const example = indexes[Math.floor(i / this.width)]!;
      const { bytes, start, type } = this.file;
      const byte = start + (example * this.width + (i % this.width)) * type.bytes;
      throw new TrainingError(
        said(
          '{0}: example {1} (from 0) holds {2} (byte {3}): clean the data first',
          bytes.name,
          example,
          values[i],
          byte,
        ),
      );
    }
  }
}

/** Groups the examples into few contiguous pieces of the file. `places` are their positions in `indexes`. */
function piecesOf(indexes: Int32Array, record: number): { first: number; last: number; places: number[] }[] {
  const order = Array.from(indexes, (_, place) => place).sort((a, b) => indexes[a]! - indexes[b]!);
  const pieces: { first: number; last: number; places: number[] }[] = [];
  for (const place of order) {
    const index = indexes[place]!;
    const piece = pieces.at(-1);
    if (piece && (index - piece.last - 1) * record <= GAP && (index - piece.first + 1) * record <= LONGEST) {
      piece.last = index;
      piece.places.push(place);
    } else {
      pieces.push({ first: index, last: index, places: [place] });
    }
  }
  return pieces;
}

/** Reads examples that are already in memory. */
export class HeldReader implements InputReader {
  readonly exampleBytes: number;

  constructor(
    readonly values: Numbers,
    readonly width: number,
  ) {
    this.exampleBytes = values.BYTES_PER_ELEMENT * width;
  }

  make(examples: number): Numbers {
    return new (this.values.constructor as new (length: number) => Numbers)(examples * this.width);
  }

  read(indexes: Int32Array): Promise<Numbers> {
    const values = this.make(indexes.length);
    indexes.forEach((index, i) => {
      values.set(this.values.subarray(index * this.width, (index + 1) * this.width), i * this.width);
    });
    return Promise.resolve(values);
  }
}

function toRowMajor(values: Numbers, shape: number[]): Numbers {
  const result = values.slice();
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => product(shape.slice(0, axis)));
  for (let i = 0; i < result.length; i++) {
    let from = 0;
    for (let axis = 0; axis < shape.length; axis++) from += index[axis]! * strides[axis]!;
    result[i] = values[from]!;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return result;
}
