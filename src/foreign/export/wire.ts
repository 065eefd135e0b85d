/** Writes Protocol Buffers' wire format and TFRecord frames. */
import { crc32c, mask } from '../crc32c.js';

function varint(value: number): Buffer {
  let left = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (left > 127n) {
    bytes.push(Number(left & 127n) | 128);
    left >>= 7n;
  }
  return Buffer.from([...bytes, Number(left)]);
}

const key = (number: number, wire: number): Buffer => varint(number * 8 + wire);

/** An integer field; `value` must be a safe integer. */
export const int = (number: number, value: number): Buffer => Buffer.concat([key(number, 0), varint(value)]);

export function double(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([key(number, 1), bytes]);
}

export function float(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(number, 5), bytes]);
}

/** A text, bytes, or a message given by its fields. */
export function field(number: number, value: string | Buffer | readonly Buffer[]): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.isBuffer(value) ? value : Buffer.concat(value);
  return Buffer.concat([key(number, 2), varint(bytes.length), bytes]);
}

/** A record as TFRecord files have it. */
export function frame(data: Buffer): Buffer {
  const bytes = Buffer.alloc(data.length + 16);
  bytes.writeBigUInt64LE(BigInt(data.length));
  bytes.writeUInt32LE(mask(crc32c(bytes, 0, 8)), 8);
  data.copy(bytes, 12);
  bytes.writeUInt32LE(mask(crc32c(data)), data.length + 12);
  return bytes;
}
