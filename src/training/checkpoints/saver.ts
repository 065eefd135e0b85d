/** Saves a training's state after each epoch, unless that would take too large a share of its time. */
import { performance } from 'node:perf_hooks';
import type { RunClient } from '../../client/index.js';
import { saidOf } from '../errors.js';
import { said } from '../../format/said.js';

/** Largest share of the time that saving may take. */
const SHARE = 0.05;

export class Saver {
  private readonly started = performance.now();
  private spent = 0;
  private warned = false;

  constructor(
    private readonly run: Pick<RunClient, 'saveCheckpoint' | 'message' | 'stopRequested' | 'checkpointWanted'>,
  ) {}

  /** Saves a checkpoint; `write` fills the folder it receives. */
  async save(epoch: number, write: (folder: string) => Promise<void>): Promise<void> {
    const before = performance.now();
    // The first checkpoint is always saved, and so is one before a pause or stop.
    const asked = this.run.checkpointWanted || this.run.stopRequested !== null;
    if (!asked && this.spent > SHARE * (before - this.started)) return;
    try {
      await this.run.saveCheckpoint(epoch, write);
    } catch (error) {
      // A full disk must not end a training whose metrics are safe in the journal.
      if (!this.warned) this.run.message('warning', said('a checkpoint could not be saved: {0}', saidOf(error)));
      this.warned = true;
    }
    this.spent += performance.now() - before;
  }
}
