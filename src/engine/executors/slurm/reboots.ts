/** Finds out which jobs were lost because their node was booted: two questions for all of them, whose answers are kept. */
import { bootedSince, readBegun, readNodes } from './states.js';
import { within } from '../../within.js';

/** Time that the other jobs wait for an answer; a later one counts the next time. */
const PATIENCE_MS = 2000;

/** How to ask Slurm. Both reject if it does not answer. */
export interface Ask {
  /** Resolves to the person's jobs as squeue prints them in `BEGUN_FORMAT`. */
  jobs(): Promise<string>;
  /** Resolves to what `scontrol show node` prints about these nodes, one per line. */
  nodes(names: readonly string[]): Promise<string>;
}

export class Reboots {
  /** By job. `unknown`: Slurm was asked and did not answer. */
  private readonly answers = new Map<string, boolean | 'unknown'>();
  private asking: Promise<void> | null = null;

  /**
   * Resolves soon to whether the jobs' nodes were booted while they had the jobs. Without an answer `unknown` if Slurm has
   * failed to give one, else nothing: it is still being asked.
   */
  async of(ids: readonly string[], ask: Ask): Promise<ReadonlyMap<string, boolean | 'unknown'>> {
    const kept = new Set(ids);
    for (const id of this.answers.keys()) if (!kept.has(id)) this.answers.delete(id);
    const open = ids.filter((id) => typeof this.answers.get(id) !== 'boolean');
    if (open.length === 0) return this.answers;
    this.asking ??= this.ask(open, ask).finally(() => (this.asking = null));
    await within(this.asking, PATIENCE_MS, () => undefined);
    return this.answers;
  }

  /** Never rejects. */
  private async ask(ids: readonly string[], { jobs, nodes }: Ask): Promise<void> {
    try {
      const begun = readBegun(await jobs());
      const hosts = new Set(ids.flatMap((id) => begun.get(id)?.host || []));
      const booted = hosts.size === 0 ? new Map<string, number | null>() : readNodes(await nodes([...hosts]));
      for (const id of ids) {
        const job = begun.get(id);
        const boot = job ? booted.get(job.host) : undefined;
        // A node that has not come back after the controller's restart says later when it was booted.
        this.answers.set(
          id,
          boot === null ? 'unknown' : job !== undefined && boot !== undefined && bootedSince(job, boot),
        );
      }
    } catch {
      for (const id of ids) this.answers.set(id, 'unknown');
    }
  }
}
