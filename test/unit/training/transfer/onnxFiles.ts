/** Small ONNX files for tests. */
import { bytes, int, message } from '../../../../src/training/export/protobuf.js';
import { readModel } from '../../../../src/training/transfer/onnx/model.js';
import { networkOf } from '../../../../src/training/transfer/onnx/network.js';
import { outputsOf } from './outputs.js';

export interface NodeText {
  type: string;
  inputs: string[];
  output?: string | string[];
  fields?: Buffer[];
}

interface FileText {
  /** Shapes of the input `x` and the output `y`; null: not fixed. */
  input?: (number | null)[];
  output?: (number | null)[] | null;
  opset?: number | null;
}

/** Returns a file with these operators between input `x` and output `y`, and these arrays. */
export function onnx(
  nodes: NodeText[],
  arrays: Buffer[],
  { input = [1, 4], output = null, opset = 20 }: FileText = {},
): Buffer {
  const shape = (lengths: (number | null)[]) =>
    message(...lengths.map((length) => bytes(1, length === null ? '' : int(1, length))));
  const value = (name: string, lengths: (number | null)[] | null) =>
    message(bytes(1, name), bytes(2, bytes(1, message(int(1, 1), ...(lengths ? [bytes(2, shape(lengths))] : [])))));
  const graph = message(
    ...nodes.map(({ type, inputs, output: made, fields }) =>
      bytes(
        1,
        message(
          ...inputs.map((name) => bytes(1, name)),
          ...[made ?? 'y'].flat().map((name) => bytes(2, name)),
          bytes(4, type),
          ...(fields ?? []),
        ),
      ),
    ),
    ...arrays.map((one) => bytes(5, one)),
    bytes(11, value('x', input)),
    bytes(12, value('y', output)),
  );
  return message(int(1, 8), bytes(7, graph), ...(opset === null ? [] : [bytes(8, int(2, opset))]));
}

/** An array of 32-bit floats named `w`. */
export const array = (shape: number[], ...fields: Buffer[]): Buffer =>
  message(...shape.map((length) => int(1, length)), int(2, 1), bytes(8, 'w'), ...fields);

export const floats = (name: string, shape: number[], values: number[]): Buffer =>
  message(
    ...shape.map((length) => int(1, length)),
    int(2, 1),
    bytes(8, name),
    bytes(9, Buffer.from(Float32Array.from(values).buffer)),
  );

export const wholes = (name: string, shape: number[], values: number[]): Buffer =>
  message(
    ...shape.map((length) => int(1, length)),
    int(2, 7),
    bytes(8, name),
    bytes(9, Buffer.from(BigInt64Array.from(values, BigInt).buffer)),
  );

export const integer = (name: string, value: number): Buffer =>
  bytes(5, message(bytes(1, name), int(3, value), int(20, 2)));
export const text = (name: string, value: string): Buffer =>
  bytes(5, message(bytes(1, name), bytes(4, value), int(20, 3)));
export const list = (name: string, values: number[]): Buffer =>
  bytes(5, message(bytes(1, name), ...values.map((value) => int(8, value)), int(20, 7)));

/** Returns what the network of a file gives for inputs in our order. */
export function given(file: Buffer, inputs: number[]): number[] {
  const read = networkOf(readModel(file, 'test.onnx'));
  return outputsOf({ ...read, source: 'test.onnx', data: null }, inputs, read.inputShape!);
}

export const reading = (file: Buffer) => () => networkOf(readModel(file, 'test.onnx'));
