/** Builders for files in the formats of data sets. */
import { crc32, deflateRawSync } from 'node:zlib';

export function idx(type: number, shape: number[], body: number[] | Buffer): Buffer {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.set([0, 0, type, shape.length]);
  shape.forEach((length, i) => head.writeUInt32BE(length, 4 + 4 * i));
  return Buffer.concat([head, Buffer.from(body)]);
}

export function npy(
  descr: string,
  shape: string,
  body: Buffer,
  options: { version?: number; fortran?: boolean } = {},
): Buffer {
  const { version = 1, fortran = false } = options;
  const dict = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape}), }\n`;
  const size = version === 1 ? Buffer.alloc(2) : Buffer.alloc(4);
  if (version === 1) size.writeUInt16LE(dict.length);
  else size.writeUInt32LE(dict.length);
  return Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.from([version, 0]), size, Buffer.from(dict), body]);
}

/** Names are in UTF-8. */
const UTF8 = 0x800;

/** Builds a ZIP archive. `lie` falsifies an entry in its directory: the unpacked size, the method, flags. */
export function zip(
  files: Record<string, Buffer>,
  {
    packed = false,
    lie = {},
  }: { packed?: boolean; lie?: { size?: number; method?: number; flags?: number; sum?: number } } = {},
): Buffer {
  const parts: Buffer[] = [];
  const list: Buffer[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const body = packed ? deflateRawSync(content) : content;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(lie.flags ?? UTF8, 2);
    common.writeUInt16LE(lie.method ?? (packed ? 8 : 0), 4);
    common.writeUInt32LE(lie.sum ?? crc32(content), 10);
    common.writeUInt32LE(body.length, 14);
    common.writeUInt32LE(lie.size ?? content.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), body]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    list.push(Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), common, place, Buffer.from(name));
    parts.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(list);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(files).length, 4);
  end.writeUInt16LE(Object.keys(files).length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, directory, Buffer.from('PK\x05\x06'), end]);
}
