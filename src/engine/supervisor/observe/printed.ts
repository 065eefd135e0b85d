import { closeSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { openReal, sizeReal, statReal } from '../../../files/real.js';
import { MetricReader, type PrintedMetrics as Found } from '../../../output/metrics/reader.js';
import { RUN_FILES } from '../../../protocol/run/runFiles.js';
import type { WireNumber } from '../../../protocol/values/index.js';
import { setEntry } from '../../../protocol/values/records.js';
import { EagerTimer } from '../eager.js';
import { ObservedJournal } from './journal.js';
import { PatternReader } from './patterns.js';
import { said } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';

const BLOCK = 64 << 10;
/** Milliseconds for one pass, and for the last one. */
const LOOK_MS = 40;
const LAST_MS = 1000;
/** Output that may wait to be read; of more, only the newest part is. */
const MAX_BEHIND = 4 << 20;
const MAX_JOURNAL = 64 << 20;

export interface PrintedOptions {
  /** `auto`, or a person's patterns. */
  output: 'auto' | readonly string[];
  /** See `ObservedJournal`. */
  begins: string | null;
  /** Bytes of the output that are recorded already. */
  from: number;
  warn(text: Said): void;
  /** Called when metrics were recorded. */
  recorded?(): void;
}

/** Milliseconds since the epoch: when something was printed at the latest. */
const latest = (path: string): number => Math.min(Date.now(), Math.round(statReal(path)?.mtimeMs ?? Infinity));

/**
 * Reads metrics from a program's output, and records them in a separate journal. Readers of the journals decide which
 * of them count in addition to the program's own records.
 */
export class PrintedMetrics {
  private readonly reader: MetricReader | PatternReader;
  private readonly journal: ObservedJournal;
  private readonly decoder = new StringDecoder('utf8');
  private readonly path: string;
  private at: number;
  private isOverflowing = false;

  constructor(
    folder: string,
    private readonly options: PrintedOptions,
  ) {
    const { output, begins } = options;
    this.reader = output === 'auto' ? new MetricReader() : new PatternReader(output, options.warn);
    const file = output === 'auto' ? RUN_FILES.outputJournal : RUN_FILES.patternsJournal;
    this.journal = new ObservedJournal(folder, file, begins, MAX_JOURNAL);
    this.path = join(folder, RUN_FILES.output);
    this.at = options.from;
  }

  /** Bytes of the output that were read. */
  get position(): number {
    return this.at;
  }

  /** Reads new output, for about `ms`; returns whether there is more. */
  look(ms: number): boolean {
    const size = sizeReal(this.path) ?? 0;
    if (this.journal.isFull) {
      this.at = size;
      return false;
    }
    // Someone has emptied it.
    if (size < this.at) this.at = size;
    const until = performance.now() + ms;
    try {
      while (this.at < size && performance.now() < until) this.take(this.reader.push(this.next(size)));
    } catch {
      // Tried again at the next look: the file may be away for a moment.
    }
    if (this.journal.flush()) this.options.recorded?.();
    return this.at < size;
  }

  /** Drops output that is printed faster than anybody can read. */
  catchUp(): void {
    const size = sizeReal(this.path) ?? 0;
    if (size - this.at <= MAX_BEHIND) return;
    this.at = size - BLOCK;
    this.reader.push('\n');
    if (!this.isOverflowing)
      this.options.warn(said('The program prints so much that not all metrics in its output could be read.'));
    this.isOverflowing = true;
  }

  /** Reads the last line, which has no end. */
  end(): void {
    this.take(this.reader.end());
    this.journal.flush();
  }

  private next(size: number): string {
    const file = openReal(this.path);
    try {
      const bytes = Buffer.alloc(Math.min(BLOCK, size - this.at));
      const read = readSync(file, bytes, 0, bytes.length, this.at);
      if (read === 0) this.at = size;
      this.at += read;
      return this.decoder.write(bytes.subarray(0, read));
    } finally {
      closeSync(file);
    }
  }

  private take(found: readonly Found[]): void {
    if (found.length === 0) return;
    const time = latest(this.path);
    for (const { step, epoch, values } of found) {
      const wire: Record<string, WireNumber> = {};
      for (const [name, value] of values)
        setEntry(wire, name, Number.isFinite(value) ? value : (String(value) as WireNumber));
      this.journal.add({
        ...{ type: 'metrics', time, values: wire },
        ...(step !== undefined && { step }),
        ...(epoch !== undefined && { epoch }),
      });
    }
  }
}

/** Reads the output of a program while it works. */
export class PrintedMetricsWatch {
  private readonly metrics: PrintedMetrics;
  private readonly timer: EagerTimer;

  constructor(folder: string, options: PrintedOptions) {
    this.metrics = new PrintedMetrics(folder, options);
    this.timer = new EagerTimer(() => this.look(LOOK_MS));
  }

  /** Reads the rest. Call it once the program is gone. */
  stop(): void {
    this.timer.stop();
    this.look(LAST_MS);
    // After a flood, the last lines are read even if what comes before them was dropped.
    this.metrics.look(LAST_MS);
    this.metrics.end();
  }

  private look(ms: number): void {
    this.metrics.look(ms);
    this.metrics.catchUp();
  }
}
