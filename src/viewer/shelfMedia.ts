/** Media of the runs on the shelf, in memory up to 256 MiB in all. */
import type { ForeignMedia } from '../foreign/types.js';
import type { MediaFiles } from '../engine/runs/shown/mediaFiles.js';

const MOST_BYTES = 256 * 2 ** 20;
const MOST_FILES = 50_000;

export class ShelfMedia {
  private readonly byRun = new Map<string, Map<string, Uint8Array>>();
  private bytes = 0;
  private files = 0;
  /** Files that were not kept, by run. */
  private readonly leftOut = new Map<string, number>();

  /** Returns the name by which it is read again; null if there are too many. */
  keep(run: string, { bytes }: ForeignMedia): string | null {
    if (this.bytes + bytes.length > MOST_BYTES || this.files >= MOST_FILES) {
      this.leftOut.set(run, (this.leftOut.get(run) ?? 0) + 1);
      return null;
    }
    const own = this.byRun.get(run) ?? new Map<string, Uint8Array>();
    this.byRun.set(run, own);
    const name = `media/${own.size}`;
    // Copied, because the whole piece of the file must not stay in memory.
    own.set(name, Uint8Array.from(bytes));
    this.bytes += bytes.length;
    this.files++;
    return name;
  }

  /** Returns how many files of a run are not kept. */
  missing(run: string): number {
    return this.leftOut.get(run) ?? 0;
  }

  of(run: string): MediaFiles {
    const find = (name: string): Uint8Array | null => this.byRun.get(run)?.get(name) ?? null;
    return {
      bytes: (name, limit) => {
        const bytes = find(name);
        return bytes && bytes.length <= limit ? Buffer.from(bytes) : null;
      },
      size: (name) => find(name)?.length ?? null,
    };
  }

  forget(run: string): void {
    for (const bytes of this.byRun.get(run)?.values() ?? []) {
      this.bytes -= bytes.length;
      this.files--;
    }
    this.byRun.delete(run);
    this.leftOut.delete(run);
  }
}
