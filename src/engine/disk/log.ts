import * as fs from 'node:fs';
import { appendReal } from '../../files/real.js';

/** Size at which the log is rotated; one older file is kept, so the total is at most twice this. */
const CAP = 2 * 1024 * 1024;

/** The part of a log that writes lines. */
export type LogLines = Pick<Log, 'info' | 'warn' | 'error'>;

/** The engine's own log: one line per event, flushed at once so that a crash loses none. Never throws. */
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
    const line = `${new Date().toISOString()} ${level} ${oneEntry(text.slice(0, 8192))}\n`;
    try {
      if (this.size + line.length > this.cap) this.rotate();
      appendReal(this.file, line);
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

/**
 * Names and messages come from other programs: they must not control the terminal of a person who prints the log, or
 * start a line that looks like an entry of ours.
 */
function oneEntry(text: string): string {
  return text
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '?')
    .replaceAll('\n', '\n    ');
}

function statSize(file: string): number {
  try {
    return fs.statSync(file).size;
  } catch {
    return 0;
  }
}
