/** Notices new folders in the folder of all runs, at once where the system tells, else within seconds. */
import * as fs from 'node:fs';

/** Not every file system tells of changes, and a queue of them may overflow. */
const RESCAN_MS = 5000;
/** Until the first run of a workspace makes the folder. */
const MISSING_MS = 500;

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
    this.watcher = this.watch(folder);
    let looked = performance.now();
    this.timer = setInterval(() => {
      const appeared = this.watcher === null && fs.existsSync(folder);
      if (appeared) this.watcher = this.watch(folder);
      if (!appeared && performance.now() - looked < RESCAN_MS) return;
      looked = performance.now();
      rescan();
    }, MISSING_MS);
    this.timer.unref();
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
