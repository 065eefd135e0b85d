import { mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Pause between two tries to write while the disk is full. */
const RETRY_MS = 200;
/** What is kept in memory while the disk is full; more is lost, and said. */
const MAX_PENDING = 64 << 20;

/**
 * The append-only journal of this process. `append` has handed the record to the operating system when it
 * returns, so it outlives the process whatever ends it. A full disk never stops the training: records wait in
 * memory and are written as soon as there is room.
 */
export class JournalFile {
  /** Bytes in the file that belong to whole records. */
  offset = 0;
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private lost = 0;
  private nextTry = 0;

  private constructor(
    readonly name: string,
    private readonly fd: number,
  ) {}

  /** Makes `<name>.ndjson`, or `<name>-2.ndjson` … when a process with the same pid has been here before. */
  static create(folder: string, name: string): JournalFile {
    mkdirSync(folder, { recursive: true });
    for (let turn = 1; ; turn++) {
      const file = `${name}${turn === 1 ? '' : `-${turn}`}.ndjson`;
      try {
        return new JournalFile(file, openSync(join(folder, file), 'ax', 0o600));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || turn > 1000) throw error;
      }
    }
  }

  /** Appends one line. Its offset in the file, or -1 when it has to wait in memory. */
  append(line: string): number {
    const length = Buffer.byteLength(line);
    let written = 0;
    if (this.pendingBytes === 0) {
      try {
        written = writeSync(this.fd, line);
        this.offset += written;
      } catch {
        // Tried again, and told, below.
      }
      if (written === length) return this.offset - length;
    }
    this.keep(Buffer.from(line).subarray(written), written === 0);
    return this.retry() ? this.offset - length : -1;
  }

  /** Writes what waits. True when nothing waits any more. */
  retry(force = false): boolean {
    if (this.pendingBytes === 0) return true;
    const now = Date.now();
    if (!force && now < this.nextTry) return false;
    try {
      while (this.pending.length > 0) {
        const first = this.pending[0]!;
        const written = writeSync(this.fd, first, 0, first.length, null);
        this.offset += written;
        this.pendingBytes -= written;
        if (written === first.length) this.pending.shift();
        else this.pending[0] = first.subarray(written);
      }
      return true;
    } catch (error) {
      this.nextTry = now + RETRY_MS;
      this.say(`can't write its journal (${(error as Error).message}); records wait in memory`);
      return false;
    }
  }

  private keep(bytes: Buffer, whole: boolean): void {
    if (whole && this.pendingBytes + bytes.length > MAX_PENDING) {
      if (this.lost++ === 0) this.say('is losing records: the disk is full for too long');
      return;
    }
    this.pending.push(bytes);
    this.pendingBytes += bytes.length;
  }

  private said = '';
  private say(text: string): void {
    if (this.said === text) return;
    this.said = text;
    process.stderr.write(`tunesmith: this run ${text}.\n`);
  }
}
