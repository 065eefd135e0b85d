/**
 * Metrics printed by a hand-started program: its client saves the output, and the engine reads the metrics from there.
 */
import * as path from 'node:path';
import { readReal, writeReal } from '../../../files/real.js';
import { HAND_FILES } from '../../../protocol/run/handStarted.js';
import type { Said } from '../../../protocol/said.js';
import type { RunSpec } from '../../../protocol/run/runFolder.js';
import { PrintedMetrics } from '../../supervisor/observe/printed.js';

/**
 * Milliseconds between two records of the offset up to which the output was read, so that the next engine continues
 * there.
 */
const NOTE_MS = 2000;

export class HandOutput {
  private readonly metrics: PrintedMetrics | null;
  private readonly file: string;
  private noted: number;
  private notedAt = -Infinity;
  private isOver = false;

  constructor(folder: string, spec: RunSpec | null, warn: (text: Said) => void) {
    this.file = path.join(folder, HAND_FILES.read);
    this.noted = readBytes(this.file);
    const output = spec?.capture?.output ?? 'auto';
    this.metrics =
      output === 'off' ? null : new PrintedMetrics(folder, { output, begins: null, from: this.noted, warn });
  }

  /** Continues reading for about `ms`; `final`: the program is gone. Returns whether there is more. */
  look(ms: number, final: boolean): boolean {
    if (this.metrics === null) return false;
    const more = this.metrics.look(ms);
    if (final && !more && !this.isOver) this.metrics.end();
    this.isOver = final && !more;
    const now = performance.now();
    if (this.metrics.position !== this.noted && (this.isOver || now - this.notedAt > NOTE_MS)) {
      this.notedAt = now;
      this.note(this.metrics.position);
    }
    return more;
  }

  private note(output: number): void {
    try {
      writeReal(this.file, JSON.stringify({ output }), { sync: false });
      this.noted = output;
    } catch {
      // On a full disk the next engine reads some lines again.
    }
  }
}

function readBytes(file: string): number {
  try {
    const { output } = JSON.parse(readReal(file, 1000)) as { output?: unknown };
    return typeof output === 'number' && Number.isSafeInteger(output) && output >= 0 ? output : 0;
  } catch {
    return 0;
  }
}
