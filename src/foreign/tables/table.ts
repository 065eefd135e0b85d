/** Rows of a CSV or TSV file that grows, and may be rewritten with more columns, as Lightning does. */
import { readCsv } from '../../protocol/values/csv.js';
import { FileBytes } from '../bytes.js';
import { readLines } from '../textLines.js';

const LONGEST_HEADER = 256 * 1024;
const MOST_COLUMNS = 5000;

export interface TablePlace {
  at: number;
  rows: number;
  header: string;
}
export const TABLE_START: TablePlace = { at: 0, rows: 0, header: '' };

/** The column names of a file's first line; null when it has no whole one. */
export function headerOf(file: string): string[] | null {
  const bytes = FileBytes.open(file);
  try {
    const line = firstLine(bytes);
    return line === null ? null : cellsOf(line, file)[0]!.map((name) => name.trim());
  } finally {
    bytes.close();
  }
}

/** Returns the place after the first `at` bytes of a file, whose rows are skipped. */
export function tablePlaceAt(file: string, at: number): TablePlace {
  const bytes = FileBytes.open(file);
  try {
    return { at, rows: 0, header: firstLine(bytes) ?? '' };
  } finally {
    bytes.close();
  }
}

/** Passes the rows that were added since `place`, as texts by column, and those before the last line end only. */
export function readTable(
  file: string,
  place: TablePlace,
  budget: number,
  row: (cells: readonly string[], columns: readonly string[], index: number) => void,
): { place: TablePlace; more: boolean; read: number } {
  const bytes = FileBytes.open(file);
  try {
    const header = firstLine(bytes);
    if (header === null) return { place, more: false, read: 0 };
    const columns = cellsOf(header, file)[0]!
      .slice(0, MOST_COLUMNS)
      .map((name) => name.trim());
    // The file was rewritten: the rows that were read already come first.
    const isSame = header === place.header && bytes.size >= place.at;
    const known = place.rows;
    const start = isSame ? place.at : Buffer.byteLength(header);
    let index = isSame ? place.rows : 0;
    const { next, more } = readLines(bytes, start, budget, (text) => {
      for (const cells of cellsOf(text, file)) {
        if (cells.length === 1 && cells[0] === '') continue;
        if (isSame || index >= known) row(cells, columns, index);
        index++;
      }
    });
    return { place: { at: next, rows: index, header }, more, read: next - start };
  } finally {
    bytes.close();
  }
}

/** The first line with its end; null when it is not whole, or too long. */
function firstLine(bytes: FileBytes): string | null {
  const start = bytes.read(0, LONGEST_HEADER);
  const end = start.indexOf(10);
  return end < 0 ? null : start.toString('utf8', 0, end + 1);
}

function cellsOf(text: string, file: string): string[][] {
  if (!file.endsWith('.tsv')) return readCsv(text);
  return text
    .split(/\r?\n/)
    .slice(0, -1)
    .map((line) => line.split('\t'));
}
