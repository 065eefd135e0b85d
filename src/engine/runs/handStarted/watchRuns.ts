/** Notices new folders in the folder of all runs, at once where the system tells, else within seconds. */
import * as fs from 'node:fs';

/** Not every file system tells of changes, and a queue of them may overflow. */
const RESCAN_MS = 5000;

export class RunsWatcher {
  private watcher: fs.FSWatcher | null = null;
  private readonly timer: NodeJS.Timeout;

  constructor(
    folder: string,
    /** A name in the folder appeared or went. */
    private readonly changed: (name: string) => void,
    /** Everything is to be looked at. */
    rescan: () => void,
  ) {
    this.timer = setInterval(() => {
      this.watcher ??= this.watch(folder);
      rescan();
    }, RESCAN_MS);
    this.timer.unref();
    this.watcher = this.watch(folder);
  }

  close(): void {
    clearInterval(this.timer);
    this.watcher?.close();
  }

  private watch(folder: string): fs.FSWatcher | null {
    try {
      const watcher = fs.watch(folder, { persistent: false }, (_event, name) => {
        if (name !== null) this.changed(name);
      });
      watcher.on('error', () => {
        watcher.close();
        if (this.watcher === watcher) this.watcher = null;
      });
      return watcher;
    } catch {
      // No more watches to be had, or a file system without them.
      return null;
    }
  }
}
