/** Reads lines that this person has left in a file of a shared folder, from another host. */
import * as fs from 'node:fs';
import { openReal, sizeReal } from '../../files/real.js';

/** Bytes that one look reads; what is more comes with the next. */
const MOST = 256 * 1024;
/** Write permissions of group and others. */
const OTHERS_WRITE = 0o022;

/** Only a file of this person's own, which nobody else may write, counts. */
export class OwnLines {
  private offset = 0;

  constructor(private readonly path: string) {}

  /** True if nothing was added since the last `read`. */
  get isAtEnd(): boolean {
    return size(this.path) === this.offset;
  }

  /** Returns the whole lines that were added since the last call. Never throws. */
  read(): string[] {
    try {
      const now = size(this.path);
      // It was made anew.
      if (now < this.offset) this.offset = 0;
      return now > this.offset ? this.readFrom() : [];
    } catch {
      // It is gone, or is a link: nothing was asked.
      return [];
    }
  }

  private readFrom(): string[] {
    const file = openReal(this.path);
    let text: string;
    try {
      const { uid, mode } = fs.fstatSync(file);
      const own = process.getuid?.();
      if (own !== undefined && (uid !== own || (mode & OTHERS_WRITE) !== 0)) return [];
      const bytes = Buffer.alloc(MOST);
      text = bytes.toString('latin1', 0, fs.readSync(file, bytes, 0, MOST, this.offset));
    } finally {
      fs.closeSync(file);
    }
    const end = text.lastIndexOf('\n') + 1;
    // A line that is longer than all that is read belongs to nobody.
    this.offset += end === 0 && text.length === MOST ? MOST : end;
    const lines = text.slice(0, end).split('\n').slice(0, -1);
    return lines.map((line) => Buffer.from(line, 'latin1').toString('utf8'));
  }
}

function size(path: string): number {
  try {
    return sizeReal(path) ?? 0;
  } catch {
    return 0;
  }
}
