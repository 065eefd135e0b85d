/** The live runs whose points the host sends. */
import type { Host } from '../host.js';

export class Watching {
  private key = '';

  constructor(private readonly host: Host) {}

  /** Subscribes to the points of only these runs. */
  only(runs: readonly string[]): void {
    const key = runs.join();
    if (key === this.key) return;
    this.key = key;
    this.host.request('watch', { runs: [...runs] }).catch(() => this.forget());
  }

  /** Makes the next call subscribe again: the host may have lost it. */
  forget(): void {
    this.key = '';
  }
}
