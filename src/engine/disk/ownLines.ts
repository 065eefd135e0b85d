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
  /** The file that was read last: one that was removed and written again is read from its start. */
  private inode: bigint | null = null;

  constructor(private readonly path: string) {}

  /** True if nothing was added since the last `read`. */
  get isAtEnd(): boolean {
    return size(this.path) === this.offset;
  }

  /** Returns the whole lines that were added since the last call. Never throws. */
  read(): string[] {
    // Mostly there is no file, and many are looked for each second.
    if (size(this.path) === 0) return [];
    try {
      return this.readFrom();
    } catch {
      // It is gone, or is a link: nothing was asked.
      return [];
    }
  }

  private readFrom(): string[] {
    const file = openReal(this.path);
    let text: string;
    try {
      const { uid, mode, ino, size: now } = fs.fstatSync(file, { bigint: true });
      if (ino !== this.inode || now < this.offset) this.offset = 0;
      this.inode = ino;
      const own = process.getuid?.();
      if (own !== undefined && (Number(uid) !== own || (Number(mode) & OTHERS_WRITE) !== 0)) return [];
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
