/** Protocol Buffers' wire format, as far as writing a message needs it (protobuf.dev, "Encoding"). */

export type Field = Buffer;

const VARINT = 0;
const LENGTH = 2;
const FIXED32 = 5;

/** Encodes an integer; negative values as 64-bit two's complement. */
export function varint(value: number | bigint): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

const key = (field: number, type: number): Buffer => varint(field * 8 + type);

export const int = (field: number, value: number | bigint): Field => Buffer.concat([key(field, VARINT), varint(value)]);

export function float(field: number, value: number): Field {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(field, FIXED32), bytes]);
}

/** Encodes bytes, a string, or a nested message. */
export function bytes(field: number, value: Uint8Array | string): Field {
  const data = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  return Buffer.concat([key(field, LENGTH), varint(data.length), data]);
}

export const message = (...fields: readonly Field[]): Buffer => Buffer.concat(fields);
