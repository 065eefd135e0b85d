/** The live runs whose points the host sends. */
import type { Host } from '../host.js';

export class Watching {
  private key = '';

  constructor(private readonly host: Host) {}

  /** Subscribes to the points of these runs and no others, and to rows with these metrics. */
  only(runs: readonly string[], metrics: string[]): void {
    const key = JSON.stringify([runs, metrics]);
    if (key === this.key) return;
    this.key = key;
    this.host.request('watch', { runs: [...runs], metrics }).catch(() => this.forget());
  }

  /** Makes the next call subscribe again: the host may have lost it. */
  forget(): void {
    this.key = '';
  }
}
