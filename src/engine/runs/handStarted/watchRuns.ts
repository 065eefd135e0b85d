/** Notices new folders in the folder of all runs: at once where the system reports them, else within seconds. */
import * as fs from 'node:fs';

/** Not every file system reports changes, and a queue of them may overflow. */
const RESCAN_MS = 5000;
/** Pause until the first run of a workspace creates the folder. */
const MISSING_MS = 500;

export class RunsWatcher {
  private watcher: fs.FSWatcher | null = null;
  private readonly timer: NodeJS.Timeout;

  constructor(
    folder: string,
    /** Called when a name in the folder appeared or disappeared. */
    private readonly changed: (name: string) => void,
    /** Called when everything has to be checked. */
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
      // The system has no more watches, or the file system has none.
      return null;
    }
  }
}
