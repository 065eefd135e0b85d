import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface SavedWeight {
  name: string;
  shape: number[];
  values: Float32Array;
}

/**
 * Saves weights in the safetensors format: length of the header (8 bytes, little-endian), header in JSON, values.
 * Nothing in it can be executed, and every framework reads it. The file is there whole or not at all.
 */
export async function saveWeights(
  path: string,
  weights: SavedWeight[],
  metadata: Record<string, string>,
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const { name, shape, values } of weights) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const text = Buffer.from(JSON.stringify(header), 'utf8');
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(Buffer.concat([length, padded, ...weights.map(({ values }) => littleEndian(values))]));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Every platform that Node runs on today but IBM's mainframes is little-endian already. */
function littleEndian(values: Float32Array): Buffer {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? bytes : Buffer.from(bytes).swap32();
}
