/** Writing that may fail for a while (a full disk): said once, tried again, shown in the engine's status. */
import type { Log } from './log.js';

export class Trouble {
  /** The present problem, in one sentence for the person. */
  problem: string | null = null;

  constructor(private readonly log: Log) {}

  met(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (message === this.problem) return;
    this.problem = message;
    this.log.error('could not write; trying again', error);
  }

  over(): void {
    if (this.problem === null) return;
    this.log.info('writing works again');
    this.problem = null;
  }

  /** True when it succeeded. */
  attempt(write: () => void): boolean {
    try {
      write();
    } catch (error) {
      this.met(error);
      return false;
    }
    this.over();
    return true;
  }

  /** Tries until it succeeds, or until `given up` says so. */
  async insist(write: () => void | Promise<void>, givenUp: () => boolean): Promise<void> {
    for (let wait = 100; !givenUp(); wait = Math.min(wait * 2, 10_000)) {
      try {
        await write();
        return this.over();
      } catch (error) {
        this.met(error);
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}
