/**
 * Writes HDF5 files of groups and 32-bit arrays, the format of Keras weights: superblock version 2, object headers
 * version 2, groups with compact links, contiguous data (HDF5 File Format Specification 3.0, sections II and IV). Every
 * HDF5 reader since 1.8 supports them.
 */
import { littleEndian } from '../checkpoints/checkpoint.js';

export interface Hdf5Array {
  shape: readonly number[];
  values: Float32Array;
}
export type Hdf5Group = Map<string, Hdf5Group | Hdf5Array>;

const UNDEFINED = 0xffffffffffffffffn;
const SUPERBLOCK_BYTES = 48;

const MESSAGE = { dataspace: 1, linkInfo: 2, datatype: 3, fill: 5, link: 6, layout: 8, groupInfo: 10 } as const;
/** IEEE 754 float, 32 bits, little-endian, as the specification encodes it (section IV.A.2.d). */
const FLOAT32 = [0x11, 0x20, 0x1f, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0];
/** Late allocation; a fill value is written only if it is set, and none is. */
const NO_FILL = [3, 0x0a];

/** Puts an array at a path such as `layers/dense/vars/0`, and creates the groups on the way. */
export function put(root: Hdf5Group, path: string, array: Hdf5Array): void {
  const names = path.split('/');
  let group = root;
  for (const name of names.slice(0, -1)) {
    let next = group.get(name);
    if (!(next instanceof Map)) group.set(name, (next = new Map()));
    group = next;
  }
  group.set(names.at(-1)!, array);
}

export function hdf5(root: Hdf5Group): Buffer {
  const parts: Buffer[] = [];
  let at = SUPERBLOCK_BYTES;
  const append = (bytes: Buffer): bigint => {
    const address = at;
    // Blocks are aligned to 8 bytes.
    const padded = Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
    parts.push(padded);
    at += padded.length;
    return BigInt(address);
  };
  const write = (item: Hdf5Group | Hdf5Array): bigint => {
    if (!(item instanceof Map)) {
      const data = littleEndian(item.values);
      return append(arrayHeader(item.shape, data.length === 0 ? UNDEFINED : append(data), data.length));
    }
    const links = [...item].map(([name, inner]): [string, bigint] => [name, write(inner)]);
    return append(groupHeader(links));
  };
  const address = write(root);

  const superblock = Buffer.alloc(SUPERBLOCK_BYTES);
  superblock.write('\x89HDF\r\n\x1a\n\x02\x08\x08\x00', 0, 'latin1');
  superblock.writeBigUInt64LE(0n, 12);
  superblock.writeBigUInt64LE(UNDEFINED, 20);
  superblock.writeBigUInt64LE(BigInt(at), 28);
  superblock.writeBigUInt64LE(address, 36);
  superblock.writeUInt32LE(lookup3(superblock.subarray(0, 44)), 44);
  return Buffer.concat([superblock, ...parts]);
}

function groupHeader(links: readonly [name: string, address: bigint][]): Buffer {
  return objectHeader([
    // There is neither a heap nor an index, because the links are in this header.
    [MESSAGE.linkInfo, Buffer.concat([Buffer.from([0, 0]), u64(UNDEFINED), u64(UNDEFINED)])],
    [MESSAGE.groupInfo, Buffer.from([0, 0])],
    ...links.map(([name, address]): [number, Buffer] => {
      const text = Buffer.from(name, 'ascii');
      return [MESSAGE.link, Buffer.concat([Buffer.from([1, 0, text.length]), text, u64(address)])];
    }),
  ]);
}

function arrayHeader(shape: readonly number[], address: bigint, bytes: number): Buffer {
  const dimensions = shape.map((length) => u64(BigInt(length)));
  return objectHeader([
    [MESSAGE.dataspace, Buffer.concat([Buffer.from([2, shape.length, 0, shape.length > 0 ? 1 : 0]), ...dimensions])],
    [MESSAGE.datatype, Buffer.from(FLOAT32)],
    [MESSAGE.fill, Buffer.from(NO_FILL)],
    [MESSAGE.layout, Buffer.concat([Buffer.from([3, 1]), u64(address), u64(BigInt(bytes))])],
  ]);
}

/** Encodes an object header (section IV.A.1.b) with a 4-byte message size. */
function objectHeader(messages: readonly [type: number, data: Buffer][]): Buffer {
  const body = Buffer.concat(
    messages.flatMap(([type, data]) => [Buffer.from([type, data.length & 255, data.length >> 8, 0]), data]),
  );
  const start = Buffer.alloc(10);
  start.write('OHDR\x02\x02', 0, 'latin1');
  start.writeUInt32LE(body.length, 6);
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(lookup3(Buffer.concat([start, body])));
  return Buffer.concat([start, body, sum]);
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

/** Bob Jenkins's hash ("lookup3.c", 2006), the checksum HDF5 uses. */
export function lookup3(bytes: Buffer): number {
  const turn = (value: number, by: number): number => (value << by) | (value >>> (32 - by));
  let a = (0xdeadbeef + bytes.length) | 0;
  let b = a;
  let c = a;
  const word = (from: number): number => {
    let value = 0;
    for (let i = 0; i < 4; i++) value |= (bytes[from + i] ?? 0) << (8 * i);
    return value;
  };
  let from = 0;
  for (; bytes.length - from > 12; from += 12) {
    a = (a + word(from)) | 0;
    b = (b + word(from + 4)) | 0;
    c = (c + word(from + 8)) | 0;
    a = ((a - c) ^ turn(c, 4)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ turn(a, 6)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ turn(b, 8)) | 0;
    b = (b + a) | 0;
    a = ((a - c) ^ turn(c, 16)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ turn(a, 19)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ turn(b, 4)) | 0;
    b = (b + a) | 0;
  }
  if (from === bytes.length) return c >>> 0;
  a = (a + word(from)) | 0;
  b = (b + word(from + 4)) | 0;
  c = (c + word(from + 8)) | 0;
  c = ((c ^ b) - turn(b, 14)) | 0;
  a = ((a ^ c) - turn(c, 11)) | 0;
  b = ((b ^ a) - turn(a, 25)) | 0;
  c = ((c ^ b) - turn(b, 16)) | 0;
  a = ((a ^ c) - turn(c, 4)) | 0;
  b = ((b ^ a) - turn(a, 14)) | 0;
  c = ((c ^ b) - turn(b, 24)) | 0;
  return c >>> 0;
}
