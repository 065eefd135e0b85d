/** Reads the journals of runs that ended before the index knew them, newest first, without delaying anything else. */
import type { Keeper } from '../life/keeper.js';
import type { FirstReadings } from './firstReadings.js';

/** Number of runs read at a time, so that each turn has work. */
const AT_ONCE = 16;

export class Backlog {
  private ids: string[] = [];
  private reading = 0;
  private done = 0;
  private total = 0;

  constructor(
    private readonly keeper: Keeper,
    private readonly readings: FirstReadings,
  ) {}

  /** Number of runs read so far, and in total; null if none is left to read. */
  get progress(): { done: number; of: number } | null {
    return this.total > 0 ? { done: this.done, of: this.total } : null;
  }

  begin(): void {
    this.ids = this.keeper.options.store.runs.unreadJournals().reverse();
    this.total = this.ids.length;
    for (let i = 0; i < AT_ONCE; i++) this.next();
  }

  private next(): void {
    const id = this.keeper.closed ? undefined : this.ids.pop();
    if (id === undefined) {
      if (this.reading === 0) this.total = 0;
      return;
    }
    this.reading++;
    void this.readings.begin(id).finally(() => {
      this.reading--;
      this.done++;
      this.next();
    });
  }
}
