/** Says what was done to read a CSV file, wherever a person could have expected something else. */
import type { DataSource } from '../../../experiment/network/index.js';
import { listOf } from '../../errors.js';
import type { Column, DateColumn } from './columns.js';
import { delimiterText } from './delimiter.js';
import type { Feature } from './fit.js';
import { isVague, type Survey } from './survey.js';
import type { Table } from './table.js';
import type { Target } from './targets.js';
import { said } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';

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

const ORDERS = { ymd: said('year first'), dmy: said('day first'), mdy: said('month first') };
const PARTS = {
  year: said('year'),
  month: said('month'),
  weekday: said('day of the week'),
  hour: said('hour'),
  elapsed: said('days elapsed'),
};

export function describe({ table, source, surveys, others, columns, features, targets, left }: Reading): Said[] {
  const done: Said[] = [];
  const { file, delimiter } = table;
  if (source.delimiter === null && delimiter !== ',') {
    done.push(
      said(
        '{0}: columns are separated by {1} (detected; "delimiter" says otherwise)',
        file,
        delimiter === '\t' ? said('tabs') : delimiterText(delimiter),
      ),
    );
  }
  // Class labels are not read as numbers.
  const numbers = targets.filter(({ index, decimal }) => surveys[index]!.firstWord[decimal] === null);
  const read = [...features.filter(({ kind }) => kind === 'number'), ...numbers];
  const commas = read.filter(
    ({ index, decimal }) => decimal === ',' && (surveys[index]!.firstWord['.'] !== null || surveys[index]!.unclear > 0),
  );
  if (commas.length > 0 && source.decimal === null) {
    done.push(said('{0}: numbers have decimal commas (detected; "decimal" says otherwise)', columnsText(commas)));
  }
  const codes = features.filter(
    ({ name, index, kind }) => kind === 'category' && surveys[index]!.codes > 0 && !source.categorical.includes(name),
  );
  if (codes.length > 0) {
    done.push(
      said(
        '{0}: digits begin with 0, so they are categories, not numbers ("numeric" says otherwise)',
        columnsText(codes),
      ),
    );
  }
  for (const column of read) {
    const units = [...surveys[column.index]!.units];
    if (units.length === 0) continue;
    done.push(
      units.includes('%')
        ? said('column "{0}": {1} beside numbers is ignored (5% is 5, not 0.05)', column.name, listOf(units))
        : said('column "{0}": {1} beside numbers is ignored', column.name, listOf(units)),
    );
  }
  const grouped = read.filter(({ index, decimal }) => decimal === '.' && surveys[index]!.unclear > 0);
  if (grouped.length > 0 && source.decimal === null) {
    done.push(said('{0}: commas separate thousands (detected; "decimal" says otherwise)', columnsText(grouped)));
  }
  for (const column of columns) {
    if (column.kind !== 'date') continue;
    const { order } = column;
    const { index } = features.find(({ name }) => name === column.name)!;
    const vague = order && isVague(surveys[index]!, others[index]);
    const parts = partsText(column);
    if (!order) done.push(said('column "{0}": dates become {1}', column.name, parts));
    else
      done.push(
        vague
          ? said(
              'column "{0}": dates have the {1} (they could be either: write 2024-12-31 to be sure) and become {2}',
              column.name,
              ORDERS[order],
              parts,
            )
          : said('column "{0}": dates have the {1} (detected) and become {2}', column.name, ORDERS[order], parts),
      );
  }
  for (const column of columns) {
    if (column.kind !== 'category' || source.categorical.includes(column.name)) continue;
    const { present } = surveys[features.find(({ name }) => name === column.name)!.index]!;
    if (column.categories.length < MANY || column.categories.length < MOSTLY * present) continue;
    done.push(
      said(
        'column "{0}": nearly every value is another one, so little can be learnt from it as categories: leave it out ("features"), or write it as numbers or as dates such as 2024-12-31',
        column.name,
      ),
    );
  }
  for (const column of columns) {
    const feature = features.find(({ name }) => name === column.name)!;
    if (!feature.gaps || column.fill === undefined) continue;
    const one = surveys[feature.index]!;
    const missing = one.missing - (column.kind === 'category' ? one.nones : 0);
    const { name, fill } = column;
    const note =
      column.kind === 'category'
        ? said(
            'column "{0}": {1} of {2} cells are missing and get the most frequent value of the training rows, {3}',
            ...[name, missing, table.count, fill],
          )
        : said(
            'column "{0}": {1} of {2} cells are missing and get the median of the training rows, {3}',
            ...[name, missing, table.count, fill],
          );
    done.push(column.marked ? said('{0}; the input "{1}:missing" marks them', note, name) : note);
  }
  if (left > 0) done.push(said('{0}: {1} of {2} rows have no target and are left out', file, left, table.count));
  return done;
}

function columnsText(columns: readonly { name: string }[]): Said {
  const names = listOf(columns.map(({ name }) => `"${name}"`));
  return columns.length > 1 ? said('columns {0}', names) : said('column {0}', names);
}

function partsText({ parts }: DateColumn): Said {
  const names = parts.map(({ part }) => PARTS[part]);
  return names.length > 1
    ? said(
        '{0} and {1}',
        {
          text: names
            .slice(1)
            .map((_, i) => `{${i}}`)
            .join(', '),
          values: names.slice(0, -1),
        },
        names.at(-1),
      )
    : names[0]!;
}
