/** Columns of a table as inputs of a network: how each is computed from a cell. */
import { suggest } from '../../../experiment/suggest.js';
import { TrainingError, listOf } from '../../errors.js';
import type { DateOrder, DatePart, Decimal } from './cells.js';
import type { Table } from './table.js';
import { said } from '../../../format/said.js';

interface Scale {
  mean: number;
  deviation: number;
}

/** A missing cell gets the value `fill`; without one, it is an error. `marked` columns have an input that is 1 then. */
interface Fillable<Value> {
  name: string;
  fill?: Value;
  marked?: boolean;
}

export interface NumberColumn extends Fillable<number>, Scale {
  kind: 'number';
  /** Absent: a point. */
  decimal?: Decimal;
}
export interface CategoryColumn extends Fillable<string> {
  kind: 'category';
  categories: string[];
}
export interface DateColumn extends Fillable<string> {
  kind: 'date';
  /** Absent: the year comes first. */
  order?: DateOrder;
  /** Moment from which `elapsed` counts, in days since 1970. */
  origin: number;
  parts: ({ part: DatePart } & Scale)[];
}
/** A column fitted to the training examples. */
export type Column = NumberColumn | CategoryColumn | DateColumn;

export const MOST_CATEGORIES = 1000;

/** One input of the network: (value − mean) / deviation. */
export interface InputColumn extends Scale {
  name: string;
}

/** Returns the inputs that a column becomes, in order. A category is 1 in its own input and 0 in its neighbours'. */
export function inputsOf(column: Column): InputColumn[] {
  const plain = (name: string): InputColumn => ({ name, mean: 0, deviation: 1 });
  return [...valuesOf(column), ...(column.marked ? [plain(`${column.name}:missing`)] : [])];

  function valuesOf(one: Column): InputColumn[] {
    switch (one.kind) {
      case 'number':
        return [{ name: one.name, mean: one.mean, deviation: one.deviation }];
      case 'category':
        return one.categories.map((category) => plain(`${one.name}=${category}`));
      case 'date':
        return one.parts.map(({ part, mean, deviation }) => ({ name: `${one.name}:${part}`, mean, deviation }));
    }
  }
}

export const widthOf = (columns: readonly Column[]): number =>
  columns.reduce(
    (sum, column) =>
      sum +
      (column.kind === 'number' ? 1 : column.kind === 'date' ? column.parts.length : column.categories.length) +
      (column.marked ? 1 : 0),
    0,
  );

/** Index of each column of a table. */
const PLACES = new WeakMap<Table, Map<string, number>>();

export function columnIndex(table: Table, name: string, key: string): number {
  let places = PLACES.get(table);
  if (!places) PLACES.set(table, (places = new Map(table.header.map((each, i) => [each, i]))));
  const index = places.get(name);
  if (index !== undefined) return index;
  const near = suggest(name, table.header);
  const hint = near ? said('did you mean "{0}"?', near) : said('its columns are: {0}', listOf(table.header));
  throw new TrainingError(
    table.header.length === 1
      ? said(
          '{0} has no column "{1}" ({2}); {3} (one column only: is the delimiter right?)',
          table.file,
          name,
          key,
          hint,
        )
      : said('{0} has no column "{1}" ({2}); {3}', table.file, name, key, hint),
  );
}
