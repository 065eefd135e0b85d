/**
 * Stores the records of all runs in turns of the event loop, each with one transaction and one time budget, so that
 * runs share the cost of a commit and requests are answered in between.
 */

/** One run, or another source of records. */
export interface TurnTaker {
  /** Stores a bounded part of the new records within the turn's transaction. Returns whether there is more. */
  take(): boolean;
  /** Called when everything that `take` did is on disk. */
  committed(): void;
  /** Called when the effects of `take` were rolled back. */
  undone(error: unknown): void;
}

/** Milliseconds of work in one turn; a part that has begun is finished. */
const BUDGET_MS = 5;
/** Milliseconds between two turns, in which records are collected. The first ones after a rest are stored at once. */
const GATHER_MS = 8;

export class Turns {
  private readonly queue = new Set<TurnTaker>();
  private timer: NodeJS.Timeout | undefined;
  private immediate: NodeJS.Immediate | undefined;
  /** Turns with a separate transaction for each run, so that a failing one does not hold up the others. */
  private alone = 0;
  private closed = false;
  private lastAt = -Infinity;

  constructor(private readonly batch: (work: () => void) => void) {}

  /** Has its part stored in one of the next turns. */
  soon(taker: TurnTaker): void {
    if (this.closed) return;
    this.queue.add(taker);
    if (this.timer === undefined && this.immediate === undefined) {
      this.timer = setTimeout(() => this.turn(), Math.max(0, GATHER_MS - (performance.now() - this.lastAt)));
    }
  }

  drop(taker: TurnTaker): void {
    this.queue.delete(taker);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    clearImmediate(this.immediate);
    this.queue.clear();
  }

  private turn(): void {
    this.timer = this.immediate = undefined;
    const until = performance.now() + BUDGET_MS;
    const took: TurnTaker[] = [];
    const again: TurnTaker[] = [];
    try {
      this.batch(() => {
        for (const taker of this.queue) {
          this.queue.delete(taker);
          took.push(taker);
          if (taker.take()) again.push(taker);
          if (performance.now() >= until || this.alone > 0) break;
        }
      });
    } catch (error) {
      this.failed(took, error);
      return this.goOn();
    }
    if (this.alone > 0) this.alone--;
    for (const taker of again) this.queue.add(taker);
    for (const taker of took) taker.committed();
    this.goOn();
  }

  private failed(took: readonly TurnTaker[], error: unknown): void {
    if (took.length <= 1) {
      this.alone = Math.max(0, this.alone - 1);
      for (const taker of took) taker.undone(error);
      return;
    }
    this.alone = took.length;
    for (const taker of took) taker.undone(null);
    for (const taker of took) this.queue.add(taker);
  }

  private goOn(): void {
    this.lastAt = performance.now();
    if (this.queue.size > 0 && !this.closed) this.immediate ??= setImmediate(() => this.turn());
  }
}
