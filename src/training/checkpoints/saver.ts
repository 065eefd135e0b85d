/** Saves a training's state after its epochs, unless that takes too large a part of its time. */
import { performance } from 'node:perf_hooks';
import type { RunClient } from '../../client/index.js';
import { messageOf } from '../errors.js';

/** Saving may take this part of the time. */
const SHARE = 0.05;

export class Saver {
  private readonly started = performance.now();
  private spent = 0;
  private warned = false;

  constructor(
    private readonly run: Pick<RunClient, 'saveCheckpoint' | 'message' | 'stopRequested' | 'checkpointWanted'>,
  ) {}

  /** `write` fills the folder it is given. */
  async save(epoch: number, write: (folder: string) => Promise<void>): Promise<void> {
    const before = performance.now();
    // Always the first, so that there is one; and always when the run is about to be paused or stopped.
    const asked = this.run.checkpointWanted || this.run.stopRequested !== null;
    if (!asked && this.spent > SHARE * (before - this.started)) return;
    try {
      await this.run.saveCheckpoint(epoch, write);
    } catch (error) {
      // A full disk must not end a training whose figures are safe in the journal.
      if (!this.warned) this.run.message('warning', `a checkpoint could not be saved: ${messageOf(error)}`);
      this.warned = true;
    }
    this.spent += performance.now() - before;
  }
}
