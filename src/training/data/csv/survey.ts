/** Finds out what each column of a table holds. */
import { TrainingError } from '../../errors.js';
import { isCode, isMissing, momentOf, numberOf, type Decimal } from './cells.js';
import type { CsvRow } from './parse.js';
import type { Table } from './table.js';

interface Cell {
  line: number;
  text: string;
}

/** Content of a column over all rows. */
export interface Survey {
  /** Cells with a value. */
  present: number;
  missing: number;
  /** Cells among the missing ones that say "none", which may be a category. */
  nones: number;
  /** Cells that are numbers with a decimal point, or with a decimal comma; most are both. */
  numbers: Record<Decimal, number>;
  /** Cells such as `1,234`, which are another number in either notation. */
  unclear: number;
  moments: number;
  /** True when a moment has a time of day, or a date. */
  timed: boolean;
  dated: boolean;
  /** Cells of digits that begin with a zero. */
  codes: number;
  /** First missing cell of a column of numbers or dates, and of one of words. */
  firstMissing: Cell | null;
  firstGap: Cell | null;
  /** First cell that is not a number in either notation, and first that is not a date. */
  firstWord: Record<Decimal, Cell | null>;
  firstNoMoment: Cell | null;
}

const emptySurvey = (): Survey => ({
  present: 0,
  missing: 0,
  nones: 0,
  numbers: { '.': 0, ',': 0 },
  unclear: 0,
  moments: 0,
  timed: false,
  dated: false,
  codes: 0,
  firstMissing: null,
  firstGap: null,
  firstWord: { '.': null, ',': null },
  firstNoMoment: null,
});

/** Surveys all columns. `also` receives every row in the same pass. */
export async function survey(table: Table, also?: (row: CsvRow, i: number) => void): Promise<Survey[]> {
  const found = table.header.map(emptySurvey);
  await table.each((row, i) => {
    for (let column = 0; column < found.length; column++) {
      look(found[column]!, row.fields[column]!.trim(), row.line);
    }
    also?.(row, i);
  });
  return found;
}

function look(one: Survey, text: string, line: number): void {
  const cell = () => ({ line, text });
  if (isMissing(text, false)) {
    one.missing++;
    if (isMissing(text, true)) one.firstGap ??= cell();
    else one.nones++;
    one.firstMissing ??= cell();
    return;
  }
  one.present++;
  const [point, comma] = [numberOf(text, '.'), numberOf(text, ',')];
  if (Number.isNaN(point)) one.firstWord['.'] ??= cell();
  else one.numbers['.']++;
  if (Number.isNaN(comma)) one.firstWord[','] ??= cell();
  else one.numbers[',']++;
  if (!Number.isNaN(point)) {
    if (isCode(text)) one.codes++;
    else if (!Number.isNaN(comma) && text.includes(',')) one.unclear++;
    one.firstNoMoment ??= cell();
    return;
  }
  const moment = momentOf(text);
  if (!moment) return void (one.firstNoMoment ??= cell());
  one.moments++;
  one.timed ||= moment.timed;
  one.dated ||= moment.dated;
}

/**
 * Returns the decimal mark of each column: the one with which more of its cells are numbers, else that of most other
 * cells of the file. `free` tells that the comma separates no columns.
 */
export function decimalsOf(surveys: readonly Survey[], wanted: Decimal | null, free: boolean): Decimal[] {
  if (wanted) return surveys.map(() => wanted);
  const lead = ({ numbers }: Survey) => numbers[','] - numbers['.'];
  const numeric = surveys.filter((one) => isNumeric(one, '.') || isNumeric(one, ','));
  const all = numeric.reduce((sum, one) => sum + lead(one), 0);
  const usual: Decimal = all > 0 || (all === 0 && free && numeric.some(({ unclear }) => unclear > 0)) ? ',' : '.';
  return surveys.map((one) => (lead(one) > 0 ? ',' : lead(one) < 0 ? '.' : usual));
}

/** True for nine in ten values: the column is meant so, and the other values are mistakes. */
const isMostly = (count: number, { present }: Survey): boolean => count > 0 && count >= 0.9 * present;

export const isNumeric = (one: Survey, decimal: Decimal): boolean => isMostly(one.numbers[decimal], one);
export const isMoments = (one: Survey): boolean => isMostly(one.moments, one);

export type Kind = 'number' | 'category' | 'date';

/** Throws when a column of this kind contains something else; with `whole`, also when a cell is missing. */
export function checkColumn(
  table: Table,
  column: number,
  one: Survey,
  { kind, decimal, whole }: { kind: Kind; decimal: Decimal; whole: boolean },
): void {
  const gap = kind === 'category' ? one.firstGap : one.firstMissing;
  if (whole && gap) throw missingCell(table, gap, column);
  if (kind === 'category') return;
  const word = kind === 'number' ? one.firstWord[decimal] : one.firstNoMoment;
  if (word) throw wrongCell(table, word, column, kind);
}

export function wrongCell(table: Table, { line, text }: Cell, column: number, kind: Kind): TrainingError {
  const what = kind === 'date' ? 'dates or times' : 'numbers';
  return new TrainingError(
    `${where(table, line, column)} holds ${what}, but here "${text}": fix it, or name the column under "categorical"`,
  );
}

export function missingCell(table: Table, { line, text }: Cell, column: number): TrainingError {
  return new TrainingError(
    `${where(table, line, column)} (${column + 1}) has no value${text ? ` ("${text}")` : ''}: ` +
      'fill it in or leave the row out',
  );
}

export const where = (table: Table, line: number, column: number): string =>
  `${table.file}:${line}: column "${table.header[column]}"`;
