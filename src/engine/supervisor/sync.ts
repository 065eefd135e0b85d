import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RUN_FILES } from '../../protocol/run/runFiles.js';

/**
 * Syncs a run's journals to the disk itself, so that a power cut loses no more than the last interval: those of clients
 * and those of programs that only append. Written data survives a kill anyway. This process does it so that no training
 * program ever waits for a disk.
 */
export class JournalSync {
  private readonly synced = new Map<string, string>();
  private readonly timer: NodeJS.Timeout | undefined;
  private running: Promise<string[]> | null = null;

  /** `ms` 0: only the operating system decides. */
  constructor(
    private readonly folder: string,
    private readonly ms: number,
  ) {
    if (ms > 0) this.timer = setInterval(() => void this.sync(), ms).unref();
  }

  /** Resolves to the names of the files that had changed and are on the disk now. Never rejects. */
  sync(): Promise<string[]> {
    this.running ??= this.syncAll().finally(() => (this.running = null));
    return this.running;
  }

  /** Call it once nobody writes any more. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
    if (this.ms > 0) await this.sync();
  }

  private async syncAll(): Promise<string[]> {
    const journals = join(this.folder, RUN_FILES.journal);
    const done: string[] = [];
    for (const name of await readdir(journals).catch(() => [])) {
      if (name.endsWith('.ndjson') && (await this.syncOne(name, join(journals, name)))) done.push(name);
    }
    return done;
  }

  private async syncOne(name: string, path: string): Promise<boolean> {
    try {
      const { size, mtimeMs } = await stat(path);
      // A memory-mapped file keeps its size, but its time changes.
      const state = `${size} ${mtimeMs}`;
      if (this.synced.get(name) === state) return false;
      const file = await open(path, process.platform === 'win32' ? 'r+' : 'r');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
      this.synced.set(name, state);
      return true;
    } catch {
      // Retried at the next turn.
      return false;
    }
  }
}
