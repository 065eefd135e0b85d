/** Decides whether the program of a hand-started run still works. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { HAND_FILES, HandLease } from '../../../protocol/handStarted.js';
import { openReal } from '../../../files/real.js';
import { leaseSeconds, MISSED_BEATS } from '../../machine/beat.js';
import { isHere } from '../../machine/host.js';
import { isAlive } from '../../supervisor/processes.js';

/** A lease that nobody has written for so long is that of a program that is gone. */
const STALE_MS = MISSED_BEATS * leaseSeconds() * 1000;
const MOST_BYTES = 4096;

/** `gone`: its process ended without a word. `none`: the program has closed its run. */
export type Standing = 'here' | 'elsewhere' | 'gone' | 'none';

export class LeaseReader {
  private readonly file: string;
  private written = -1;
  private writtenSince = 0;
  /** Which of the run's launches the lease was last seen for. */
  launch = 1;

  constructor(
    folder: string,
    /** Milliseconds on a clock that nobody sets. */
    private readonly now: () => number = () => performance.now(),
  ) {
    this.file = path.join(folder, HAND_FILES.lease);
  }

  look(): Standing {
    const found = this.read();
    if (found === null) return 'none';
    const { lease, writtenAt } = found;
    if (lease === null) return this.isStale(writtenAt) ? 'gone' : 'here';
    this.launch = lease.launch;
    if (isHere(lease.host)) return isAlive(lease.pid, lease.started) ? 'here' : 'gone';
    return this.isStale(writtenAt) ? 'gone' : 'elsewhere';
  }

  /** Clocks of two hosts differ, so the file's time is compared only with what it was before. */
  private isStale(writtenAt: number): boolean {
    if (writtenAt !== this.written) {
      this.written = writtenAt;
      this.writtenSince = this.now();
    }
    return this.now() - this.writtenSince >= STALE_MS;
  }

  /** Null: there is none. A lease that can't be understood is one all the same: it may be written just now. */
  private read(): { lease: HandLease | null; writtenAt: number } | null {
    let descriptor: number;
    try {
      descriptor = openReal(this.file);
    } catch (error) {
      // Out of file descriptors, or not to be read by us: that says nothing about the program.
      const gone = ['ENOENT', 'ENOTDIR', 'ENOTREAL'].includes((error as NodeJS.ErrnoException).code ?? '');
      return gone ? null : { lease: null, writtenAt: this.written };
    }
    try {
      const { mtimeMs: writtenAt } = fs.fstatSync(descriptor);
      const bytes = Buffer.alloc(MOST_BYTES);
      const length = fs.readSync(descriptor, bytes, 0, MOST_BYTES, 0);
      return { lease: parse(bytes.toString('utf8', 0, length)), writtenAt };
    } catch {
      return { lease: null, writtenAt: this.written };
    } finally {
      fs.closeSync(descriptor);
    }
  }
}

function parse(text: string): HandLease | null {
  try {
    return HandLease.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
