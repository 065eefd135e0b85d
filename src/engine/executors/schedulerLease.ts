/**
 * At most one host starts work of a workspace at a time: a file in the shared folder that its holder touches as long as
 * it lives. It is taken when there is something to start or to change and given back when there is not, so hosts that
 * only look never block each other.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { openReal } from '../../files/real.js';
import { HostIdentity } from '../../protocol/run/host.js';
import { leaseSeconds, MISSED_BEATS } from '../machine/beat.js';
import { isHere, thisHost } from '../machine/host.js';
import { LeaseWatch } from '../machine/leaseWatch.js';
import { isAlive, processStartTime } from '../supervisor/processes.js';
import { l10n } from '../../format/l10n.js';
import { formatDuration, formatTime } from '../../format/times.js';

const Holder = z.object({
  host: HostIdentity,
  pid: z.number().int().positive(),
  started: z.string().nullable(),
  /** Milliseconds since the epoch. */
  since: z.number(),
  token: z.string().max(64),
});
export type LeaseHolder = z.infer<typeof Holder>;

/** A larger file is none of ours. */
const LARGEST = 4096;

export class SchedulerLease {
  private ours: LeaseHolder | null = null;
  private beatAt = -Infinity;
  private watch: { token: string; lease: LeaseWatch } | null = null;

  constructor(
    private readonly file: string,
    /** Milliseconds between two signs of life. */
    private readonly beatMs = leaseSeconds() * 1000,
  ) {}

  get isOurs(): boolean {
    return this.ours !== null;
  }

  /** Takes it when it is free, or keeps it. Null when it is ours now, else who has it. Throws when nothing can be written. */
  take(): LeaseHolder | null {
    const holder = this.read();
    if (this.ours && holder?.token === this.ours.token) {
      this.beat();
      return null;
    }
    this.ours = null;
    if (holder && !this.isFree(holder)) return holder;
    // Also a file that holds anything else.
    if (fs.existsSync(this.file) && !this.putAside(holder?.token)) return this.read();
    return this.make() ? null : this.read();
  }

  /** Returns the other holder; null if there is none. Writes nothing. */
  other(): LeaseHolder | null {
    const holder = this.read();
    return holder && holder.token !== this.ours?.token && !this.isFree(holder) ? holder : null;
  }

  release(): void {
    const { ours } = this;
    this.ours = null;
    if (ours && this.read()?.token === ours.token) fs.rmSync(this.file, { force: true });
  }

  private beat(): void {
    if (performance.now() - this.beatAt < this.beatMs) return;
    this.beatAt = performance.now();
    // In place: the file's time is then the file server's.
    const file = openReal(this.file, fs.constants.O_WRONLY);
    try {
      fs.writeSync(file, JSON.stringify(this.ours), 0);
    } finally {
      fs.closeSync(file);
    }
  }

  /** On this host the holder itself is looked for; elsewhere only the file tells whether it lives. */
  private isFree({ host, pid, started, token }: LeaseHolder): boolean {
    if (isHere(host)) return !isAlive(pid, started);
    if (this.watch?.token !== token)
      this.watch = { token, lease: new LeaseWatch(this.file, undefined, undefined, this.beatMs) };
    return this.watch.lease.isStale();
  }

  private make(): boolean {
    const { pid } = process;
    const token = randomBytes(12).toString('hex');
    const holder = { host: thisHost(), pid, started: processStartTime(pid), since: Date.now(), token };
    const temporary = `${this.file}.${token}`;
    try {
      fs.writeFileSync(temporary, JSON.stringify(holder), { mode: 0o600, flag: 'wx' });
      // Fails when another host was faster, also on network file systems.
      fs.linkSync(temporary, this.file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      fs.rmSync(temporary, { force: true });
    }
    this.ours = holder;
    this.beatAt = performance.now();
    return true;
  }

  /** Removes the lease of a lost holder. If several hosts try, one succeeds, and none removes the lease of a faster one. */
  private putAside(token: string | undefined): boolean {
    const aside = `${this.file}.${randomBytes(6).toString('hex')}`;
    try {
      fs.renameSync(this.file, aside);
    } catch {
      return false;
    }
    try {
      if (readHolder(aside)?.token === token) return true;
      fs.linkSync(aside, this.file);
    } catch {
      // A third one has taken it meanwhile.
    } finally {
      fs.rmSync(aside, { force: true });
    }
    return false;
  }

  private read(): LeaseHolder | null {
    return readHolder(this.file);
  }
}

function readHolder(file: string): LeaseHolder | null {
  try {
    const descriptor = openReal(file);
    try {
      const bytes = Buffer.alloc(LARGEST);
      const length = fs.readSync(descriptor, bytes, 0, LARGEST, 0);
      return Holder.parse(JSON.parse(bytes.toString('utf8', 0, length)));
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    return null;
  }
}

/** Says to a person who has the folder and what to do. */
export function heldBy({ host, pid, since }: LeaseHolder, workspace: string): string {
  const minutes = Math.round((MISSED_BEATS * leaseSeconds()) / 60);
  const name = host.name.replaceAll(/[^\w.-]/g, '?');
  const where = l10n.t('{0} since {1}', path.basename(workspace), formatTime(since));
  if (isHere(host))
    return l10n.t(
      'Another engine of this machine (process {0}), which has another Tunesmith home (TUNESMITH_HOME), has worked in {1}. From here it can be looked at, but nothing started or changed. Use that home, or wait until the runs there have ended.',
      pid,
      where,
    );
  return l10n.t(
    'Tunesmith on {0} (process {1}) has worked in {2}. From here it can be looked at, but nothing started or changed. To work here, stop its runs there, or wait until they have ended; if that host is gone, this one takes over {3} after its last sign of life.',
    name,
    pid,
    where,
    formatDuration(minutes * 60_000),
  );
}
