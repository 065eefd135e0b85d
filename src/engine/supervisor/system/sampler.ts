import { readFileSync } from 'node:fs';
import type { ObservedJournal } from '../observe/journal.js';
import { gpuMetrics, Gpus } from './gpus.js';
import { TreeUsage, type Usage } from './usage.js';

const MIB = 2 ** 20;
/** Milliseconds between two samples, and the working time up to which they apply. A long run is sampled less often. */
const INTERVALS = [
  [2 * 60_000, 2000],
  [30 * 60_000, 5000],
  [6 * 3_600_000, 15_000],
  [Infinity, 60_000],
] as const;

/** Milliseconds until the next sample of a program that has worked for `ms`. */
export const intervalAt = (ms: number): number => INTERVALS.find(([upTo]) => ms < upTo)![1];

interface Sample {
  /** Milliseconds on a monotonic clock. */
  at: number;
  usage: Usage | null;
  network: { received: number; sent: number } | null;
}

/**
 * Samples a program's use of the machine and records it as metrics below `system/`. Their step is the time since the
 * run first started, in seconds.
 */
export class SystemSampler {
  private readonly began = performance.now();
  private readonly usage: TreeUsage;
  private readonly gpus: Gpus;
  private last: Sample | null = null;
  private timer: NodeJS.Timeout | null = null;
  private isOver = false;

  constructor(
    private readonly journal: ObservedJournal,
    private readonly options: {
      pid: number;
      mark: number;
      /** The program's environment. */
      env: NodeJS.ProcessEnv;
      /** When the run first started, in milliseconds since the epoch. */
      startedAt: number;
      isPaused(): boolean;
      /** The program starts now, so it has used nothing yet; else it has worked before. */
      isNew: boolean;
    },
  ) {
    this.usage = new TreeUsage(options.pid, options.mark);
    this.gpus = new Gpus(options.env);
    // Short programs end before the first sample, and need not pay for one.
    if (options.isNew) {
      const usage = { cpu: new Map(), memory: 0, disk: new Map() };
      this.last = { at: this.began, usage, network: networkOrNull() };
      this.sampleLater();
    } else void this.sample(false);
  }

  stop(): void {
    this.isOver = true;
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private async sample(records: boolean): Promise<void> {
    try {
      // Nothing changes while it is suspended.
      if (!this.options.isPaused()) await this.look(records);
    } catch {
      // A sample that fails is left out.
    }
    if (!this.isOver) this.sampleLater();
  }

  private sampleLater(): void {
    this.timer = setTimeout(() => void this.sample(true), intervalAt(performance.now() - this.began)).unref();
  }

  private async look(records: boolean): Promise<void> {
    const now: Sample = { at: performance.now(), usage: await this.usage.read(), network: network() };
    const before = this.last;
    this.last = now;
    const gpus = records ? await this.gpus.read() : [];
    if (this.isOver || !records) return;
    const values = { ...(before && ratesOf(before, now)), ...gpuMetrics(gpus) };
    const step = Math.max(0, Math.round((Date.now() - this.options.startedAt) / 1000));
    if (Object.keys(values).length > 0) this.journal.add({ type: 'metrics', time: Date.now(), step, values });
    this.journal.flush();
  }
}

function ratesOf(before: Sample, now: Sample): Record<string, number> {
  const seconds = (now.at - before.at) / 1000;
  const values: Record<string, number> = {};
  if (now.usage && before.usage) {
    const { cpu, disk, memory } = now.usage;
    // A process that is new has used all its time since the sample before.
    let used = 0;
    for (const [name, time] of cpu) used += Math.max(0, time - (before.usage.cpu.get(name) ?? 0));
    values['system/cpu_percent'] = round((100 * used) / seconds);
    values['system/memory_mib'] = round(memory / MIB);
    if (disk && before.usage.disk) {
      let [read, written] = [0, 0];
      for (const [name, one] of disk) {
        const old = before.usage.disk.get(name) ?? { read: 0, written: 0 };
        read += Math.max(0, one.read - old.read);
        written += Math.max(0, one.written - old.written);
      }
      values['system/disk_read_mib_per_s'] = round(read / MIB / seconds);
      values['system/disk_write_mib_per_s'] = round(written / MIB / seconds);
    }
  }
  if (now.network && before.network) {
    const rate = (what: 'received' | 'sent'): number =>
      round(Math.max(0, now.network![what] - before.network![what]) / MIB / seconds);
    values['system/net_received_mib_per_s'] = rate('received');
    values['system/net_sent_mib_per_s'] = rate('sent');
  }
  return values;
}

/** Bytes that all the machine's interfaces but the loopback have passed. Null: the system does not tell (Linux does). */
function network(): Sample['network'] {
  if (process.platform !== 'linux') return null;
  const total = { received: 0, sent: 0 };
  for (const line of readFileSync('/proc/net/dev', 'latin1').split('\n').slice(2)) {
    const [name = '', ...fields] = line.trim().split(/[\s:]+/);
    if (name === '' || name === 'lo' || fields.length < 9) continue;
    total.received += Number(fields[0]);
    total.sent += Number(fields[8]);
  }
  return total;
}

function networkOrNull(): Sample['network'] {
  try {
    return network();
  } catch {
    return null;
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;
