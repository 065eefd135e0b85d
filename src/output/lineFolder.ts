/**
 * Writes a program's output as the lines that a terminal would show in the end: each progress update replaces the one before
 * it. For files and pipes, and for printing above lines that are redrawn.
 */
import { OutputFilter } from './outputFilter.js';

/** Lines that the program may still move up to. */
const HELD = 100;
/** Columns that a movement can reach. Plain text may be longer. */
const WIDEST = 10_000;

/** Cells after which a line is written as far as it goes. */
const LONGEST = 65_536;
/** Marks that reorder text: a program's output must not look like something else. */
const REORDERING = /[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/** One character and the colours in which it was written. */
interface Cell {
  text: string;
  style: string;
}

interface Options {
  colors: boolean;
  /** Writes each line at its end; moves up to it then come too late. Default: the last 100 lines are held back. */
  atOnce?: boolean;
}

const SEQUENCE = /^\u001b(?:\[([\d;:]*)([A-Za-z])|[78])/;

export class LineFolder {
  private readonly filter = new OutputFilter();
  private lines: Cell[][] = [[]];
  private row = 0;
  private column = 0;
  private style = '';
  /** The beginning of a line that is too long to be kept. */
  private spilled = '';

  constructor(private readonly options: Options) {}

  /** Returns the lines that are complete after this piece. A sequence may be cut anywhere. */
  push(text: string): string {
    // The filter passes on whole sequences only.
    const safe = this.filter.push(text);
    for (let at = 0; at < safe.length;) {
      const sequence = safe[at] === '\u001b' ? SEQUENCE.exec(safe.slice(at, at + 300)) : null;
      if (sequence) {
        this.control(sequence[2] ?? '', sequence[1] ?? '');
        at += sequence[0].length;
        continue;
      }
      const character = String.fromCodePoint(safe.codePointAt(at)!);
      this.put(character);
      at += character.length;
    }
    const spilled = this.spilled;
    this.spilled = '';
    return spilled + this.take(this.options.atOnce ? 0 : HELD);
  }

  /** Returns the rest. Call it once, at the end of the output. */
  end(): string {
    const unfinished = this.lines.at(-1)!.length > 0;
    const text = this.lines.map((line) => this.textOf(line)).join('\n');
    this.lines = [[]];
    this.row = this.column = 0;
    return unfinished ? `${text}\n` : text;
  }

  private put(character: string): void {
    if (character === '\n') {
      this.row++;
      if (this.row === this.lines.length) this.lines.push([]);
    } else if (character === '\r') this.column = 0;
    else if (character === '\b') this.column = Math.max(0, this.column - 1);
    else {
      const line = this.lines[this.row]!;
      while (line.length < this.column) line.push({ text: ' ', style: '' });
      line[this.column++] = { text: REORDERING.test(character) ? '\ufffd' : character, style: this.style };
      if (line.length >= LONGEST) this.spill();
    }
  }

  private spill(): void {
    this.spilled += this.lines.map((line) => this.textOf(line)).join('\n');
    this.lines = [[]];
    this.row = this.column = 0;
  }

  private control(final: string, parameters: string): void {
    const count = Math.min(WIDEST, Number(parameters) || 1);
    const line = this.lines[this.row]!;
    if (final === 'm') this.style = /^0*$/.test(parameters) ? '' : `${this.style}\u001b[${parameters}m`.slice(-400);
    else if (final === 'K') this.erase(line, parameters);
    else if (final === 'J') {
      line.length = Math.min(line.length, this.column);
      this.lines.length = this.row + 1;
    } else if (final === 'C') this.column = Math.min(Math.max(this.column, WIDEST), this.column + count);
    else if (final === 'D') this.column = Math.max(0, this.column - count);
    else if (final === 'G') this.column = count - 1;
    else if (final === 'A' || final === 'F') this.row = Math.max(0, this.row - count);
    else if (final === 'B' || final === 'E') this.row = Math.min(this.lines.length - 1, this.row + count);
    if (final === 'E' || final === 'F') this.column = 0;
  }

  /** Erases to the end of the line (0), from its beginning (1), or all of it (2). */
  private erase(line: Cell[], what: string): void {
    if (what === '2') line.length = 0;
    else if (what === '1') line.fill({ text: ' ', style: '' }, 0, this.column + 1);
    else line.length = Math.min(line.length, this.column);
  }

  /** Returns all but the newest lines. */
  private take(held: number): string {
    const done = Math.min(this.row, this.lines.length - 1 - held);
    if (done <= 0) return '';
    this.row -= done;
    return this.lines
      .splice(0, done)
      .map((line) => `${this.textOf(line)}\n`)
      .join('');
  }

  private textOf(line: Cell[]): string {
    if (!this.options.colors) return line.map(({ text }) => text).join('');
    let [style, out] = ['', ''];
    for (const cell of line) {
      if (cell.style !== style) out += `${style === '' ? '' : '\u001b[0m'}${cell.style}`;
      style = cell.style;
      out += cell.text;
    }
    return style === '' ? out : `${out}\u001b[0m`;
  }
}
