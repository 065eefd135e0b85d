/** Encodes the parts of an ONNX file (onnx.proto). */
import { bytes, float, int, message, type Field } from '../protobuf.js';

export const TYPE = { float: 1, int8: 3, int64: 7 } as const;
/** Attribute types. */
const KIND = { float: 1, int: 2, graph: 5, ints: 7 } as const;

export type Attribute = number | { float: number } | number[] | { graph: Buffer };

export function tensor(name: string, shape: readonly number[], type: number, data: Buffer): Field {
  return message(...shape.map((length) => int(1, length)), int(2, type), bytes(8, name), bytes(9, data));
}

export function valueInfo(name: string, shape: readonly (string | number)[]): Buffer {
  const dimensions = shape.map((length) => bytes(1, typeof length === 'string' ? bytes(2, length) : int(1, length)));
  const type = bytes(1, message(int(1, TYPE.float), bytes(2, message(...dimensions))));
  return message(bytes(1, name), bytes(2, type));
}

export function attribute(name: string, value: Attribute): Buffer {
  if (typeof value === 'number') return message(bytes(1, name), int(3, value), int(20, KIND.int));
  if (Array.isArray(value)) return message(bytes(1, name), ...value.map((each) => int(8, each)), int(20, KIND.ints));
  if ('float' in value) return message(bytes(1, name), float(2, value.float), int(20, KIND.float));
  return message(bytes(1, name), bytes(6, value.graph), int(20, KIND.graph));
}
