/** A few lines at the end of the terminal that are redrawn in place. Without a terminal, nothing is drawn. */
import { stripVTControlCharacters } from 'node:util';
import { fit, width } from './terminal.js';

export class LiveArea {
  private lines = 0;
  private drawnAt = 0;
  private pending: NodeJS.Timeout | null = null;

  constructor(private readonly stream: NodeJS.WriteStream) {}

  get live(): boolean {
    return this.stream.isTTY === true && process.env.TERM !== 'dumb';
  }

  /** At most ten times a second; the last one always gets drawn. */
  draw(lines: string[]): void {
    if (!this.live) return;
    if (this.pending) clearTimeout(this.pending);
    this.pending = null;
    const wait = this.drawnAt + 100 - Date.now();
    if (wait > 0) {
      this.pending = setTimeout(() => this.draw(lines), wait);
      return;
    }
    this.drawnAt = Date.now();
    const columns = this.stream.columns || 100;
    const rows = Math.max(4, (this.stream.rows || 24) - 1);
    const shown = lines
      .slice(0, rows)
      .map((line) => (width(line) > columns ? fit(stripVTControlCharacters(line), columns) : line));
    this.stream.write(`${this.up()}${shown.map((line) => `\u001b[2K${line}\n`).join('')}\u001b[0J`);
    this.lines = shown.length;
  }

  /** Takes the lines away, so that something else can be printed. */
  clear(): void {
    if (this.pending) clearTimeout(this.pending);
    this.pending = null;
    if (!this.live || this.lines === 0) return;
    this.stream.write(`${this.up()}\u001b[0J`);
    this.lines = 0;
  }

  private up(): string {
    return this.lines > 0 ? `\u001b[${this.lines}A\r` : '';
  }
}
