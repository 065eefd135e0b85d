/**
 * Watches whether another host still renews a lease. Clocks of two hosts differ, so the lease's time is
 * not compared with ours: a lease is stale when we have seen it unchanged for minutes.
 */
import { statReal } from '../../files/real.js';
import { leaseSeconds, MISSED_BEATS } from './beat.js';

/** A lease that looks older than this many beats only has to be seen unchanged for a few: no clock is that wrong. */
const LONG_AGO = 360;
const FEW = 3;

export class LeaseWatch {
  private mtime: number | null | undefined;
  private since: number;

  constructor(
    private readonly file: string,
    /** Milliseconds on a monotonic clock. */
    private readonly now = (): number => performance.now(),
    private readonly wall = (): number => Date.now(),
    private readonly beat = leaseSeconds() * 1000,
  ) {
    this.since = now();
  }

  /** Something other than the lease shows that the run is active. */
  alive(): void {
    this.since = this.now();
  }

  /** Returns whether the lease is stale. Call it every few seconds. */
  isStale(): boolean {
    const mtime = this.read();
    if (mtime !== this.mtime) {
      if (this.mtime !== undefined) this.since = this.now();
      this.mtime = mtime;
    }
    const unchanged = this.now() - this.since;
    if (unchanged >= MISSED_BEATS * this.beat) return true;
    return mtime !== null && this.wall() - mtime >= LONG_AGO * this.beat && unchanged >= FEW * this.beat;
  }

  private read(): number | null {
    try {
      return statReal(this.file)?.mtimeMs ?? null;
    } catch {
      return null;
    }
  }
}
