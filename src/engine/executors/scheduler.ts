/**
 * Decides which run starts next and on which device. Pure bookkeeping: whoever places work here is called back
 * when it may start.
 *
 * Order: runs a person started, first come first served; then search trials, the search with the fewest at work
 * first. GPUs are filled up to the share that each run asked for. The processor has no hard limit: trials
 * keep to its slots, while a run that a person started waits for no trial, only for others like it (one per core).
 */
import type { SshPlace } from '../../protocol/run/cluster.js';
import type { Devices, Gpu } from '../machine/devices.js';
import { visibleGpus } from '../machine/visibleGpus.js';

/** Devices that one run needs. `gpus: 0` means the CPU; `perGpu` runs like it share one GPU. */
export interface Need {
  /** Only waits for other runs, as a pipeline for its stages: it takes no place on the processor. */
  idle?: boolean;
  gpus: number;
  perGpu: number;
  /** CUDA_VISIBLE_DEVICES of whoever asked: the GPUs that it may use; without it, all of them. */
  visible?: string | undefined;
  /** The kind of cluster that does the placing; absent: this machine does. */
  cluster?: string | undefined;
  /** The SSH host that it is sent to. */
  host?: SshPlace | undefined;
}

export interface Placement {
  /** `gpu:0`, `gpu:0+1` or `cpu`. */
  device: string;
  gpus: number[];
  /** Its place is a cluster's, not one of this machine. */
  cluster?: boolean;
  /** How many runs like this are expected side by side on the processor. */
  neighbours: number;
}

export interface Job {
  id: string;
  search: string | null;
  need: Need;
  start(placement: Placement): void;
}

/** A search asks for its next trial only when there is room for it, so that it knows all results so far. */
export interface Source {
  id: string;
  need: Need;
  /** Set when the person said how many at once: the processor's slots are then no limit. */
  limit: number | null;
  /** Makes the next trial, which calls `Scheduler.place`; false when there is none to make now. */
  next(): Job | null;
}

/** Trials of a search that a cluster has at once when the person has not said how many. */
const CLUSTER_TRIALS = 16;
/** The same for an SSH host that has not said yet how many it takes: a trial that waits for nobody knows less than it could. */
const UNKNOWN_HOST_TRIALS = 1;

interface Held {
  search: string | null;
  need: Need;
  placement: Placement;
}

export class Scheduler {
  private readonly queue: Job[] = [];
  private readonly sources = new Map<string, Source>();
  private readonly held = new Map<string, Held>();
  private pumping = false;
  private again = false;
  /** Closed while the engine comes up and when it leaves. */
  private closed = true;

  constructor(
    private readonly devices: Pick<Devices, 'gpus' | 'cores' | 'cpuSlots'>,
    /** Returns how many runs like this an SSH host works on at once; null: it has not said. */
    private readonly hostCapacity: (host: SshPlace, need: Need) => number | null = () => null,
  ) {}

  enqueue(job: Job): void {
    this.queue.push(job);
    this.pump();
  }

  /** Takes a waiting run out of the queue; false when it is not there. */
  withdraw(id: string): boolean {
    const index = this.queue.findIndex((job) => job.id === id);
    if (index >= 0) this.queue.splice(index, 1);
    return index >= 0;
  }

  addSource(source: Source): void {
    this.sources.set(source.id, source);
    this.pump();
  }

  removeSource(id: string): void {
    this.sources.delete(id);
  }

  /** Registers a run that is already running (adopted, or resumed). */
  occupy(id: string, search: string | null, need: Need, device: string): void {
    const gpus = device.startsWith('gpu:') ? device.slice(4).split('+').map(Number) : [];
    const cluster = need.cluster !== undefined;
    this.held.set(id, { search, need, placement: { device, gpus, neighbours: 1, cluster } });
  }

  release(id: string): void {
    if (this.held.delete(id)) this.pump();
  }

  /** Starts may begin: everything left by an earlier engine is in its place. */
  open(): void {
    this.closed = false;
    this.pump();
  }

  /** No more starts: the engine is leaving. */
  close(): void {
    this.closed = true;
  }

  /** Number of running trials of a search. */
  running(search: string): number {
    let count = 0;
    for (const held of this.held.values()) if (held.search === search) count++;
    return count;
  }

  busy(device: string): number {
    let count = 0;
    for (const { placement, need } of this.held.values()) {
      if (need.idle || placement.cluster) continue;
      if (device === 'cpu' ? placement.gpus.length === 0 : placement.gpus.includes(Number(device.slice(4)))) count++;
    }
    return count;
  }

  slots(device: string): number {
    if (device === 'cpu') return this.devices.cpuSlots;
    const index = Number(device.slice(4));
    let most = 1;
    for (const { need, placement } of this.held.values()) {
      if (placement.gpus.includes(index)) most = Math.max(most, need.perGpu);
    }
    return most;
  }

  /** How many runs like this their place works on at once. */
  capacity(need: Need): number {
    if (need.host) return this.hostCapacity(need.host, need) ?? UNKNOWN_HOST_TRIALS;
    if (need.cluster !== undefined) return CLUSTER_TRIALS;
    if (this.onGpu(need)) return Math.max(1, Math.floor((this.gpusFor(need).length * need.perGpu) / need.gpus));
    return this.devices.cpuSlots;
  }

  /** Starts whatever fits now. */
  pump(): void {
    if (this.pumping) {
      this.again = true;
      return;
    }
    this.pumping = true;
    try {
      do {
        this.again = false;
        while (!this.closed && this.startOne()) continue;
      } while (this.again);
    } finally {
      this.pumping = false;
    }
  }

  private startOne(): boolean {
    // A run that needs more GPUs than are free must not be overtaken for ever.
    let gpusAwaited = false;
    for (const job of this.queue.filter((one) => one.search === null)) {
      if (gpusAwaited && this.onGpu(job.need)) continue;
      const placement = this.placement(job.need, null, null);
      if (placement) return this.startJob(job, placement);
      gpusAwaited ||= this.onGpu(job.need);
    }
    for (const search of this.searchesByShare()) {
      const source = this.sources.get(search);
      const job = this.queue.find((one) => one.search === search);
      const need = job?.need ?? source?.need;
      if (!need || (gpusAwaited && this.onGpu(need))) continue;
      const placement = this.placement(need, search, source?.limit ?? null);
      if (!placement) continue;
      const next = job ?? source?.next() ?? null;
      if (next) return this.startJob(next, placement);
    }
    return false;
  }

  private searchesByShare(): string[] {
    const waiting = this.queue.flatMap((job) => (job.search === null ? [] : [job.search]));
    const all = [...new Set([...waiting, ...this.sources.keys()])];
    const share = new Map(all.map((search) => [search, this.running(search)]));
    return all.sort((a, b) => share.get(a)! - share.get(b)!);
  }

  private startJob(job: Job, placement: Placement): boolean {
    this.withdraw(job.id);
    this.held.set(job.id, { search: job.search, need: job.need, placement });
    job.start(placement);
    return true;
  }

  private onGpu(need: Need): boolean {
    return need.cluster === undefined && !need.idle && need.gpus > 0 && this.gpusFor(need).length > 0;
  }

  private gpusFor({ visible }: Need): readonly Gpu[] {
    return visibleGpus(this.devices.gpus, visible);
  }

  private placement(need: Need, search: string | null, limit: number | null): Placement | null {
    if (search !== null && limit !== null && this.running(search) >= limit) return null;
    if (need.idle) {
      const most = this.devices.cpuSlots;
      return search !== null && this.running(search) >= (limit ?? most)
        ? null
        : { device: 'cpu', gpus: [], neighbours: 1 };
    }
    if (need.cluster !== undefined) {
      if (search !== null && limit === null && this.running(search) >= this.capacity(need)) return null;
      return { device: need.cluster, gpus: [], neighbours: 1, cluster: true };
    }
    if (!this.onGpu(need)) return this.cpuPlacement(search, limit);
    const share = 1 / need.perGpu;
    const gpusFor = this.gpusFor(need);
    const free = gpusFor
      .map((gpu) => ({ index: gpu.index, load: this.load(gpu.index), used: gpu.memoryUsedMiB ?? 0 }))
      .filter((gpu) => gpu.load + share <= 1 + 1e-9)
      .sort((a, b) => a.load - b.load || a.used - b.used || a.index - b.index);
    // A machine with fewer GPUs than requested provides all it has.
    const wanted = Math.min(need.gpus, gpusFor.length);
    if (free.length < wanted) return null;
    const gpus = free
      .slice(0, wanted)
      .map((gpu) => gpu.index)
      .sort((a, b) => a - b);
    return { device: `gpu:${gpus.join('+')}`, gpus, neighbours: 1 };
  }

  private cpuPlacement(search: string | null, limit: number | null): Placement | null {
    const { cores, cpuSlots } = this.devices;
    const busy = this.busy('cpu');
    const placed = (expected: number): Placement => ({
      device: 'cpu',
      gpus: [],
      neighbours: Math.max(expected, busy + 1),
    });
    if (search === null) return this.busyManually() < Math.max(2, cores) ? placed(1) : null;
    // The person's own number counts for this search alone, and was looked at before.
    if (limit !== null) return placed(limit);
    return busy < cpuSlots ? placed(cpuSlots) : null;
  }

  private busyManually(): number {
    let count = 0;
    for (const { search, placement, need } of this.held.values()) {
      if (search === null && !placement.cluster && placement.gpus.length === 0 && !need.idle) count++;
    }
    return count;
  }

  private load(gpu: number): number {
    let load = 0;
    for (const { need, placement } of this.held.values()) if (placement.gpus.includes(gpu)) load += 1 / need.perGpu;
    return load;
  }
}

/** Libraries' own names for how many threads they may use. */
const THREAD_VARIABLES = [
  'OMP_NUM_THREADS',
  'MKL_NUM_THREADS',
  'OPENBLAS_NUM_THREADS',
  'NUMEXPR_NUM_THREADS',
  'VECLIB_MAXIMUM_THREADS',
  'TF_NUM_INTRAOP_THREADS',
  'TF_NUM_INTEROP_THREADS',
] as const;

/**
 * Environment that gives a run its device: its GPUs; or, when several runs share the processor, its part of the
 * cores. What the person has set is left alone, and without GPUs nothing is hidden.
 */
export function placementEnv(
  placement: Placement,
  cores: number,
  env: NodeJS.ProcessEnv,
  hasGpus: boolean,
): Record<string, string> {
  const added: Record<string, string> = {};
  if (placement.gpus.length > 0) {
    added.CUDA_VISIBLE_DEVICES = placement.gpus.join(',');
    // nvidia-smi counts by bus; CUDA by speed unless told.
    added.CUDA_DEVICE_ORDER = 'PCI_BUS_ID';
    return added;
  }
  // The file asked for the processor although there are GPUs: they belong to other runs.
  if (hasGpus) added.CUDA_VISIBLE_DEVICES = '-1';
  if (placement.neighbours > 1) {
    const threads = String(Math.max(1, Math.floor(cores / placement.neighbours)));
    for (const name of THREAD_VARIABLES) if (env[name] === undefined) added[name] = threads;
  }
  return added;
}
