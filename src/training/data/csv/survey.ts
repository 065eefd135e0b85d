/** Finds out what each column of a table holds. */
import { TrainingError } from '../../errors.js';
import { DATE_ORDERS, isCode, isMissing, momentOf, numberOf, unitOf, type DateOrder, type Decimal } from './cells.js';
import type { CsvRow } from './parse.js';
import type { Table } from './table.js';
import { said } from '../../../format/said.js';

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
  /** Cells that are dates or times in each order; some are in two. */
  moments: Record<DateOrder, number>;
  /** Dates whose day and month could change places. */
  vague: number;
  /** Those with points between their parts. */
  pointed: number;
  /** True when a moment has a time of day, or a date. */
  timed: boolean;
  dated: boolean;
  /** Cells of digits that begin with a zero. */
  codes: number;
  /** Currencies and percent signs that its numbers are written with. */
  units: Set<string>;
  /** First missing cell of a column of numbers or dates, and of one of words. */
  firstMissing: Cell | null;
  firstGap: Cell | null;
  /** First cell that is not a number in either notation, and first that is not a date in each order. */
  firstWord: Record<Decimal, Cell | null>;
  firstNoMoment: Record<DateOrder, Cell | null>;
}

const emptySurvey = (): Survey => ({
  present: 0,
  missing: 0,
  nones: 0,
  numbers: { '.': 0, ',': 0 },
  unclear: 0,
  moments: { ymd: 0, dmy: 0, mdy: 0 },
  vague: 0,
  pointed: 0,
  timed: false,
  dated: false,
  codes: 0,
  units: new Set(),
  firstMissing: null,
  firstGap: null,
  firstWord: { '.': null, ',': null },
  firstNoMoment: { ymd: null, dmy: null, mdy: null },
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
  const isPlain = text.length > 0 && Number.isFinite(Number(text));
  if (!isPlain && (!Number.isNaN(point) || !Number.isNaN(comma))) {
    const unit = unitOf(text);
    if (unit !== '') one.units.add(unit);
  }
  if (Number.isNaN(point)) one.firstWord['.'] ??= cell();
  else one.numbers['.']++;
  if (Number.isNaN(comma)) one.firstWord[','] ??= cell();
  else one.numbers[',']++;
  if (!Number.isNaN(point)) {
    if (isCode(text)) one.codes++;
    else if (!Number.isNaN(comma) && text.includes(',')) one.unclear++;
    for (const order of DATE_ORDERS) one.firstNoMoment[order] ??= cell();
    return;
  }
  const moments = DATE_ORDERS.map((order) => momentOf(text, order));
  for (const [i, order] of DATE_ORDERS.entries()) {
    if (moments[i]) one.moments[order]++;
    else one.firstNoMoment[order] ??= cell();
  }
  const moment = moments.find((each) => each !== null);
  if (!moment) return;
  if (moments[1] && moments[2] && moments[1].month !== moments[2].month) one.vague++;
  if (moments[1] && text.includes('.')) one.pointed++;
  one.timed ||= moment.timed;
  one.dated ||= moment.dated;
}

/** Columns of the same names in the validation file, which decide what the training file leaves open. */
type Others = readonly (Survey | undefined)[];

const sumOf = (surveys: Others, lead: (one: Survey) => number): number =>
  surveys.reduce((sum, one) => sum + (one ? lead(one) : 0), 0);

/**
 * Returns the order of each column's dates: the one in which more of its cells are dates, else that of most other dates of the
 * files, else the usual one: the day first between points, the month first otherwise.
 */
export function ordersOf(surveys: readonly Survey[], others: Others): DateOrder[] {
  const lead = ({ moments }: Survey) => moments.dmy - moments.mdy;
  const all = sumOf(surveys, lead) || sumOf(others, lead);
  return surveys.map((one, i) => {
    const { ymd, dmy, mdy } = one.moments;
    if (ymd >= Math.max(dmy, mdy)) return 'ymd';
    const by = lead(one) || sumOf([others[i]], lead) || all || (one.pointed > 0 ? 1 : -1);
    return by > 0 ? 'dmy' : 'mdy';
  });
}

/** True if nothing in the column, nor in the one of the validation file, tells whether the day or the month comes first. */
export const isVague = ({ moments, vague }: Survey, other: Survey | undefined): boolean =>
  vague > 0 && moments.dmy === moments.mdy && other?.moments.dmy === other?.moments.mdy;

/**
 * Returns the decimal mark of each column: the one with which more of its cells are numbers, else that of most other
 * cells of the files. `free` tells that the comma separates no columns.
 */
export function decimalsOf(
  surveys: readonly Survey[],
  wanted: Decimal | null,
  free: boolean,
  others: Others,
): Decimal[] {
  if (wanted) return surveys.map(() => wanted);
  const lead = ({ numbers }: Survey) => numbers[','] - numbers['.'];
  const isNumber = (one: Survey | undefined) => one !== undefined && (isNumeric(one, '.') || isNumeric(one, ','));
  const numeric = surveys.filter(isNumber);
  const all = sumOf(numeric, lead) || sumOf(others.filter(isNumber), lead);
  const usual: Decimal = all > 0 || (all === 0 && free && numeric.some(({ unclear }) => unclear > 0)) ? ',' : '.';
  return surveys.map((one, i) => {
    const by = lead(one) || sumOf([others[i]], lead);
    return by > 0 ? ',' : by < 0 ? '.' : usual;
  });
}

/** True for nine in ten values: the column is meant so, and the other values are mistakes. */
const isMostly = (count: number, { present }: Survey): boolean => count > 0 && count >= 0.9 * present;

export const isNumeric = (one: Survey, decimal: Decimal): boolean => isMostly(one.numbers[decimal], one);
export const isMoments = (one: Survey): boolean => isMostly(Math.max(...Object.values(one.moments)), one);

export type Kind = 'number' | 'category' | 'date';

/** Throws when a column of this kind contains something else; with `whole`, also when a cell is missing. */
export function checkColumn(
  table: Table,
  column: number,
  one: Survey,
  { kind, decimal, order = 'ymd', whole }: { kind: Kind; decimal: Decimal; order?: DateOrder; whole: boolean },
): void {
  const gap = kind === 'category' ? one.firstGap : one.firstMissing;
  if (whole && gap) throw missingCell(table, gap, column);
  if (kind === 'category') return;
  const word = kind === 'number' ? one.firstWord[decimal] : one.firstNoMoment[order];
  if (word) throw wrongCell(table, word, column, kind);
}

export function wrongCell(table: Table, { line, text }: Cell, column: number, kind: Kind): TrainingError {
  const place = where(table, line, column);
  return new TrainingError(
    kind === 'date'
      ? said('{0} holds dates or times, but here "{1}": fix it, or name the column under "categorical"', place, text)
      : said('{0} holds numbers, but here "{1}": fix it, or name the column under "categorical"', place, text),
  );
}

export function missingCell(table: Table, { line, text }: Cell, column: number): TrainingError {
  const place = where(table, line, column);
  return new TrainingError(
    text
      ? said('{0} ({1}) has no value ("{2}"): fill it in or leave the row out', place, column + 1, text)
      : said('{0} ({1}) has no value: fill it in or leave the row out', place, column + 1),
  );
}

export const where = (table: Table, line: number, column: number): string =>
  `${table.file}:${line}: column "${table.header[column]}"`;
