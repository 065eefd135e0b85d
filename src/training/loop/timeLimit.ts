/** Trains fewer epochs when the network's `seconds` would not suffice for all of them. */
import type { Network } from '../../experiment/network/index.js';

/** Share of the time after which the rest is estimated from what the epochs have taken. */
const MEASURED = 0.1;

export class TimeLimit {
  private readonly began = performance.now();
  private first: number | null = null;
  private settled = false;

  constructor(
    private readonly seconds: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Call it after each epoch. Returns how many epochs the training is to have from now on, at least `epoch`; null: as
   * many as before. A resumed training has the whole time again for what is left.
   */
  after(epoch: number, { epochs }: Pick<Network, 'epochs'>): number | null {
    const elapsed = (this.now() - this.began) / 1000;
    this.first ??= epoch - 1;
    if (elapsed >= this.seconds) return epoch;
    if (this.settled || elapsed < MEASURED * this.seconds) return null;
    this.settled = true;
    const affordable = this.first + Math.floor((this.seconds * (epoch - this.first)) / elapsed);
    return affordable < epochs ? Math.max(epoch, affordable) : null;
  }
}
