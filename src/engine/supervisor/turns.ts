/** The runs that one supervisor serves, one after the other, if its engine gives it more than one. */
import { tmpdir } from 'node:os';
import { isNextRun } from '../../protocol/run/supervisorChecks.js';
import type { NextRun, SupervisorTurn } from '../../protocol/run/supervisorTurns.js';
import { asObject } from '../../protocol/values/jsonObject.js';

/** Milliseconds that a supervisor waits for another run. A search's next suggestion takes less. */
const WAIT_MS = 5000;
/** Runs after which it leaves: a process that lives for days would show every leak. */
const MOST_RUNS = 200;

export class Turns {
  private readonly given: NextRun[] = [];
  private served = 0;
  private wake: (() => void) | null = null;

  constructor() {
    if (!process.connected) return;
    process.on('message', (message: unknown) => {
      const next = asObject(message);
      if (next && isNextRun(next)) this.given.push(next);
      this.wake?.();
    });
    process.on('disconnect', () => this.wake?.());
  }

  /** Waits for the first run of a spare supervisor, as long as its engine wants it to. Resolves to null: none comes. */
  first(): Promise<NextRun | null> {
    return this.take(null);
  }

  /** Tells the engine that the run has ended. Resolves to the next run; null: none comes. */
  async next(code: number): Promise<NextRun | null> {
    if (!process.connected || ++this.served >= MOST_RUNS) return null;
    // Some systems can't remove the folder that a process stands in.
    process.chdir(tmpdir());
    tell({ type: 'over', code });
    return this.take(WAIT_MS);
  }

  /** `ms`: null waits until the engine leaves. */
  private async take(ms: number | null): Promise<NextRun | null> {
    if (this.given.length === 0) await this.woken(ms);
    const next = this.given.shift() ?? null;
    if (next) tell({ type: 'began' });
    return next;
  }

  private woken(ms: number | null): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === null ? undefined : setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = null;
        resolve();
      };
      if (!process.connected) this.wake();
    });
  }
}

function tell(turn: SupervisorTurn): void {
  // An engine that has just left is no error.
  process.send?.(turn, undefined, undefined, () => undefined);
}
