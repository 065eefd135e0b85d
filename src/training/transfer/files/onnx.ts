/** Reads ONNX networks whose operators are layers here. */
import type { Bytes } from '../../data/bytes.js';
import { TrainingError } from '../../errors.js';
import { readModel } from '../onnx/model.js';
import { networkOf } from '../onnx/network.js';
import { MOST_NUMBERS, type Trained } from '../types.js';
import { said } from '../../../format/said.js';

const MOST_BYTES = 4 * MOST_NUMBERS;

export async function readOnnx(bytes: Bytes): Promise<Trained> {
  if (bytes.size > MOST_BYTES) throw new TrainingError(said('{0} is larger than {1} bytes', bytes.name, MOST_BYTES));
  const all = await bytes.read(0, bytes.size);
  const model = readModel(Buffer.from(all.buffer, all.byteOffset, all.byteLength), bytes.name);
  return { source: bytes.name, data: null, ...networkOf(model) };
}
