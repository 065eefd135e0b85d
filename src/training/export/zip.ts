/**
 * ZIP archives with uncompressed entries (PKWARE's APPNOTE 6.3.10, sections 4.3 to 4.5), the container of NumPy's NPZ
 * and Keras files.
 */
import { TrainingError } from '../errors.js';

export interface ZipEntry {
  name: string;
  bytes: Uint8Array;
}

/** Size limit of the original ZIP format, without its 64-bit extension. */
const MOST_BYTES = 0xffffffff;
const MOST_ENTRIES = 0xffff;
/** Fixed time, 1 January 1980, 0:00, so that the same files give the same bytes. */
const NO_TIME = { time: 0, date: 0x21 };
const UTF8_NAMES = 0x0800;

export function zip(entries: readonly ZipEntry[]): Buffer {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, bytes } of entries) {
    const path = Buffer.from(name, 'utf8');
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(UTF8_NAMES, 2);
    common.writeUInt16LE(0, 4);
    common.writeUInt16LE(NO_TIME.time, 6);
    common.writeUInt16LE(NO_TIME.date, 8);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(path.length, 22);
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), common, path, bytes);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, tail, path);
    offset += 30 + path.length + bytes.length;
    if (offset > MOST_BYTES || entries.length > MOST_ENTRIES) {
      throw new TrainingError('the network is too large for this format (4 GB): export it as safetensors');
    }
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

/** CRC-32 of ISO 3309, the checksum of ZIP entries. */
function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) sum = TABLE[(sum ^ bytes[i]!) & 255]! ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}
