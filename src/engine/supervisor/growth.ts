import { join } from 'node:path';
import { listReal, sizeReal } from '../../files/real.js';
import { RUN_FILES } from '../../protocol/run/runFiles.js';
import { EagerTimer } from './eager.js';

/** A log of this size is nearly always a mistake in the program, and the person should know before the disk is full. */
const LARGE_LOG = 1 << 30;

export interface GrowthEvents {
  /** Called when a journal file is larger than what its writer streamed. */
  journal(file: string, offset: number): void;
  /** Called when the output has grown past the next size step; `bytes` is its current size. */
  output(bytes: number): void;
}

/**
 * Polls the sizes of the run's files: journals of programs without a client (or with one too busy to stream), and an
 * output that floods the disk. A poll of a handful of files costs microseconds and, unlike file watching, works on
 * every file system.
 */
export class GrowthWatch {
  private readonly told = new Map<string, number>();
  private readonly seen = new Map<string, number>();
  private nextLarge = LARGE_LOG;
  private readonly timer: EagerTimer;

  constructor(
    private readonly folder: string,
    private readonly events: GrowthEvents,
  ) {
    this.timer = new EagerTimer(() => this.look());
  }

  /** The writer itself has streamed the file up to `end`. */
  streamed(file: string, end: number): void {
    this.told.set(file, Math.max(end, this.told.get(file) ?? 0));
  }

  look(): void {
    const journals = join(this.folder, RUN_FILES.journal);
    for (const file of names(journals)) {
      if (!/^[\w.-]+\.ndjson$/.test(file)) continue;
      const size = sizeOf(join(journals, file));
      const told = this.told.get(file) ?? 0;
      // Once for each size: a file allocated ahead of its content stays larger than reported.
      if (size > told && this.seen.get(file) !== size) this.events.journal(file, told);
      this.seen.set(file, size);
    }
    const output = sizeOf(join(this.folder, RUN_FILES.output));
    if (output >= this.nextLarge) {
      while (output >= this.nextLarge) this.nextLarge *= 4;
      this.events.output(output);
    }
  }

  stop(): void {
    this.timer.stop();
  }
}

function names(folder: string): string[] {
  try {
    return listReal(folder).map(({ name }) => name);
  } catch {
    return [];
  }
}

function sizeOf(path: string): number {
  return sizeReal(path) ?? 0;
}
