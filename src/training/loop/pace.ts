/** Yields to other events between steps, and reports progress. */
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import type { RunClient } from '../../client/index.js';

/** Longest time in milliseconds, between two steps, without yielding to other events such as a stop request. */
const YIELD_MS = 15;
const PROGRESS_MS = 250;

export class Pace {
  private lastYield = 0;
  private lastProgress = 0;

  constructor(
    private readonly log: Pick<RunClient, 'progress' | 'stopRequested'>,
    private readonly epochs: number,
  ) {}

  /** Yields to other events; returns false when a stop was requested. */
  async pause(): Promise<boolean> {
    if (performance.now() - this.lastYield >= YIELD_MS) {
      await yieldToEvents();
      this.lastYield = performance.now();
    }
    return this.log.stopRequested === null;
  }

  progress(epoch: number, fraction: number): void {
    const now = performance.now();
    if (now - this.lastProgress < PROGRESS_MS) return;
    this.lastProgress = now;
    const percent = Math.floor(fraction * 100);
    this.log.progress((epoch - 1 + fraction * 0.98) / this.epochs, `epoch ${epoch}/${this.epochs} · ${percent} %`);
  }

  evaluating(epoch: number): void {
    this.log.progress((epoch - 0.02) / this.epochs, `epoch ${epoch}/${this.epochs} · evaluating`);
  }
}
