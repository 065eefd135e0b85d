/**
 * Reads the journals of a run before something is said about it, if the index has read nothing of them: after the index was
 * lost, or when this engine has just found a run of another host. Otherwise a run with a thousand points would seem to have none.
 */
import { LIVE_STATUSES } from '../../../protocol/engine/index.js';
import type { Keeper } from '../life/keeper.js';
import { within } from '../../within.js';
import { RunIntake } from './runIntake.js';

/** Milliseconds that an answer waits; then it says what is known so far. */
const WAIT_MS = 5000;

export class FirstReadings {
  private readonly begun = new Map<string, Promise<void>>();

  constructor(private readonly keeper: Keeper) {}

  /** Resolves when the run is in the index as far as its journals went at this moment, but after five seconds at the latest. */
  async of(id: string): Promise<void> {
    const { store } = this.keeper.options;
    if (!this.begun.has(id) && !store.runs.isUnread(id)) return;
    if (!this.begun.has(id)) this.begun.set(id, this.read(id));
    await within(this.begun.get(id)!, WAIT_MS);
  }

  private async read(id: string): Promise<void> {
    const { folders, store, log } = this.keeper.options;
    const spec = folders.spec(id);
    const status = store.runs.status(id);
    if (!spec || status === null) return;
    const intake = new RunIntake(this.keeper, spec);
    try {
      await intake.read(!LIVE_STATUSES.includes(status));
    } catch (error) {
      log.warn(`run ${id}: its journals could not be read: ${(error as Error).message}`);
    } finally {
      intake.dispose();
    }
  }
}
