/** Values of TensorFlow's TensorProto, as far as summaries use them. */
import { fromBfloat, fromHalf } from '../../protocol/values/halfFloat.js';
import { BYTES, FIXED32, FIXED64, WireError, type Fields } from '../../protocol/values/protobuf.js';

/** DataType of TensorFlow's types.proto. */
const FLOAT = 1;
const DOUBLE = 2;
const INT32 = 3;
const UINT8 = 4;
const INT16 = 5;
const INT8 = 6;
const INT64 = 9;
const BOOL = 10;
const BFLOAT16 = 14;
const UINT16 = 17;
const HALF = 19;
const UINT32 = 22;
const UINT64 = 23;

const WIDTHS = new Map([
  [FLOAT, 4],
  [DOUBLE, 8],
  [INT32, 4],
  [UINT8, 1],
  [INT16, 2],
  [INT8, 1],
  [INT64, 8],
  [BOOL, 1],
  [BFLOAT16, 2],
  [UINT16, 2],
  [HALF, 2],
  [UINT32, 4],
  [UINT64, 8],
]);
/** More values than any summary has that we show. */
const MOST_VALUES = 100_000;

export interface Tensor {
  type: number;
  shape: number[];
  /** Numbers; empty for texts. */
  numbers: number[];
  strings: Buffer[];
}

/** Reads a TensorProto. Throws WireError. */
export function readTensor(fields: Fields): Tensor {
  const tensor: Tensor = { type: 0, shape: [], numbers: [], strings: [] };
  let content: Buffer | null = null;
  while (fields.next()) {
    if (fields.number === 1 && fields.wire === 0) tensor.type = fields.varint();
    else if (fields.number === 2) tensor.shape = readShape(fields.message());
    else if (fields.number === 4) content = fields.slice();
    else if (fields.number === 5) readNumbers(fields, tensor.numbers, FIXED32);
    else if (fields.number === 6) readNumbers(fields, tensor.numbers, FIXED64);
    else if ([7, 10, 11, 16, 17].includes(fields.number)) readNumbers(fields, tensor.numbers, 0);
    else if (fields.number === 13) {
      const halves: number[] = [];
      readNumbers(fields, halves, 0);
      halves.forEach((bits) => tensor.numbers.push(tensor.type === BFLOAT16 ? fromBfloat(bits) : fromHalf(bits)));
    } else if (fields.number === 8) {
      if (tensor.strings.length >= MOST_VALUES) throw new WireError('too many texts');
      tensor.strings.push(fields.slice());
    } else fields.skip();
  }
  if (content && content.length > 0) tensor.numbers = readContent(content, tensor.type);
  return tensor;
}

function readShape(fields: Fields): number[] {
  const shape: number[] = [];
  while (fields.next()) {
    if (fields.number !== 2) {
      fields.skip();
      continue;
    }
    const dimension = fields.message();
    let size = 0;
    while (dimension.next()) {
      if (dimension.number === 1 && dimension.wire === 0) size = dimension.varint();
      else dimension.skip();
    }
    if (shape.length >= 32) throw new WireError('too many dimensions');
    shape.push(size);
  }
  return shape;
}

/** A repeated field of numbers, packed or one by one. */
export function readNumbers(fields: Fields, into: number[], kind: number): void {
  const one = (from: Fields): number =>
    kind === FIXED32 ? from.float() : kind === FIXED64 ? from.double() : from.varint();
  if (fields.wire !== BYTES) {
    if (fields.wire !== kind) throw new WireError('another type than expected');
    into.push(one(fields));
  } else {
    const packed = fields.message();
    while (packed.at < packed.limit && into.length < MOST_VALUES) into.push(one(packed));
  }
  if (into.length >= MOST_VALUES) throw new WireError('too many values');
}

function readContent(content: Buffer, type: number): number[] {
  const width = WIDTHS.get(type);
  if (width === undefined) return [];
  const count = Math.floor(content.length / width);
  if (count >= MOST_VALUES) throw new WireError('too many values');
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  return Array.from({ length: count }, (_, i) => numberAt(view, i * width, type));
}

function numberAt(view: DataView, at: number, type: number): number {
  switch (type) {
    case FLOAT:
      return view.getFloat32(at, true);
    case DOUBLE:
      return view.getFloat64(at, true);
    case INT32:
      return view.getInt32(at, true);
    case UINT32:
      return view.getUint32(at, true);
    case INT16:
      return view.getInt16(at, true);
    case UINT16:
      return view.getUint16(at, true);
    case INT8:
      return view.getInt8(at);
    case INT64:
      return Number(view.getBigInt64(at, true));
    case UINT64:
      return Number(view.getBigUint64(at, true));
    case HALF:
      return fromHalf(view.getUint16(at, true));
    case BFLOAT16:
      return fromBfloat(view.getUint16(at, true));
    default:
      return view.getUint8(at);
  }
}
