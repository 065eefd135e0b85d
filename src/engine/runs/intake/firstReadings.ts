/**
 * Reads the journals of a run before something is said about it, if this engine has not done so yet: after the index was lost,
 * while no engine ran, or when a run of another host was just found. Otherwise a run with a thousand points would seem to have none.
 */
import { LIVE_STATUSES } from '../../../protocol/engine/index.js';
import type { Keeper } from '../life/keeper.js';
import { within } from '../../within.js';
import { RunIntake } from './runIntake.js';

/** Milliseconds that an answer waits; then it says what is known so far. */
const WAIT_MS = 5000;

export class FirstReadings {
  /** By run; those of ended runs only while they are being read. */
  private readonly readings = new Map<string, Promise<void>>();

  constructor(private readonly keeper: Keeper) {}

  /** Resolves when the index has of the run what its journals had at this moment, but after five seconds at the latest. */
  async of(id: string): Promise<void> {
    const { runs } = this.keeper.options.store;
    const under = this.readings.get(id);
    if (under) return within(under, WAIT_MS);
    const status = runs.status(id);
    if (status === null || status === 'queued') return;
    if (LIVE_STATUSES.includes(status) || runs.isUnread(id)) await within(this.begin(id), WAIT_MS);
  }

  /** Reads a run, unless it is being read. */
  begin(id: string): Promise<void> {
    const under = this.readings.get(id);
    if (under) return under;
    const reading = this.read(id).finally(() => {
      const status = this.keeper.closed ? null : this.keeper.options.store.runs.status(id);
      if (status === null || !LIVE_STATUSES.includes(status)) this.readings.delete(id);
    });
    this.readings.set(id, reading);
    return reading;
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
