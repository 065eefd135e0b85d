/** Says what was done to read a CSV file, wherever a person could have expected something else. */
import type { DataSource } from '../../../experiment/network/index.js';
import { listOf } from '../../errors.js';
import type { Column, DateColumn } from './columns.js';
import { delimiterText } from './delimiter.js';
import type { Feature } from './fit.js';
import { isVague, type Survey } from './survey.js';
import type { Table } from './table.js';
import type { Target } from './targets.js';

interface Reading {
  /** The table with all its rows. */
  table: Table;
  source: Extract<DataSource, { kind: 'csv' }>;
  surveys: readonly Survey[];
  /** Columns of the same names in the validation file. */
  others: readonly (Survey | undefined)[];
  columns: readonly Column[];
  features: readonly Feature[];
  targets: readonly Target[];
  /** Number of rows left out because they have no target. */
  left: number;
}

/** From so many categories on, and in so many of the cells, a category says nothing about the next row. */
const MANY = 20;
const MOSTLY = 0.5;

const ORDERS = { ymd: 'year first', dmy: 'day first', mdy: 'month first' };
const PARTS = { year: 'year', month: 'month', weekday: 'day of the week', hour: 'hour', elapsed: 'days elapsed' };

export function describe({ table, source, surveys, others, columns, features, targets, left }: Reading): string[] {
  const done: string[] = [];
  const { file, delimiter } = table;
  if (source.delimiter === null && delimiter !== ',') {
    done.push(`${file}: columns are separated by ${delimiterText(delimiter)} (detected; "delimiter" says otherwise)`);
  }
  // Class labels are not read as numbers.
  const numbers = targets.filter(({ index, decimal }) => surveys[index]!.firstWord[decimal] === null);
  const read = [...features.filter(({ kind }) => kind === 'number'), ...numbers];
  const commas = read.filter(
    ({ index, decimal }) => decimal === ',' && (surveys[index]!.firstWord['.'] !== null || surveys[index]!.unclear > 0),
  );
  if (commas.length > 0 && source.decimal === null) {
    done.push(`${columnsText(commas)}: numbers have decimal commas (detected; "decimal" says otherwise)`);
  }
  const codes = features.filter(
    ({ name, index, kind }) => kind === 'category' && surveys[index]!.codes > 0 && !source.categorical.includes(name),
  );
  if (codes.length > 0) {
    done.push(
      `${columnsText(codes)}: digits begin with 0, so they are categories, not numbers ("numeric" says otherwise)`,
    );
  }
  for (const column of read) {
    const units = [...surveys[column.index]!.units];
    if (units.length === 0) continue;
    const percent = units.includes('%') ? ' (5% is 5, not 0.05)' : '';
    done.push(`column "${column.name}": ${listOf(units)} beside numbers is ignored${percent}`);
  }
  const grouped = read.filter(({ index, decimal }) => decimal === '.' && surveys[index]!.unclear > 0);
  if (grouped.length > 0 && source.decimal === null) {
    done.push(`${columnsText(grouped)}: commas separate thousands (detected; "decimal" says otherwise)`);
  }
  for (const column of columns) {
    if (column.kind !== 'date') continue;
    const { order } = column;
    const { index } = features.find(({ name }) => name === column.name)!;
    const vague = order && isVague(surveys[index]!, others[index]);
    const how = order
      ? ` have the ${ORDERS[order]} (${vague ? 'they could be either: write 2024-12-31 to be sure' : 'detected'}) and`
      : '';
    done.push(`column "${column.name}": dates${how} become ${partsText(column)}`);
  }
  for (const column of columns) {
    if (column.kind !== 'category' || source.categorical.includes(column.name)) continue;
    const { present } = surveys[features.find(({ name }) => name === column.name)!.index]!;
    if (column.categories.length < MANY || column.categories.length < MOSTLY * present) continue;
    done.push(
      `column "${column.name}": nearly every value is another one, so little can be learnt from it as categories: ` +
        'leave it out ("features"), or write it as numbers or as dates such as 2024-12-31',
    );
  }
  for (const column of columns) {
    const feature = features.find(({ name }) => name === column.name)!;
    if (!feature.gaps || column.fill === undefined) continue;
    const one = surveys[feature.index]!;
    const missing = one.missing - (column.kind === 'category' ? one.nones : 0);
    const what = column.kind === 'category' ? 'the most frequent value' : 'the median';
    done.push(
      `column "${column.name}": ${missing} of ${table.count} cells are missing and get ${what} of the training rows, ${column.fill}` +
        (column.marked ? `; the input "${column.name}:missing" marks them` : ''),
    );
  }
  if (left > 0) done.push(`${file}: ${left} of ${table.count} rows have no target and are left out`);
  return done;
}

const columnsText = (columns: readonly { name: string }[]): string =>
  `column${columns.length > 1 ? 's' : ''} ${listOf(columns.map(({ name }) => `"${name}"`))}`;

function partsText({ parts }: DateColumn): string {
  const names = parts.map(({ part }) => PARTS[part]);
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names[0]!;
}
