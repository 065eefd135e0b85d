/**
 * Spreads the looks at the files of runs over turns of the event loop: when a thousand programs end at once, requests and
 * records are served in between.
 */

/** Milliseconds of one turn; a look that has begun is finished. */
const BUDGET_MS = 8;

export class Looks {
  private readonly queue = new Set<() => void>();
  private immediate: NodeJS.Immediate | undefined;
  private closed = false;

  /** Calls `look` in one of the next turns, once however often it is asked for before. */
  soon(look: () => void): void {
    if (this.closed) return;
    this.queue.add(look);
    this.immediate ??= setImmediate(() => this.turn());
  }

  close(): void {
    this.closed = true;
    clearImmediate(this.immediate);
    this.queue.clear();
  }

  private turn(): void {
    this.immediate = undefined;
    const until = performance.now() + BUDGET_MS;
    for (const look of this.queue) {
      this.queue.delete(look);
      look();
      if (performance.now() >= until) break;
    }
    if (this.queue.size > 0 && !this.closed) this.immediate ??= setImmediate(() => this.turn());
  }
}
