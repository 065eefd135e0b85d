/** Writes that may fail for a while (a full disk): reported once, retried, shown in the engine's status. */
import { findFull, hasRoom, isDiskFull } from './files.js';
import type { Log } from './log.js';

export class Trouble {
  /** The current problem, in one sentence for the person. */
  problem: string | null = null;
  /** True while the problem is a full disk, which ends only when there is room. */
  private isFull = false;

  constructor(
    private readonly log: Log,
    /** Folders on the disks that must have room. */
    private readonly folders: readonly string[],
  ) {}

  met(error: unknown): void {
    const message = sentence(error);
    // The first of many errors of a full disk describes it well enough.
    if (message === this.problem || (this.isFull && isDiskFull(error))) return;
    this.problem = message;
    this.isFull = isDiskFull(error);
    this.log.error('could not write; trying again', error);
  }

  over(): void {
    if (!this.isFull) this.clear();
  }

  /**
   * Checks whether a full disk has room again and, while there is work, whether one has become full: programs write on
   * it, too, and need not report it. Call it about once a second.
   */
  look(works: boolean): void {
    if (this.isFull) {
      if (this.folders.every(hasRoom)) this.clear();
      return;
    }
    const full = works ? this.folders.map(findFull).find((error) => error !== null) : undefined;
    if (full !== undefined) this.met(full);
  }

  private clear(): void {
    if (this.problem === null) return;
    this.log.info('writing works again');
    this.problem = null;
    this.isFull = false;
  }

  /** Returns whether it succeeded. */
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

  /** Retries until it succeeds or is given up. */
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

function sentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // The store's own sentence says the same.
  if (!isDiskFull(error) || /Free some space/.test(message)) return message;
  return `The disk is full (${message}). Free some space: what runs log is kept meanwhile, and nothing new starts.`;
}
