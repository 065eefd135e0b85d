/** Columns of CSV files: their content, and its conversion to numbers. */
import { suggest } from '../../experiment/suggest.js';
import { TrainingError, listOf } from '../errors.js';
import type { CsvRow } from './csvParse.js';
import type { Table } from './csvTable.js';
import { Moments } from './scale.js';
import type { Targets } from './types.js';

export type Column =
  | { name: string; kind: 'number'; mean: number; deviation: number }
  | { name: string; kind: 'category'; categories: string[] };

const MISSING = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '?']);
export const MOST_CATEGORIES = 1000;

/** Index of each column of a table. */
const PLACES = new WeakMap<Table, Map<string, number>>();

export function columnIndex(table: Table, name: string, key: string): number {
  let places = PLACES.get(table);
  if (!places) PLACES.set(table, (places = new Map(table.header.map((each, i) => [each, i]))));
  const index = places.get(name);
  if (index !== undefined) return index;
  const near = suggest(name, table.header);
  const hint = near ? `did you mean "${near}"?` : `its columns are: ${listOf(table.header)}`;
  const only = table.header.length === 1 ? ' (one column only: is the delimiter right?)' : '';
  throw new TrainingError(`${table.file} has no column "${name}" (${key}); ${hint}${only}`);
}

const where = (table: Table, row: Pick<CsvRow, 'line'>, column: number) =>
  `${table.file}:${row.line}: column "${table.header[column]}"`;

/** Returns true for a number. `text` must be trimmed. */
export function isNumber(text: string): boolean {
  if (text === '' || !Number.isFinite(Number(text))) return false;
  // JavaScript also accepts hexadecimal, octal and binary numbers.
  return text.charCodeAt(0) !== ZERO || !/^0[xob]/i.test(text);
}
const ZERO = 48;
const isMissing = (text: string) => text.length <= 4 && MISSING.has(text.toLowerCase());

/** Content of a column over all rows. */
export interface Survey {
  numbers: number;
  words: number;
  missing: Cell | null;
  /** First value that is not a number. */
  word: Cell | null;
}
interface Cell {
  line: number;
  text: string;
}

/** Surveys all columns. `also` receives every row in the same pass. */
export async function survey(table: Table, also?: (row: CsvRow, i: number) => void): Promise<Survey[]> {
  const found: Survey[] = table.header.map(() => ({ numbers: 0, words: 0, missing: null, word: null }));
  await table.each((row, i) => {
    for (let column = 0; column < found.length; column++) {
      const text = row.fields[column]!.trim();
      const one = found[column]!;
      if (isNumber(text)) one.numbers++;
      else if (isMissing(text)) one.missing ??= { line: row.line, text };
      else {
        one.words++;
        one.word ??= { line: row.line, text };
      }
    }
    also?.(row, i);
  });
  return found;
}

/**
 * True when nine in ten values are numbers: the column is meant to be numeric, and the other values are reported as
 * mistakes.
 */
export const isNumeric = ({ numbers, words }: Survey): boolean => numbers > 0 && numbers >= 0.9 * (numbers + words);

/** Throws when a value is missing or a numeric column contains a word. */
export function checkCells(table: Table, column: number, { missing, word }: Survey, numeric: boolean): void {
  if (missing && !(numeric && word && word.line < missing.line)) {
    throw new TrainingError(
      `${where(table, missing, column)} (${column + 1}) has no value${missing.text ? ` ("${missing.text}")` : ''}: ` +
        'fill it in or leave the row out',
    );
  }
  if (numeric && word) {
    throw new TrainingError(
      `${where(table, word, column)} holds numbers, but here "${word.text}": mend it, or name the column under "categorical"`,
    );
  }
}

function valueAt(table: Table, row: CsvRow, column: number): string {
  const text = row.fields[column]!.trim();
  if (isMissing(text)) checkCells(table, column, { ...NOTHING, missing: { line: row.line, text } }, false);
  return text;
}

function numberAt(table: Table, row: CsvRow, column: number): number {
  const text = row.fields[column]!.trim();
  if (!isNumber(text)) {
    valueAt(table, row, column);
    checkCells(table, column, { ...NOTHING, word: { line: row.line, text } }, true);
  }
  return Number(text);
}
const NOTHING: Survey = { numbers: 0, words: 0, missing: null, word: null };

/** Returns class indexes, or numbers when `classes` is null. */
export async function readTargets(table: Table, target: number, classes: readonly string[] | null): Promise<Targets> {
  const targets = classes ? new Int32Array(table.count) : new Float32Array(table.count);
  const index = new Map(classes?.map((name, i) => [name, i]));
  await table.each((row, i) => {
    if (!classes) targets[i] = numberAt(table, row, target);
    else {
      const name = valueAt(table, row, target);
      const at = index.get(name);
      if (at === undefined)
        throw new TrainingError(`${where(table, row, target)}: class "${name}" is not among the training examples`);
      targets[i] = at;
    }
  });
  return targets;
}

/** Sorts numbers by value and words by code point, so that the order is the same on every machine. */
export function sorted(names: Iterable<string>): string[] {
  const all = [...names];
  return all.every(isNumber)
    ? all.sort((a, b) => Number(a) - Number(b))
    : all.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

export interface Feature {
  name: string;
  index: number;
  numeric: boolean;
}

/** Computes means, deviations and categories from the rows `train`. */
export async function fitColumns(
  table: Table,
  features: readonly Feature[],
  train: Int32Array,
  standardize: boolean,
): Promise<Column[]> {
  const moments = features.map(({ numeric }) => (numeric && standardize ? new Moments(1) : null));
  const names = features.map(({ numeric }) => (numeric ? null : new Set<string>()));
  if (standardize || names.some((set) => set)) {
    await table.each((row) => {
      features.forEach(({ name, index, numeric }, i) => {
        if (numeric) return moments[i]?.add([numberAt(table, row, index)]);
        const set = names[i]!.add(valueAt(table, row, index));
        if (set.size > MOST_CATEGORIES) {
          throw new TrainingError(
            `${table.file}: column "${name}" has more than ${MOST_CATEGORIES} different values, too many for categories: ` +
              'name the columns to use under "features"',
          );
        }
      });
    }, train);
  }
  return features.map(({ name, numeric }, i) =>
    numeric
      ? { name, kind: 'number', ...(moments[i]?.read()[0] ?? { mean: 0, deviation: 1 }) }
      : { name, kind: 'category', categories: sorted(names[i]!) },
  );
}

export const widthOf = (columns: readonly Column[]): number =>
  columns.reduce((sum, column) => sum + (column.kind === 'number' ? 1 : column.categories.length), 0);

/** Turns rows into numbers. */
export class Encoder {
  readonly width: number;
  private readonly plan: { column: Column; index: number; codes: Map<string, number>; unknown: Set<string> }[];

  constructor(
    private readonly table: Table,
    columns: readonly Column[],
  ) {
    this.width = widthOf(columns);
    this.plan = columns.map((column) => ({
      column,
      index: columnIndex(table, column.name, 'features'),
      codes: new Map(column.kind === 'category' ? column.categories.map((name, i) => [name, i]) : []),
      unknown: new Set(),
    }));
  }

  /** Writes the row's numbers into `into` from `at` on, which must be zeros. */
  encode(row: CsvRow, into: Float32Array, at: number): void {
    for (const { column, index, codes, unknown } of this.plan) {
      if (column.kind === 'number') {
        into[at++] = (numberAt(this.table, row, index) - column.mean) / column.deviation;
        continue;
      }
      const name = valueAt(this.table, row, index);
      const code = codes.get(name);
      if (code !== undefined) into[at + code] = 1;
      else if (unknown.size < MOST_CATEGORIES) unknown.add(name);
      at += codes.size;
    }
  }

  /** Returns notes about categories that no training example has; all inputs of their column are 0. */
  notes(where = 'occur only in the validation examples'): string[] {
    return this.plan
      .filter(({ unknown }) => unknown.size > 0)
      .map(
        ({ column, unknown }) =>
          `column "${column.name}": ${unknown.size} value(s) ${where}: ${[...unknown].slice(0, 5).join(', ')}`,
      );
  }
}
