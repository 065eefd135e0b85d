/** Random access to bytes of a file on disk or of memory. */
import { close, open, read, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { constants as zlibConstants, gunzipSync } from 'node:zlib';
import { TrainingError, saidOf } from '../errors.js';
import { sizeText } from './memory.js';
import { said } from '../../format/said.js';

export interface Bytes {
  /** Name as the person wrote it, for messages. */
  readonly name: string;
  readonly size: number;
  /** Returns `length` bytes from `at`, which the caller must not modify. Throws TrainingError when they are missing. */
  read(at: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export class MemoryBytes implements Bytes {
  constructor(
    readonly name: string,
    private readonly bytes: Uint8Array,
  ) {}

  get size(): number {
    return this.bytes.length;
  }

  read(at: number, length: number): Promise<Uint8Array> {
    return Promise.resolve(this.bytes.subarray(at, at + length));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Slice of other bytes, which must outlive it. */
export class PartOfBytes implements Bytes {
  constructor(
    readonly name: string,
    private readonly whole: Bytes,
    private readonly from: number,
    readonly size: number,
  ) {}

  read(at: number, length: number): Promise<Uint8Array> {
    return this.whole.read(this.from + at, length);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const openFile = promisify(open);
const closeFile = promisify(close);

class FileBytes implements Bytes {
  private open = true;

  constructor(
    readonly name: string,
    readonly size: number,
    private readonly descriptor: number,
  ) {}

  read(at: number, length: number): Promise<Uint8Array> {
    const into = new Uint8Array(length);
    return new Promise((resolve, reject) => {
      const more = (done: number): void => {
        if (done === length) return resolve(into);
        read(this.descriptor, into, done, length - done, at + done, (error, count) => {
          if (error) reject(new TrainingError(said("data file {0} can't be read: {1}", this.name, error.message)));
          else if (count === 0)
            reject(new TrainingError(said('{0} ends at byte {1}: it was cut short', this.name, at + done)));
          else more(done + count);
        });
      };
      more(0);
    });
  }

  async close(): Promise<void> {
    if (!this.open) return;
    this.open = false;
    await closeFile(this.descriptor);
  }
}

/** Opens a file that the person named; `file` is relative to `folder`. */
export async function openBytes(folder: string, file: string): Promise<Bytes> {
  const path = resolve(folder, file);
  let found: Stats;
  try {
    found = await stat(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') throw new TrainingError(said('data file {0} does not exist (looked for {1})', file, path));
    throw new TrainingError(said("data file {0} can't be read: {1}", file, saidOf(error)));
  }
  if (found.isDirectory()) throw new TrainingError(said('data file {0} is a folder', file));
  // Opening a pipe would block until somebody writes to it.
  if (!found.isFile())
    throw new TrainingError(said('data file {0} is not a regular file but a device or a pipe', file));
  try {
    return new FileBytes(file, found.size, await openFile(path, 'r'));
  } catch (error) {
    throw new TrainingError(said("data file {0} can't be read: {1}", file, saidOf(error)));
  }
}

/** Compressed bytes that are unpacked to read the header. */
const LOOK = 16 * 2 ** 10;
/** Largest expansion factor of Deflate (RFC 1951: 258 bytes from two bits, and a little more). */
export const MOST_GROWTH = 1032;

/**
 * Returns the unpacked content of a gzip file in memory, and other files unchanged. `sizeByHeader` computes the
 * expected size from the first bytes, so that a file that contains more uses no more memory than that.
 */
export async function unpacked(
  bytes: Bytes,
  memory: number,
  sizeByHeader?: (start: Uint8Array, name: string) => number,
): Promise<Bytes> {
  const start = await bytes.read(0, Math.min(2, bytes.size));
  if (start[0] !== 0x1f || start[1] !== 0x8b) return bytes;
  const { name, size } = bytes;
  let promised = Infinity;
  try {
    if (size > memory) throw tooLarge(name, memory);
    const packed = await bytes.read(0, size);
    let most = Math.min(memory, 2 ** 32);
    if (sizeByHeader) {
      const options = { finishFlush: zlibConstants.Z_SYNC_FLUSH, maxOutputLength: LOOK * MOST_GROWTH };
      promised = sizeByHeader(gunzipSync(packed.subarray(0, LOOK), options), name);
      if (promised > memory) throw tooLarge(name, memory);
      // One extra byte shows that there are too many.
      most = Math.min(most, promised + 1);
    }
    return new MemoryBytes(name, gunzipSync(packed, { maxOutputLength: Math.max(1, most) }));
  } catch (error) {
    if (error instanceof TrainingError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      if (promised >= memory) throw tooLarge(name, memory);
      throw new TrainingError(
        said('{0} unpacks to more than the {1} bytes of which its header speaks', name, promised),
      );
    }
    throw new TrainingError(said('{0}: damaged gzip file ({1}); fetch or make it again', name, saidOf(error)));
  } finally {
    await bytes.close();
  }
}

const tooLarge = (file: string, memory: number) =>
  new TrainingError(
    said(
      '{0} takes more than {1} when unpacked: unpack it first (gunzip), then it is read from the disk as it is needed; or raise "memory"',
      file,
      sizeText(memory),
    ),
  );
