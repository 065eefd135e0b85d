/** Pieces of a file that may be growing, shrinking or something else than it was. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { openReal } from '../files/real.js';

/** Bytes at each end of a file by which its content is told from another. */
const END = 16 * 1024;

export class FileBytes {
  private constructor(
    private readonly descriptor: number,
    /** Bytes when it was opened. */
    readonly size: number,
  ) {}

  /** Throws NotRealError for anything but a plain file, or the system's error. The caller must close it. */
  static open(file: string): FileBytes {
    const descriptor = openReal(file);
    return new FileBytes(descriptor, fs.fstatSync(descriptor).size);
  }

  /** Up to `length` bytes from `offset`; fewer at the file's end. */
  read(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.size - offset)));
    let filled = 0;
    while (filled < bytes.length) {
      const read = fs.readSync(this.descriptor, bytes, filled, bytes.length - filled, offset + filled);
      if (read === 0) break;
      filled += read;
    }
    return bytes.subarray(0, filled);
  }

  /**
   * Returns a text that differs for another file at the same path, and for other content: also if that has the same size and
   * was written within one tick of the file system's clock.
   */
  identity(): string {
    const { dev, ino, size, mtimeNs, ctimeNs } = fs.fstatSync(this.descriptor, { bigint: true });
    const ends = createHash('sha256')
      .update(this.read(0, END))
      .update(this.read(Math.max(0, this.size - END), END));
    return [dev, ino, size, mtimeNs, ctimeNs, ends.digest('hex')].join(' ');
  }

  close(): void {
    fs.closeSync(this.descriptor);
  }
}

/** Whole text of a small file. Throws RangeError when it has more than `limit` bytes, and as `FileBytes.open` does. */
export function readSmall(file: string, limit = 4 * 2 ** 20): string {
  const bytes = FileBytes.open(file);
  try {
    if (bytes.size > limit) throw new RangeError(`${file} has ${bytes.size} bytes; at most ${limit} are read`);
    return bytes.read(0, limit).toString('utf8');
  } finally {
    bytes.close();
  }
}

/** The absolute path of a file that a log names; null when it is not in the folder, or a link leads out of it. */
export function insideOf(folder: string, name: string): string | null {
  try {
    const file = path.resolve(folder, name);
    const real = fs.realpathSync(path.dirname(file));
    const root = fs.realpathSync(folder);
    return real === root || real.startsWith(root + path.sep) ? path.join(real, path.basename(file)) : null;
  } catch {
    return null;
  }
}
