/** NumPy's archives: zip files of arrays, packed (`savez_compressed`) or not (`savez`). */
import { Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import * as zip from 'yauzl';
import { TrainingError, listOf, messageOf } from '../errors.js';
import type { ArrayFile } from './arrayFile.js';
import { MemoryBytes, PartOfBytes, type Bytes } from './bytes.js';
import { sizeText } from './memory.js';
import { openNpy } from './npy.js';

export interface Archive {
  /** One that is packed is unpacked into at most so many bytes of memory; any other is read where it lies. */
  array(name: string, memory: number): Promise<ArrayFile>;
}

const MOST_ENTRIES = 10_000;
const CHUNK = 2 ** 20;

/** `bytes` must stay open as long as the arrays are read. */
export async function openNpz(bytes: Bytes): Promise<Archive> {
  const file = bytes.name;
  const bad = (error: unknown) => new TrainingError(`${file}: no valid NPZ archive: ${messageOf(error)}`);
  const entries = new Map<string, zip.Entry>();
  let archive: zip.ZipFile;
  try {
    archive = await zip.fromRandomAccessReaderPromise(new Reader(bytes), bytes.size, { autoClose: false });
    if (archive.entryCount > MOST_ENTRIES) throw new Error(`it has ${archive.entryCount} entries`);
    for await (const entry of archive.eachEntry()) entries.set(entry.fileName.replace(/\.npy$/, ''), entry);
  } catch (error) {
    throw bad(error);
  }

  return {
    async array(name, memory) {
      const entry = entries.get(name);
      if (!entry) {
        const names = listOf([...entries.keys()]);
        throw new TrainingError(`${file} holds no array "${name}"; it holds ${names || 'none'}`);
      }
      const label = `${file}: array "${name}"`;
      if (entry.isEncrypted()) throw new TrainingError(`${label} is encrypted`);
      const { compressionMethod: method, uncompressedSize: size } = entry;
      if (method !== STORED && method !== DEFLATED) {
        throw new TrainingError(`${label} is packed by method ${method}: save it with numpy.savez_compressed`);
      }
      try {
        const { fileDataStart } = await archive.readLocalFileHeaderPromise(entry, { minimal: true });
        if (method === STORED) return await openNpy(new PartOfBytes(label, bytes, fileDataStart, size));
        if (size > memory) {
          throw new TrainingError(
            `${label} takes ${sizeText(size)} when unpacked, more than ${sizeText(memory)}: save the archive with ` +
              'numpy.savez instead of savez_compressed, then it is read from the disk as it is needed; or raise "memory"',
          );
        }
        return await openNpy(new MemoryBytes(label, await inflate(archive, entry)));
      } catch (error) {
        throw error instanceof TrainingError ? error : new TrainingError(`${label} is damaged: ${messageOf(error)}`);
      }
    },
  };
}

const STORED = 0;
const DEFLATED = 8;

/** As long as the archive's list says; longer and shorter ones are errors. */
async function inflate(archive: zip.ZipFile, entry: zip.Entry): Promise<Uint8Array> {
  const into = new Uint8Array(entry.uncompressedSize);
  let at = 0;
  for await (const chunk of await archive.openReadStreamPromise(entry)) {
    const part = chunk as Uint8Array;
    if (at + part.length > into.length) throw new Error('it is longer than it says');
    into.set(part, at);
    at += part.length;
  }
  // Not in the oldest releases of Node 20.
  const sum = (zlib as Partial<typeof zlib>).crc32?.(into);
  if (at !== into.length || (sum !== undefined && sum !== entry.crc32)) throw new Error('its checksum differs');
  return into;
}

class Reader extends zip.RandomAccessReader {
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

  /** Whoever opened the bytes closes them. */
  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }
}
