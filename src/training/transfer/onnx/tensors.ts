/** Tensors of an ONNX file (TensorProto of onnx.proto), read within bounds. */
import { VALUE_TYPES, type ValueType } from '../../data/values.js';
import { TrainingError } from '../../errors.js';
import { BYTES, FIXED32, FIXED64, type Fields } from '../../../protocol/values/protobuf.js';
import { MOST_NUMBERS } from '../types.js';
import { said } from '../../../format/said.js';

/** An array that is known before the network runs. */
export interface Constant {
  kind: 'constant';
  shape: number[];
  /** Whole numbers, and only these, are 64-bit floats, which have them exactly up to 2^53. */
  values: Float32Array | Float64Array;
  /** True if `values` has one number, which all places of the shape have. */
  isFill?: boolean;
}

/** TensorProto.DataType. */
const TYPES: Readonly<Record<number, ValueType>> = {
  1: VALUE_TYPES.float32,
  2: VALUE_TYPES.uint8,
  3: VALUE_TYPES.int8,
  4: VALUE_TYPES.uint16,
  5: VALUE_TYPES.int16,
  6: VALUE_TYPES.int32,
  7: VALUE_TYPES.int64,
  9: VALUE_TYPES.uint8,
  10: VALUE_TYPES.float16,
  11: VALUE_TYPES.float64,
  12: VALUE_TYPES.uint32,
  16: VALUE_TYPES.bfloat16,
};
/** Those of floating-point numbers. */
export const FLOATS = new Set([1, 10, 11, 16]);
export const MOST_AXES = 32;

/** Counts the numbers of a file, so that a small file can't ask for more memory than a network may have. */
export class Budget {
  private taken = 0;

  constructor(
    private readonly file: string,
    private readonly most = MOST_NUMBERS,
  ) {}

  /** Number of numbers taken. */
  get count(): number {
    return this.taken;
  }

  take(shape: readonly number[]): number {
    const count = shape.reduce((a, b) => a * b, 1);
    if (!(count >= 0) || (this.taken += count) > this.most) {
      throw new TrainingError(said('{0}: its arrays have more than {1} numbers', this.file, this.most));
    }
    return count;
  }
}

export interface NamedConstant {
  name: string;
  constant: Constant;
}

export function readTensor(fields: Fields, file: string, budget: Budget): NamedConstant {
  const shape: number[] = [];
  let type = 0;
  let name = '';
  let raw: Buffer | null = null;
  const typed: number[] = [];
  let isElsewhere = false;
  // Shape and type may follow the numbers, so these are read twice.
  const whole = { at: fields.at, limit: fields.limit };
  while (fields.next()) {
    if (fields.number === 1) integers(fields, shape, MOST_AXES);
    else if (fields.number === 2) type = fields.varint();
    else if (fields.number === 8) name = fields.text();
    else if (fields.number === 9) raw = fields.slice();
    else if (fields.number === 13) isElsewhere = (fields.skip(), true);
    else if (fields.number === 14) isElsewhere = fields.varint() !== 0 || isElsewhere;
    else fields.skip();
  }
  const what = `${file}: the array "${name.slice(0, 100)}"`;
  if (isElsewhere) {
    throw new TrainingError(said('{0} is stored in another file: save the network with all weights in one file', what));
  }
  const form = TYPES[type];
  if (!form) throw new TrainingError(said('{0} is of a type ({1}) that is not supported', what, type));
  if (shape.some((length) => !Number.isInteger(length) || length < 0)) {
    throw new TrainingError(said('{0} has no valid shape', what));
  }
  const count = budget.take(shape);
  const Into = FLOATS.has(type) ? Float32Array : Float64Array;
  if (raw) {
    if (raw.length !== count * form.bytes) {
      throw new TrainingError(
        said('{0} has {1} bytes, but its shape {2} needs {3}', what, raw.length, shape.join('×'), count * form.bytes),
      );
    }
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    const values = new Into(count);
    for (let i = 0; i < count; i++) values[i] = form.read(view, i * form.bytes, true);
    return { name, constant: { kind: 'constant', shape, values } };
  }
  fields.reset(whole.at, whole.limit);
  while (fields.next()) {
    // float_data, int32_data, int64_data, double_data, uint64_data.
    if (fields.number === 4) packed(fields, typed, count, FIXED32);
    else if (fields.number === 10) packed(fields, typed, count, FIXED64);
    else if ([5, 7, 11].includes(fields.number)) integers(fields, typed, count);
    else fields.skip();
  }
  if (typed.length !== count) {
    throw new TrainingError(
      said('{0} has {1} numbers, but its shape {2} needs {3}', what, typed.length, shape.join('×'), count),
    );
  }
  // Half floats are stored as their bits.
  const view = new DataView(new ArrayBuffer(4));
  const isHalf = type === 10 || type === 16;
  const values = new Into(count);
  typed.forEach((value, i) => {
    if (isHalf) view.setUint16(0, value, true);
    values[i] = isHalf ? form.read(view, 0, true) : value;
  });
  return { name, constant: { kind: 'constant', shape, values } };
}

/** Reads whole numbers, packed or one by one. */
export function integers(fields: Fields, into: number[], most: number): void {
  const put = (value: number): void => {
    if (into.length >= most) throw new TrainingError(said('an array has more numbers than its shape'));
    into.push(value);
  };
  if (fields.wire !== BYTES) return put(fields.varint());
  const inner = fields.message();
  while (inner.at < inner.limit) put(inner.varint());
}

function packed(fields: Fields, into: number[], most: number, width: typeof FIXED32 | typeof FIXED64): void {
  const put = (from: Fields): void => {
    if (into.length >= most) throw new TrainingError(said('an array has more numbers than its shape'));
    into.push(width === FIXED32 ? from.float() : from.double());
  };
  if (fields.wire !== BYTES) return put(fields);
  const inner = fields.message();
  while (inner.at < inner.limit) put(inner);
}

/** Returns an array of whole numbers. */
export const constantOf = (values: readonly number[], shape: number[] = [values.length]): Constant => ({
  kind: 'constant',
  shape,
  values: Float64Array.from(values),
});

export const isWhole = ({ values }: Constant): boolean => values instanceof Float64Array;

/** Returns an array of the type of another one. */
export const typedAs = (type: Constant, values: readonly number[], shape: number[] = [values.length]): Constant => ({
  kind: 'constant',
  shape,
  values: isWhole(type) ? Float64Array.from(values) : Float32Array.from(values),
});
