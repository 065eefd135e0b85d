/** NumPy archive of the weights by name, plus `metadata`, a text that explains how to use them. */
import type { SavedWeight } from '../checkpoints/checkpoint.js';
import { littleEndian } from '../checkpoints/checkpoint.js';
import { zip } from './zip.js';

export function npz(weights: readonly SavedWeight[], metadata: string): Promise<Buffer> {
  const text = [...metadata];
  const codes = Buffer.alloc(4 * text.length);
  text.forEach((character, i) => codes.writeUInt32LE(character.codePointAt(0)!, 4 * i));
  return zip([
    ...weights.map(({ name, shape, values }) => ({
      name: `${name}.npy`,
      bytes: npy('<f4', shape, littleEndian(values)),
    })),
    { name: 'metadata.npy', bytes: npy(`<U${text.length}`, [], codes) },
  ]);
}

/** Encodes an array (NEP 1, version 1.0); the header is padded so that values begin at a multiple of 64. */
export function npy(type: string, shape: readonly number[], values: Uint8Array): Buffer {
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${dims}), }`;
  const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10;
  const start = Buffer.alloc(10);
  start.write('\x93NUMPY\x01\x00', 0, 'latin1');
  start.writeUInt16LE(length, 8);
  return Buffer.concat([start, Buffer.from(`${header.padEnd(length - 1)}\n`, 'latin1'), values]);
}
