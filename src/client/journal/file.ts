import { closeSync, existsSync, fsync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isFull, say } from '../say.js';

/** Pause between two tries to write while the disk is full. */
const RETRY_MS = 200;
/** Size limit in bytes of the records kept in memory while the disk is full. Records beyond it are lost, with a message. */
const MAX_PENDING = 64 << 20;
/** A process that ends waits this long for a journal that fails for another reason than a full disk. */
const GIVE_UP_MS = 5000;

/** How a time without room ended. */
export interface Outage {
  /** Why nothing could be written. */
  reason: string;
  /** Duration in seconds. */
  seconds: number;
  /** Records that waited in memory and are written now. */
  waited: number;
  lost: number;
}

export interface JournalOptions {
  /**
   * Milliseconds after which an appended record is forced to the disk itself, which a power cut does not take away; 0:
   * when the operating system likes.
   */
  syncMs?: number;
  /** Everything that waited is written. */
  onRoom?: (outage: Outage) => void;
}

/**
 * The append-only journal of this process. When `append` returns, the record is with the operating system and survives
 * the end of the process. A full disk never stops the training: records wait in memory and are written as soon as there
 * is room.
 */
export class JournalFile {
  /** Bytes in the file that belong to whole records. */
  offset = 0;
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private outage: (Omit<Outage, 'seconds'> & { since: number }) | null = null;
  private nextTry = 0;
  private retrying: NodeJS.Timeout | null = null;
  private syncing: NodeJS.Timeout | null = null;
  private dirtySince = 0;
  private readonly syncMs: number;

  private constructor(
    readonly name: string,
    private readonly fd: number,
    private readonly options: JournalOptions,
  ) {
    this.syncMs = options.syncMs ?? 0;
  }

  /** Makes `<name>.ndjson`, or `<name>-2.ndjson` … when a process with the same pid has been here before. */
  static create(folder: string, name: string, options: JournalOptions = {}): JournalFile {
    mkdirSync(folder, { recursive: true });
    for (let turn = 1; ; turn++) {
      const file = `${name}${turn === 1 ? '' : `-${turn}`}.ndjson`;
      // A packed journal has its name still.
      if (existsSync(join(folder, `${file}.packed`))) continue;
      try {
        return new JournalFile(file, openSync(join(folder, file), 'ax', 0o600), options);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || turn > 1000) throw error;
      }
    }
  }

  /**
   * Appends one line. Returns its offset in the file, or -1 if it had to wait in memory: then the file has to be read.
   */
  append(line: string): number {
    const length = Buffer.byteLength(line);
    if (this.pendingBytes > 0) {
      this.keep(Buffer.from(line), true);
      this.retry();
      return -1;
    }
    let written = 0;
    try {
      written = writeSync(this.fd, line);
      if (written < length) written += this.writeRest(Buffer.from(line).subarray(written));
    } catch (error) {
      this.failed((error as Error).message);
    }
    this.offset += written;
    if (written < length) {
      this.keep(Buffer.from(line).subarray(written), written === 0);
      return -1;
    }
    if (this.syncMs > 0) this.dirty();
    return this.offset - length;
  }

  /** Writes waiting records. Returns true when none waits any more. */
  retry(force = false): boolean {
    if (this.pendingBytes === 0) return true;
    if (!force && performance.now() < this.nextTry) return false;
    return this.writePending() === null;
  }

  /**
   * Waits until everything is written, for a process that ends: blocks without limit while the disk is full. Killing
   * the process loses the waiting records.
   */
  drain(): void {
    const until = performance.now() + GIVE_UP_MS;
    const cell = new Int32Array(new SharedArrayBuffer(4));
    for (let told = false; this.pendingBytes > 0;) {
      const error = this.writePending();
      if (error === null) return;
      if (!isFull(error) && performance.now() > until)
        return say(`gives up ${this.outage?.waited ?? 0} records that can't be written (${(error as Error).message}).`);
      if (!told) say(`this program has ended and waits for room on the disk to write its last records.`);
      told = true;
      Atomics.wait(cell, 0, 0, RETRY_MS);
    }
  }

  /** Nothing more comes. To be called once everything is written. */
  close(): void {
    if (this.syncing !== null) clearTimeout(this.syncing);
    if (this.retrying !== null) clearTimeout(this.retrying);
    try {
      closeSync(this.fd);
    } catch {
      // The system has it all.
    }
  }

  /** Forces what was appended to the disk, in the background. */
  sync(): void {
    if (this.syncing !== null) clearTimeout(this.syncing);
    this.syncing = null;
    // A disk that can't do this says nothing that helps anyone.
    fsync(this.fd, () => undefined);
  }

  /**
   * Handles a write that took only a part of a line, as on a disk that fills up. Returns the number of bytes written.
   */
  private writeRest(rest: Buffer): number {
    let written = 0;
    try {
      while (written < rest.length) written += writeSync(this.fd, rest, written);
    } catch (error) {
      this.failed((error as Error).message);
    }
    return written;
  }

  private writePending(): unknown {
    try {
      while (this.pending.length > 0) {
        const first = this.pending[0]!;
        const written = writeSync(this.fd, first, 0, first.length, null);
        this.offset += written;
        this.pendingBytes -= written;
        if (written === first.length) this.pending.shift();
        else this.pending[0] = first.subarray(written);
      }
    } catch (error) {
      this.failed((error as Error).message);
      return error;
    }
    this.recovered();
    return null;
  }

  private failed(reason: string): void {
    this.nextTry = performance.now() + RETRY_MS;
    // A program that stops logging for a while must not hold back its last records.
    this.retrying ??= setTimeout(() => {
      this.retrying = null;
      this.retry(true);
    }, RETRY_MS).unref();
    if (this.outage !== null) return;
    this.outage = { reason, since: performance.now(), waited: 0, lost: 0 };
    say(`this run can't write its journal (${reason}); records wait in memory until it can.`);
  }

  private recovered(): void {
    const { outage } = this;
    if (outage === null) return;
    this.outage = null;
    if (this.syncMs > 0) this.dirty();
    const { since, ...rest } = outage;
    const seconds = (performance.now() - since) / 1000;
    say(
      `the journal can be written again; ${rest.waited} records had waited${rest.lost ? `, ${rest.lost} are lost` : ''}.`,
    );
    this.options.onRoom?.({ ...rest, seconds });
  }

  private keep(bytes: Buffer, whole: boolean): void {
    const outage = this.outage!;
    if (whole && this.pendingBytes + bytes.length > MAX_PENDING) {
      if (outage.lost++ === 0) say('this run is losing records: the disk has been full for too long.');
      return;
    }
    outage.waited++;
    this.pending.push(bytes);
    this.pendingBytes += bytes.length;
  }

  /** Something was appended that a power cut could take. */
  private dirty(): void {
    if (this.syncing === null) {
      this.dirtySince = performance.now();
      this.syncing = setTimeout(() => this.sync(), this.syncMs).unref();
    } else if (performance.now() - this.dirtySince > 2 * this.syncMs) {
      // The program keeps the timer from firing: between two steps, it never yields the thread.
      this.sync();
    }
  }
}
