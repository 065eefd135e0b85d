/** NumPy archives: ZIP files of arrays, compressed (`savez_compressed`) or not (`savez`). */
import { Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import * as zip from 'yauzl';
import { TrainingError, listOf, saidOf } from '../errors.js';
import type { ArrayFile } from './arrayFile.js';
import { MOST_GROWTH, PartOfBytes, type Bytes } from './bytes.js';
import { sizeText } from './memory.js';
import { LONGEST_HEADER, openNpy } from './npy.js';
import { said } from '../../format/said.js';

export interface Archive {
  /** Names of its arrays. */
  readonly names: readonly string[];
  /**
   * Opens an array but reads only its header. A compressed array is unpacked into memory when its values are first
   * read; all arrays of the archive together use at most `memory` bytes. An uncompressed one is read in place.
   */
  array(name: string, memory: number): Promise<ArrayFile>;
}

const MOST_ENTRIES = 10_000;
const CHUNK = 2 ** 20;

/** Opens an archive. `bytes` must stay open as long as the arrays are read. */
export async function openNpz(bytes: Bytes): Promise<Archive> {
  const file = bytes.name;
  const bad = (error: unknown) => new TrainingError(said('{0}: not a valid NPZ archive: {1}', file, saidOf(error)));
  const entries = new Map<string, zip.Entry>();
  let taken = 0;
  let archive: zip.ZipFile;
  try {
    archive = await zip.fromRandomAccessReaderPromise(new ZipBytes(bytes), bytes.size, { autoClose: false });
    if (archive.entryCount > MOST_ENTRIES) throw new Error(`it has ${archive.entryCount} entries`);
    for await (const entry of archive.eachEntry()) entries.set(entry.fileName.replace(/\.npy$/, ''), entry);
  } catch (error) {
    throw bad(error);
  }

  return {
    names: [...entries.keys()],
    async array(name, memory) {
      const entry = entries.get(name);
      if (!entry) {
        const names = listOf([...entries.keys()]);
        throw new TrainingError(said('{0} holds no array "{1}"; it holds {2}', file, name, names || said('none')));
      }
      const label = `${file}: array "${name}"`;
      if (entry.isEncrypted()) throw new TrainingError(said('{0} is encrypted', label));
      const { compressionMethod: method, uncompressedSize: size } = entry;
      if (method !== STORED && method !== DEFLATED) {
        throw new TrainingError(
          said('{0} is packed by method {1}: save it with numpy.savez_compressed', label, method),
        );
      }
      try {
        const { fileDataStart } = await archive.readLocalFileHeaderPromise(entry, { minimal: true });
        if (method === STORED) return await openNpy(new PartOfBytes(label, bytes, fileDataStart, size));
        if (size > MOST_GROWTH * entry.compressedSize + 64) {
          throw new Error(`${sizeText(entry.compressedSize)} can't hold the ${sizeText(size)} that it says`);
        }
        const packed = new PackedBytes(label, archive, entry);
        // The header reveals errors before anything large is unpacked.
        const opened = await openNpy(packed);
        taken += size;
        if (taken > memory) {
          throw new TrainingError(
            taken > size
              ? said(
                  '{0} takes {1} when unpacked, all arrays together {2}, more than {3}: save the archive with numpy.savez instead of savez_compressed, then it is read from the disk as it is needed; or raise "memory"',
                  ...[label, sizeText(size), sizeText(taken), sizeText(memory)],
                )
              : said(
                  '{0} takes {1} when unpacked, more than {2}: save the archive with numpy.savez instead of savez_compressed, then it is read from the disk as it is needed; or raise "memory"',
                  ...[label, sizeText(size), sizeText(memory)],
                ),
          );
        }
        packed.looking = false;
        return opened;
      } catch (error) {
        throw error instanceof TrainingError
          ? error
          : new TrainingError(said('{0} is damaged: {1}', label, saidOf(error)));
      }
    },
  };
}

const STORED = 0;
const DEFLATED = 8;

/** Bytes of a compressed entry. All of its values are unpacked when the first one is read. */
class PackedBytes implements Bytes {
  /** True while only the header is read. */
  looking = true;
  private head: Promise<Uint8Array> | null = null;
  private all: Promise<Uint8Array> | null = null;

  constructor(
    readonly name: string,
    private readonly archive: zip.ZipFile,
    private readonly entry: zip.Entry,
  ) {}

  get size(): number {
    return this.entry.uncompressedSize;
  }

  async read(at: number, length: number): Promise<Uint8Array> {
    if (this.looking) {
      return (await (this.head ??= begin(this.archive, this.entry))).subarray(at, at + length);
    }
    this.all ??= inflate(this.archive, this.entry).catch((error: unknown) => {
      throw new TrainingError(said('{0} is damaged: {1}', this.name, saidOf(error)));
    });
    return (await this.all).subarray(at, at + length);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Returns the first bytes of an entry. */
async function begin(archive: zip.ZipFile, entry: zip.Entry): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of await archive.openReadStreamPromise(entry)) {
    parts.push(chunk as Uint8Array);
    if ((length += (chunk as Uint8Array).length) >= LONGEST_HEADER) break;
  }
  if (length < Math.min(LONGEST_HEADER, entry.uncompressedSize)) throw new Error('it is cut short');
  return Buffer.concat(parts).subarray(0, LONGEST_HEADER);
}

/** Unpacks an entry, whose size must match the archive's directory. */
export async function inflate(archive: zip.ZipFile, entry: zip.Entry): Promise<Uint8Array> {
  const into = new Uint8Array(entry.uncompressedSize);
  let at = 0;
  for await (const chunk of await archive.openReadStreamPromise(entry)) {
    const part = chunk as Uint8Array;
    if (at + part.length > into.length) throw new Error('it is longer than it says');
    into.set(part, at);
    at += part.length;
  }
  // The oldest releases of Node 20 lack crc32.
  const sum = (zlib as Partial<typeof zlib>).crc32?.(into);
  if (at !== into.length || (sum !== undefined && sum !== entry.crc32)) throw new Error('its checksum differs');
  return into;
}

export class ZipBytes extends zip.RandomAccessReader {
  constructor(private readonly bytes: Bytes) {
    super();
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.bytes.read(position, length).then((part) => {
      buffer.set(part, offset);
      callback(null);
    }, callback);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    const { bytes } = this;
    return Readable.from(
      (async function* () {
        for (let at = start; at < end; at += CHUNK) yield await bytes.read(at, Math.min(CHUNK, end - at));
      })(),
      { objectMode: false },
    );
  }

  /** Does nothing: the caller that opened the bytes closes them. */
  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }
}
