/** Reads the machine's GPUs through `nvidia-smi`, and its cores. */
import { execFile } from 'node:child_process';
import * as os from 'node:os';
import type { Device } from '../../protocol/engine/index.js';

export interface Gpu {
  index: number;
  uuid: string;
  name: string;
  memoryTotalMiB: number | null;
  memoryUsedMiB: number | null;
  utilization: number | null;
}

const FIELDS = 'index,uuid,name,memory.total,memory.used,utilization.gpu';
/** Maximum age of cached values. */
const FRESH_MS = 1500;

export class Devices {
  /** All GPUs of the machine, regardless of who may use them. */
  gpus: Gpu[] = [];
  readonly cores: number = os.availableParallelism();
  private readAt = 0;
  private reading: Promise<void> | null = null;

  constructor(private readonly env: NodeJS.ProcessEnv = process.env) {}

  /** Reads the GPUs unless that was done just now. Never rejects: without a driver there are none. */
  refresh(now = Date.now()): Promise<void> {
    if (now - this.readAt < FRESH_MS) return Promise.resolve();
    this.reading ??= this.read().finally(() => (this.reading = null));
    return this.reading;
  }

  /**
   * Returns how many search trials run at once on the CPU by default: one for every two cores. On two or three cores,
   * two trials with one thread each end sooner than one with two threads, which a small network hardly uses.
   */
  get cpuSlots(): number {
    return Math.max(Math.min(2, this.cores), Math.floor(this.cores / 2));
  }

  async list(usage: { slots(device: string): number; busy(device: string): number }): Promise<Device[]> {
    await this.refresh();
    const cpu: Device = {
      id: 'cpu',
      kind: 'cpu',
      name: `${os.cpus()[0]?.model.trim() || os.arch()} (${this.cores} cores)`,
      memoryTotalMiB: Math.round(os.totalmem() / 1048576),
      memoryUsedMiB: Math.round((os.totalmem() - os.freemem()) / 1048576),
      utilization: Math.min(100, Math.round((100 * (os.loadavg()[0] ?? 0)) / this.cores)),
      slots: usage.slots('cpu'),
      busy: usage.busy('cpu'),
    };
    const gpus = this.gpus.map(({ index, uuid: _, ...gpu }): Device => {
      const id = `gpu:${index}`;
      return { id, kind: 'gpu', ...gpu, slots: usage.slots(id), busy: usage.busy(id) };
    });
    return [...gpus, cpu];
  }

  private async read(): Promise<void> {
    const output = await new Promise<string>((resolve) => {
      const args = [`--query-gpu=${FIELDS}`, '--format=csv,noheader,nounits'];
      execFile('nvidia-smi', args, { timeout: 8000, windowsHide: true, env: this.env }, (error, stdout) =>
        resolve(error ? '' : stdout),
      );
    });
    const gpus = parseGpus(output);
    // A driver that hangs for a moment must not make GPUs disappear under running trials.
    if (gpus.length > 0 || this.readAt === 0) this.gpus = gpus;
    this.readAt = Date.now();
  }
}

export function parseGpus(csv: string): Gpu[] {
  const gpus: Gpu[] = [];
  for (const line of csv.split('\n')) {
    const cells = line.split(',').map((cell) => cell.trim());
    if (cells.length < 6 || !/^\d+$/.test(cells[0]!)) continue;
    // A name with a comma in it would shift the columns, so the numbers are counted from the right.
    const [total, used, utilization] = cells.slice(-3).map(numberOrNull);
    gpus.push({
      index: Number(cells[0]),
      uuid: cells[1]!,
      name: cells.slice(2, -3).join(', '),
      memoryTotalMiB: total ?? null,
      memoryUsedMiB: used ?? null,
      utilization: utilization ?? null,
    });
  }
  return gpus;
}

function numberOrNull(text: string): number | null {
  const value = Number.parseFloat(text);
  return Number.isFinite(value) ? value : null;
}
