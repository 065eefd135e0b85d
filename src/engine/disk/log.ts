import * as fs from 'node:fs';

/** Size at which the log starts anew; one older file is kept, so it never takes more than twice this. */
const CAP = 2 * 1024 * 1024;

/** The engine's own log: one line an event, flushed at once so that a crash loses none. Never throws. */
export class Log {
  private size: number;

  constructor(
    readonly file: string,
    private readonly cap = CAP,
  ) {
    this.size = statSize(file);
  }

  info(text: string): void {
    this.write('info', text);
  }

  warn(text: string): void {
    this.write('warning', text);
  }

  error(text: string, error?: unknown): void {
    const why =
      error instanceof Error ? `: ${error.stack ?? error.message}` : error === undefined ? '' : `: ${String(error)}`;
    this.write('error', text + why);
  }

  private write(level: string, text: string): void {
    // Control characters of other programs (terminal escapes) have no business in a log that people print.

    const clean = text.slice(0, 8192).replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '?');
    const line = `${new Date().toISOString()} ${level} ${clean}\n`;
    try {
      if (this.size + line.length > this.cap) this.rotate();
      fs.appendFileSync(this.file, line, { mode: 0o600 });
      this.size += Buffer.byteLength(line);
    } catch {
      // A full disk must not end the engine.
    }
  }

  private rotate(): void {
    fs.renameSync(this.file, `${this.file}.1`);
    this.size = 0;
  }
}

function statSize(file: string): number {
  try {
    return fs.statSync(file).size;
  } catch {
    return 0;
  }
}
