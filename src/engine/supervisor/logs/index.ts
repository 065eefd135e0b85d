/** Reads log files of other tools while the program writes them. */
import type { Capture } from '../../../protocol/run/captureSettings.js';
import { Candidates, globPattern } from './candidates.js';
import type { LogTail, TailOptions } from './tail.js';

export class LogFiles {
  private readonly candidates: Candidates | null;
  private tail: Promise<LogTail | null> = Promise.resolve(null);

  /** Remembers the files that are there. Make it before the program starts. */
  constructor(
    private readonly files: Capture['files'],
    private readonly places: Pick<TailOptions, 'folder' | 'here' | 'cwd'>,
  ) {
    const globs = Array.isArray(files) ? files.map(globPattern) : null;
    const roots = globs ? [places.cwd] : [places.cwd, places.folder];
    this.candidates = files === 'off' ? null : new Candidates(roots, globs);
  }

  /** Begins to read. `pid` null: the program could not be started. */
  begin(pid: number | null, options: Pick<TailOptions, 'mark' | 'begins' | 'warn'>): void {
    const { candidates, files, places } = this;
    if (candidates === null || files === 'off' || pid === null) return;
    // The readers are loaded once the program works, so that it starts no later for them.
    this.tail = import('./tail.js').then(
      ({ LogTail }) => new LogTail(candidates, { ...places, ...options, files, pid }),
      () => null,
    );
  }

  /** Reads the rest. Call it once the program is gone. */
  async stop(): Promise<void> {
    await (await this.tail)?.stop();
  }
}
