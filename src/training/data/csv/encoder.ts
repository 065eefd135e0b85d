/** Turns rows of a table into a network's inputs. */
import { isMissing, momentOf, numberOf } from './cells.js';
import { columnIndex, MOST_CATEGORIES, widthOf, type Column, type DateColumn, type NumberColumn } from './columns.js';
import type { CsvRow } from './parse.js';
import { missingCell, wrongCell } from './survey.js';
import type { Table } from './table.js';
import { said } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';

interface Plan {
  column: Column;
  index: number;
  codes: Map<string, number>;
  unknown: Set<string>;
  filled: number;
}

export class Encoder {
  readonly width: number;
  private readonly plans: Plan[];

  constructor(
    private readonly table: Table,
    columns: readonly Column[],
  ) {
    this.width = widthOf(columns);
    this.plans = columns.map((column) => ({
      column,
      index: columnIndex(table, column.name, 'features'),
      codes: new Map(column.kind === 'category' ? column.categories.map((name, i) => [name, i]) : []),
      unknown: new Set(),
      filled: 0,
    }));
  }

  /** Writes the row's numbers into `into` from `at` on, which must be zeros. */
  encode(row: CsvRow, into: Float32Array, at: number): void {
    for (const plan of this.plans) {
      const { column, index } = plan;
      let text = row.fields[index]!.trim();
      const missing = isMissing(text, column.kind === 'category');
      if (missing) {
        if (column.fill === undefined) throw missingCell(this.table, { line: row.line, text }, index);
        plan.filled++;
        text = String(column.fill);
      }
      if (column.kind === 'number') {
        const value = missing ? (column.fill as number) : this.number(row, plan, text, column);
        into[at++] = (value - column.mean) / column.deviation;
      } else if (column.kind === 'date') {
        at = this.date(row, plan, text, missing ? { ...column, order: 'ymd' } : column, into, at);
      } else {
        at = category(plan, text, into, at);
      }
      if (column.marked) into[at++] = missing ? 1 : 0;
    }
  }

  private number(row: CsvRow, { index }: Plan, text: string, { decimal }: NumberColumn): number {
    const value = numberOf(text, decimal ?? '.');
    if (Number.isNaN(value)) throw wrongCell(this.table, { line: row.line, text }, index, 'number');
    return value;
  }

  private date(row: CsvRow, { index }: Plan, text: string, column: DateColumn, into: Float32Array, at: number): number {
    const moment = momentOf(text, column.order);
    if (!moment) throw wrongCell(this.table, { line: row.line, text }, index, 'date');
    for (const { part, mean, deviation } of column.parts) {
      const value = part === 'elapsed' ? moment.elapsed - column.origin : moment[part];
      into[at++] = (value - mean) / deviation;
    }
    return at;
  }

  /** Returns notes about categories that no training example has; all inputs of their column are 0. */
  notes(isValidation = true): Said[] {
    return this.plans
      .filter(({ unknown }) => unknown.size > 0)
      .map(({ column, unknown }) => {
        const some = [...unknown].slice(0, 5).join(', ');
        return isValidation
          ? said(
              'column "{0}": {1} value(s) occur only in the validation examples: {2}',
              column.name,
              unknown.size,
              some,
            )
          : said(
              'column "{0}": {1} value(s) do not occur in the training examples: {2}',
              column.name,
              unknown.size,
              some,
            );
      });
  }

  /** Returns notes about missing cells that were filled. */
  fillNotes(): Said[] {
    return this.plans
      .filter(({ filled }) => filled > 0)
      .map(({ column, filled }) =>
        said('column "{0}": {1} missing cell(s) were filled with {2}', column.name, filled, column.fill),
      );
  }
}

function category({ codes, unknown }: Plan, name: string, into: Float32Array, at: number): number {
  const code = codes.get(name);
  if (code !== undefined) into[at + code] = 1;
  else if (unknown.size < MOST_CATEGORIES) unknown.add(name);
  return at + codes.size;
}
