/**
 * The lease on a run: a file that is touched as long as its program is supervised. Another host, which can't see the
 * process, sees from the file's age that the run is active.
 */
import { closeSync, constants, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_FILES } from '../../protocol/run/runFiles.js';
import type { LeaseHolder } from '../../protocol/run/runFolder.js';
import { leaseSeconds } from '../machine/beat.js';
import { thisHost } from '../machine/host.js';

export class Lease {
  private readonly path: string;
  private readonly text: string;
  private readonly timer: NodeJS.Timeout;

  constructor(folder: string, launch: number) {
    this.path = join(folder, RUN_FILES.lease);
    const holder: LeaseHolder = { pid: process.pid, launch, host: thisHost() };
    this.text = JSON.stringify(holder);
    this.touch();
    this.timer = setInterval(() => this.touch(), leaseSeconds() * 1000).unref();
  }

  /** Stops renewing it. With `ended` the file is removed, too, unless a later launch has it by now. */
  release(ended: boolean): void {
    clearInterval(this.timer);
    try {
      if (ended && readFileSync(this.path, 'utf8') === this.text) rmSync(this.path, { force: true });
    } catch {
      // It is gone already.
    }
  }

  private touch(): void {
    try {
      const { O_WRONLY, O_CREAT, O_NOFOLLOW } = constants;
      const file = openSync(this.path, O_WRONLY | O_CREAT | (O_NOFOLLOW ?? 0), 0o600);
      try {
        // Written, not just touched: the time is then the file server's own, whatever our clock says.
        writeSync(file, this.text, 0);
      } finally {
        closeSync(file);
      }
    } catch {
      // The disk is full or the folder is gone: retried at the next beat.
    }
  }
}
