import { readCsv } from '../../../src/protocol/values/csv.js';
import { pictureIn } from '../../../src/protocol/run/pictureCells.js';

export interface TextTable {
  columns: string[];
  rows: string[][];
  /** True if it has more rows than were read. */
  cut: boolean;
}

const MOST_ROWS = 100_000;
const MOST_COLUMNS = 200;

/** A table from CSV or TSV text; its first line names the columns. */
export function readTable(text: string, mime: string): TextTable {
  const all = mime === 'text/tab-separated-values' ? text.split(/\r?\n/).map((line) => line.split('\t')) : readCsv(text);
  const [head = [], ...body] = all;
  const rows = body.filter((row) => row.length > 1 || row[0] !== '').slice(0, MOST_ROWS);
  const width = Math.min(MOST_COLUMNS, Math.max(head.length, ...rows.slice(0, 100).map((row) => row.length)));
  const columns = Array.from({ length: width }, (_, i) => head[i] ?? '');
  return { columns, rows, cut: body.length > MOST_ROWS || head.length > MOST_COLUMNS };
}

export interface Sorting {
  column: number;
  descending: boolean;
}

/** Text of a cell: the caption of a picture. */
export const wordsOf = (cell: string): string => pictureIn(cell)?.caption ?? cell;

/** Sorts numbers by value, before texts; pictures by their captions; empty cells come last both ways. Equal rows keep their order. */
export function sortRows(rows: readonly string[][], { column, descending }: Sorting): string[][] {
  const way = descending ? -1 : 1;
  const keys = rows.map((row) => {
    const cell = wordsOf(row[column] ?? '').trim();
    return { row, cell, number: cell === '' ? NaN : Number(cell) };
  });
  keys.sort((a, b) => {
    if (a.cell === '' || b.cell === '') return +(a.cell === '') - +(b.cell === '');
    const [aIsNumber, bIsNumber] = [!Number.isNaN(a.number), !Number.isNaN(b.number)];
    if (aIsNumber && bIsNumber) return way * (a.number - b.number);
    if (aIsNumber !== bIsNumber) return way * (aIsNumber ? -1 : 1);
    return way * a.cell.localeCompare(b.cell, 'en', { numeric: true });
  });
  return keys.map(({ row }) => row);
}

/** True if every cell of a column that is not empty is a number. */
export function isNumeric(rows: readonly string[][], column: number): boolean {
  const cells = rows.slice(0, 200).flatMap((row) => (row[column]?.trim() ? [row[column]] : []));
  return cells.length > 0 && cells.every((cell) => !Number.isNaN(Number(cell)));
}
