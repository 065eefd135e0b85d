/** Decides whether the program of a hand-started run still works. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { HAND_FILES, HandLease } from '../../../protocol/run/handStarted.js';
import { openReal } from '../../../files/real.js';
import { isHere } from '../../machine/host.js';
import { LeaseWatch } from '../../machine/leaseWatch.js';
import { isAlive } from '../../supervisor/processes.js';

const MOST_BYTES = 4096;

/** `gone`: its process ended without a word. `none`: the program has closed its run. */
export type Standing = 'here' | 'elsewhere' | 'gone' | 'none';

export class LeaseReader {
  private readonly file: string;
  private readonly watch: LeaseWatch;
  /** Number of the run's launch for which the lease was last seen. */
  launch = 1;

  constructor(
    folder: string,
    /** Milliseconds on a monotonic clock. */
    now?: () => number,
  ) {
    this.file = path.join(folder, HAND_FILES.lease);
    this.watch = new LeaseWatch(this.file, now);
  }

  look(): Standing {
    const found = this.read();
    if (found === null) return 'none';
    const { lease } = found;
    const isStale = this.watch.isStale();
    if (lease === null) return isStale ? 'gone' : 'here';
    this.launch = lease.launch;
    if (isHere(lease.host)) return isAlive(lease.pid, lease.started) ? 'here' : 'gone';
    return isStale ? 'gone' : 'elsewhere';
  }

  /** Null: there is none. A lease that can't be parsed counts, too: it may be half written. */
  private read(): { lease: HandLease | null } | null {
    let descriptor: number;
    try {
      descriptor = openReal(this.file);
    } catch (error) {
      // No free file descriptors, or no permission: that says nothing about the program.
      const gone = ['ENOENT', 'ENOTDIR', 'ENOTREAL'].includes((error as NodeJS.ErrnoException).code ?? '');
      return gone ? null : { lease: null };
    }
    try {
      const bytes = Buffer.alloc(MOST_BYTES);
      const length = fs.readSync(descriptor, bytes, 0, MOST_BYTES, 0);
      return { lease: parse(bytes.toString('utf8', 0, length)) };
    } catch {
      return { lease: null };
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
