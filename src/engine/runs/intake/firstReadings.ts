/**
 * Reads the journals of a run before the engine answers the first request about it: after the index was lost, while no engine ran,
 * or when a run of another host was just found. Otherwise a run with a thousand points would seem to have none.
 */
import { LIVE_STATUSES } from '../../../protocol/engine/index.js';
import type { Keeper } from '../life/keeper.js';
import { within } from '../../within.js';
import { RunIntake } from './runIntake.js';

/** Milliseconds that an answer waits; then it says what is known so far. */
const WAIT_MS = 5000;

export class FirstReadings {
  private readonly readings = new Map<string, Promise<void>>();
  /** Live runs that have been read: others keep the index up to date. */
  private readonly read = new Set<string>();

  constructor(private readonly keeper: Keeper) {}

  /**
   * Resolves when the index has of the run what its journals had when it was first asked about, but after five seconds at the
   * latest. Resolves to false if nothing had to be read.
   */
  async of(id: string): Promise<boolean> {
    const { runs } = this.keeper.options.store;
    if (!this.readings.has(id)) {
      const status = runs.status(id);
      if (status === null || status === 'queued') return false;
      const isLive = LIVE_STATUSES.includes(status);
      if (!isLive) this.read.delete(id);
      if (isLive ? this.read.has(id) : !runs.isUnread(id)) return false;
    }
    await within(this.begin(id), WAIT_MS, () => undefined);
    return true;
  }

  /** Reads a run, unless it is being read. */
  begin(id: string): Promise<void> {
    let reading = this.readings.get(id);
    if (!reading) {
      reading = this.readAll(id).finally(() => this.readings.delete(id));
      this.readings.set(id, reading);
    }
    return reading;
  }

  private async readAll(id: string): Promise<void> {
    const { folders, store, log } = this.keeper.options;
    const spec = folders.spec(id);
    const status = store.runs.status(id);
    if (!spec || status === null) return;
    const intake = new RunIntake(this.keeper, spec);
    try {
      const isLive = LIVE_STATUSES.includes(status);
      await intake.read(!isLive);
      if (isLive) this.read.add(id);
    } catch (error) {
      log.warn(`run ${id}: its journals could not be read: ${(error as Error).message}`);
    } finally {
      intake.dispose();
    }
  }
}
