/** How often examples of each class were taken for each class. */

/** Above this many classes a matrix is too large for anybody to look at. */
export const MOST_IN_MATRIX = 1000;
/** Above this many classes a matrix does not fit a log. */
export const MOST_IN_TEXT = 20;
/** Characters of a class's name in a log. */
const NAME_WIDTH = 16;

export class Confusion {
  private readonly counts: Uint32Array;

  constructor(readonly classes: readonly string[]) {
    this.counts = new Uint32Array(classes.length ** 2);
  }

  add(truth: number, predicted: number): void {
    this.counts[truth * this.classes.length + predicted]!++;
  }

  /** Counts those of another one too. */
  addRows(rows: readonly (readonly number[])[]): this {
    rows.forEach((row, i) => row.forEach((count, j) => (this.counts[i * row.length + j]! += count)));
    return this;
  }

  /** One row for each true class, one column for each predicted one. */
  get rows(): number[][] {
    const { length } = this.classes;
    return this.classes.map((_, i) => Array.from(this.counts.subarray(i * length, (i + 1) * length)));
  }

  /** As RFC 4180 has it, with the names of the classes as header and first column. */
  csv(): string {
    const header = ['true \\ predicted', ...this.classes];
    const rows = this.rows.map((row, i) => [this.classes[i]!, ...row.map(String)]);
    return [header, ...rows].map((cells) => `${cells.map(quoted).join(',')}\n`).join('');
  }

  /** A table for people; null when there are too many classes for one. */
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
