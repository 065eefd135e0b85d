import { createHash } from 'node:crypto';
import { readRealBytes } from '../../files/real.js';
import { z } from 'zod';
import { record } from '../../protocol/values/recordSchema.js';
import { writeWhole } from '../../files/whole.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';
import type { Numbers } from '../data/types.js';
import { VALUE_TYPES, emptyValues, fillValues, type ValueType } from '../data/values.js';

export interface SavedWeight {
  name: string;
  shape: number[];
  values: Float32Array;
  /** Whole numbers that are saved in place of the values; absent: the values are. */
  integers?: Integers | undefined;
}

/** Quantised values: the i-th is `values[i] · scales[i mod the number of scales]`. */
export interface Integers {
  values: Int8Array;
  scales: Float32Array;
}

/** Ending of the name under which the scales of a quantised weight are saved, and the metadata that says that there are some. */
const SCALE = '.scale';
const SCALED = { key: 'quantised', value: 'NAME times NAME.scale, along the last axes' };

/**
 * Saves weights in the safetensors format: header length (8 bytes, little-endian), JSON header, values. Nothing in it
 * is executable, and every framework reads it. The file is written atomically.
 */
export async function saveWeights(path: string, weights: SavedWeight[], given: Record<string, string>): Promise<void> {
  const isScaled = weights.some(({ integers }) => integers);
  const metadata = isScaled ? { ...given, [SCALED.key]: SCALED.value } : given;
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  const values: Buffer[] = [];
  const add = (name: string, dtype: string, shape: number[], bytes: Buffer): void => {
    setEntry(header, name, { dtype, shape, data_offsets: [offset, offset + bytes.length] });
    offset += bytes.length;
    values.push(bytes);
  };
  for (const { name, shape, values, integers } of weights) {
    if (!integers) add(name, 'F32', shape, littleEndian(values));
    else {
      add(`${name}${SCALE}`, 'F32', [integers.scales.length], littleEndian(integers.scales));
      const { buffer, byteOffset, byteLength } = integers.values;
      add(name, 'I8', shape, Buffer.from(buffer, byteOffset, byteLength));
    }
  }
  header.__metadata__ = { ...metadata, [CHECKSUM]: checksum(header, values) };
  const text = Buffer.from(JSON.stringify(header), 'utf8');
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const bytes = Buffer.concat([length, padded, ...values]);
  await writeWhole(path, bytes);
}

/** Entry of the metadata with the SHA-256 of all that the file says, itself left out. */
const CHECKSUM = 'sha256';
/** Larger files can't be read in one piece. */
const LARGEST_FILE = 2 ** 31 - 1;

function checksum(header: object, values: readonly Buffer[]): string {
  const hash = createHash('sha256').update(JSON.stringify(header));
  for (const bytes of values) hash.update(bytes);
  return hash.digest('hex');
}

/** Longest header in bytes that the format's reference reader accepts. */
const LONGEST_HEADER = 100e6;

const Anything = record(z.unknown());
const Metadata = record(z.string()).default({});
const Place = z.number().int().min(0);
const Entry = z.object({
  dtype: z.string(),
  shape: z.array(Place).max(32),
  data_offsets: z.tuple([Place, Place]),
});

/** Reads a safetensors file. Throws when it is truncated or damaged, or holds other types than numbers. */
export async function loadWeights(path: string): Promise<SavedWeight[]> {
  return (await loadModelFile(path)).weights;
}

/** Types of numbers by their names in the format. Integers and other precisions become 32-bit floats. */
const TYPES: Readonly<Record<string, ValueType>> = {
  F16: VALUE_TYPES.float16,
  BF16: VALUE_TYPES.bfloat16,
  F32: VALUE_TYPES.float32,
  F64: VALUE_TYPES.float64,
  I64: VALUE_TYPES.int64,
  I32: VALUE_TYPES.int32,
  I8: VALUE_TYPES.int8,
  U8: VALUE_TYPES.uint8,
};

/** Reads the weights and the metadata. */
export async function loadModelFile(
  path: string,
): Promise<{ weights: SavedWeight[]; metadata: Record<string, string> }> {
  const bytes = readRealBytes(path, LARGEST_FILE);
  const length = bytes.length < 8 ? Infinity : Number(bytes.readBigUInt64LE(0));
  if (8 + length > bytes.length) throw new Error(`${path} is cut short`);
  if (length > LONGEST_HEADER) throw new Error(`${path} has a header of ${length} bytes, more than ${LONGEST_HEADER}`);
  const { __metadata__: given, ...header } = Anything.parse(JSON.parse(bytes.toString('utf8', 8, 8 + length)));
  const { [CHECKSUM]: expected, ...metadata } = Metadata.parse(given);
  // Earlier versions, and other programs, write none.
  if (expected !== undefined) {
    const found = checksum({ __metadata__: metadata, ...header }, [bytes.subarray(8 + length)]);
    if (found !== expected)
      throw new Error(`${path} is damaged: its content has another checksum than when it was saved`);
  }
  let end = 0;
  const described = Object.entries(header).map(([name, value]) => {
    const read = Entry.safeParse(value);
    if (!read.success) throw new Error(`${path}: the header of "${name}" is not a type, a shape and an offset`);
    return { name, ...read.data };
  });
  // Names that are numbers come first in a JavaScript object, wherever they were written.
  described.sort((a, b) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]);
  const weights = described.map(({ name, dtype, shape, data_offsets: offsets }) => {
    const [from, to] = [8 + length + offsets[0], 8 + length + offsets[1]];
    const type = entryOf(TYPES, dtype);
    if (!type) throw new Error(`${path}: "${name}" is of type ${dtype}; known are ${Object.keys(TYPES).join(', ')}`);
    // The format requires contiguous values. Otherwise a small file could fill the memory by repeating the same bytes.
    if (offsets[0] !== end) throw new Error(`${path}: "${name}" does not begin where the values before it end`);
    end = offsets[1];
    if (!(to <= bytes.length)) throw new Error(`${path} is cut short`);
    if (shape.reduce((a, b) => a * b, type.bytes) !== to - from)
      throw new Error(`${path}: "${name}" has another size than its shape`);
    const stored = emptyValues(type, (to - from) / type.bytes);
    fillValues(stored, 0, bytes, from, stored.length, type, true);
    return { name, shape, values: stored };
  });
  return { weights: metadata[SCALED.key] === SCALED.value ? withScales(weights) : weights.map(asFloats), metadata };
}

interface Stored {
  name: string;
  shape: number[];
  values: Numbers;
}

const asFloats = ({ name, shape, values }: Stored): SavedWeight => ({
  name,
  shape,
  values: values instanceof Float32Array ? values : Float32Array.from(values),
});

/** Multiplies whole numbers by their scales, and converts other values to floats. */
function withScales(stored: readonly Stored[]): SavedWeight[] {
  const scalesOf = new Map(stored.map(({ name, values }) => [name, values]));
  const used = new Set<string>();
  const weights = stored.map((weight): SavedWeight => {
    const { name, shape, values } = weight;
    const scales = scalesOf.get(`${name}${SCALE}`);
    if (!(values instanceof Int8Array && scales instanceof Float32Array) || values.length % scales.length !== 0) {
      return asFloats(weight);
    }
    used.add(`${name}${SCALE}`);
    const floats = Float32Array.from(values, (q, i) => q * scales[i % scales.length]!);
    return { name, shape, values: floats, integers: { values, scales } };
  });
  return weights.filter(({ name }) => !used.has(name));
}

/** Converts to little-endian bytes; all platforms Node runs on, apart from IBM mainframes, use that order already. */
export function littleEndian(values: Float32Array): Buffer {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? bytes : Buffer.from(bytes).swap32();
}
