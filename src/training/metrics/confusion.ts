/** Confusion matrix: counts of predicted classes for each true class. */

/** With more classes than this, the matrix is too large to look at. */
export const MOST_IN_MATRIX = 1000;
/** With more classes than this, the matrix does not fit in a log. */
export const MOST_IN_TEXT = 20;
/** Width of a class's name in a log, in characters. */
const NAME_WIDTH = 16;

export class Confusion {
  private readonly counts: Uint32Array;

  constructor(readonly classes: readonly string[]) {
    this.counts = new Uint32Array(classes.length ** 2);
  }

  add(truth: number, predicted: number): void {
    this.counts[truth * this.classes.length + predicted]!++;
  }

  /** Adds the counts of another matrix. */
  addRows(rows: readonly (readonly number[])[]): this {
    rows.forEach((row, i) => row.forEach((count, j) => (this.counts[i * row.length + j]! += count)));
    return this;
  }

  /** Counts, with one row per true class and one column per predicted class. */
  get rows(): number[][] {
    const { length } = this.classes;
    return this.classes.map((_, i) => Array.from(this.counts.subarray(i * length, (i + 1) * length)));
  }

  /** Returns the matrix as CSV (RFC 4180), with the class names as header and first column. */
  csv(): string {
    const header = ['true \\ predicted', ...this.classes];
    const rows = this.rows.map((row, i) => [this.classes[i]!, ...row.map(String)]);
    return [header, ...rows].map((cells) => `${cells.map(quoted).join(',')}\n`).join('');
  }

  /** Returns a table for the log; null when there are too many classes. */
  text(): string | null {
    if (this.classes.length > MOST_IN_TEXT) return null;
    const names = this.classes.map(short);
    const rows = this.rows.map((row) => row.map(String));
    const widths = names.map((name, j) => Math.max(name.length, ...rows.map((row) => row[j]!.length)));
    const first = Math.max(...names.map((name) => name.length));
    const line = (name: string, cells: string[]): string =>
      [name.padEnd(first), ...cells.map((cell, j) => cell.padStart(widths[j]!))].join('  ');
    return [line('', names), ...rows.map((row, i) => line(names[i]!, row))].join('\n');
  }
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function short(name: string): string {
  const characters = [...name.replace(/\s+/g, ' ')];
  return characters.length > NAME_WIDTH ? `${characters.slice(0, NAME_WIDTH - 1).join('')}…` : characters.join('');
}
