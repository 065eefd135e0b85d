/**
 * A packed journal: `<name>.ndjson.packed` next to where `<name>.ndjson` was.
 *
 *   magic · blocks · index · footer                                    (little-endian)
 *
 * Each block is a byte (0: bytes, 1: columns, see columns.ts) and a deflate stream. The index has for each block three u32: its
 * bytes in this file, its bytes in the journal, and the CRC-32 of those. Footer: u32 blocks, u32 CRC-32 of the index, f64 bytes of
 * the journal, magic. So any place of the journal is found without unpacking what is before it, and a file that is cut off
 * is recognized. Folders come from anywhere: no size is trusted before it was checked.
 */
import { readSync } from 'node:fs';
import { promisify } from 'node:util';
import { crc32, deflateRaw, inflateRawSync } from 'node:zlib';
import { fromColumns, toColumns } from './columns.js';

export const PACKED = '.packed';
/** "TSJ", its version, and bytes that a change of line ends would damage. */
const MAGIC = Buffer.from([0x54, 0x53, 0x4a, 0x01, 0x0d, 0x0a, 0x1a, 0x0a]);
const ENTRY = 12;
const FOOTER = 24;
/** Bytes of the journal in one block when packing: they are encoded in a few milliseconds. */
export const BLOCK = 2 ** 17;
/** Limits when reading. */
const MOST_IN_BLOCK = 2 ** 20;
const MOST_BLOCKS = 2 ** 22;

export class PackedJournalError extends Error {
  override name = 'PackedJournalError';
}

interface Entry {
  /** Place and length in the file. */
  at: number;
  length: number;
  /** Place and length in the journal. */
  from: number;
  plain: number;
  crc: number;
}

/** Reads a packed journal by offsets of the journal. */
export class PackedJournal {
  readonly size: number;
  private readonly entries: Entry[] = [];
  private last: { entry: Entry; bytes: Buffer } | null = null;

  /** Throws `PackedJournalError` if the file is not whole. */
  constructor(
    private readonly fd: number,
    fileSize: number,
  ) {
    const fail = (): never => {
      throw new PackedJournalError('It is not a whole packed journal.');
    };
    if (fileSize < MAGIC.length + FOOTER || !readExactly(fd, 0, MAGIC.length).equals(MAGIC)) fail();
    const footer = readExactly(fd, fileSize - FOOTER, FOOTER);
    const count = footer.readUInt32LE(0);
    const start = fileSize - FOOTER - count * ENTRY;
    if (!footer.subarray(16).equals(MAGIC) || count > MOST_BLOCKS || start < MAGIC.length) fail();
    const index = readExactly(fd, start, count * ENTRY);
    if (crc32(index) !== footer.readUInt32LE(4)) fail();
    let at = MAGIC.length;
    let from = 0;
    for (let i = 0; i < count; i++) {
      const [length, plain] = [index.readUInt32LE(i * ENTRY), index.readUInt32LE(i * ENTRY + 4)];
      if (plain === 0 || plain > MOST_IN_BLOCK || length < 2 || length > 2 * MOST_IN_BLOCK) fail();
      this.entries.push({ at, length, from, plain, crc: index.readUInt32LE(i * ENTRY + 8) });
      at += length;
      from += plain;
    }
    if (at !== start || from !== footer.readDoubleLE(8)) fail();
    this.size = from;
  }

  /** Returns bytes of the journal, fewer where it ends before. A block that is damaged is read as NUL bytes: nothing else is lost. */
  read(offset: number, length: number): Buffer {
    const end = Math.min(this.size, offset + length);
    if (offset >= end) return Buffer.alloc(0);
    const parts: Buffer[] = [];
    for (let i = this.find(offset); i < this.entries.length && this.entries[i]!.from < end; i++) {
      const entry = this.entries[i]!;
      const bytes = this.block(entry) ?? Buffer.alloc(entry.plain);
      parts.push(bytes.subarray(Math.max(0, offset - entry.from), end - entry.from));
    }
    return Buffer.concat(parts);
  }

  /** Returns whether what stands at this place can't be read, so that `read` gives NUL bytes. */
  isDamaged(offset: number): boolean {
    return offset < this.size && this.block(this.entries[this.find(offset)]!) === null;
  }

  /** Yields the journal's blocks one after the other, with their lengths in it; the bytes of a damaged one are null. */
  *blocks(): Generator<{ bytes: Buffer | null; length: number }> {
    for (const entry of this.entries) yield { bytes: this.block(entry), length: entry.plain };
  }

  private block(entry: Entry): Buffer | null {
    if (this.last?.entry === entry) return this.last.bytes;
    const bytes = unpackBlock(readExactly(this.fd, entry.at, entry.length), entry.plain);
    if (!bytes || crc32(bytes) !== entry.crc) return null;
    this.last = { entry, bytes };
    return bytes;
  }

  /** The block with this offset. */
  private find(offset: number): number {
    let [low, high] = [0, this.entries.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.entries[middle]!.from <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

const deflate = promisify<Buffer, object, Buffer>(deflateRaw);

/** Builds a packed journal. Its parts are written one after the other. */
export class Packing {
  private readonly index: Buffer[] = [];
  private total = 0;

  readonly head = MAGIC;

  /** Packs at most `BLOCK` bytes. */
  async block(plain: Buffer): Promise<Buffer> {
    const columns = asColumns(plain);
    const deflated = await deflate(columns ?? plain, { level: 9 });
    const entry = Buffer.alloc(ENTRY);
    entry.writeUInt32LE(deflated.length + 1, 0);
    entry.writeUInt32LE(plain.length, 4);
    entry.writeUInt32LE(crc32(plain), 8);
    this.index.push(entry);
    this.total += plain.length;
    return Buffer.concat([Buffer.from([columns ? 1 : 0]), deflated]);
  }

  end(): Buffer {
    const index = Buffer.concat(this.index);
    const footer = Buffer.alloc(FOOTER);
    footer.writeUInt32LE(this.index.length, 0);
    footer.writeUInt32LE(crc32(index), 4);
    footer.writeDoubleLE(this.total, 8);
    MAGIC.copy(footer, 16);
    return Buffer.concat([index, footer]);
  }
}

/** Returns the bytes as columns if these give the same bytes again. */
function asColumns(plain: Buffer): Buffer | null {
  const columns = toColumns(plain);
  if (!columns || columns.length >= plain.length) return null;
  try {
    return fromColumns(columns, plain.length).equals(plain) ? columns : null;
  } catch {
    return null;
  }
}

function unpackBlock(block: Buffer, plain: number): Buffer | null {
  try {
    // Columns take less than the lines that they are made of.
    const inflated = inflateRawSync(block.subarray(1), { maxOutputLength: plain });
    const bytes = block[0] === 1 ? fromColumns(inflated, plain) : inflated;
    return bytes.length === plain && block[0]! <= 1 ? bytes : null;
  } catch {
    return null;
  }
}

function readExactly(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let filled = 0; filled < length;) {
    const got = readSync(fd, bytes, filled, length - filled, offset + filled);
    if (got === 0) throw new PackedJournalError('It is cut off.');
    filled += got;
  }
  return bytes;
}
