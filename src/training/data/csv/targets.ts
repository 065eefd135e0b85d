/** Target columns: classes, or one number or several for each row. */
import { TrainingError } from '../../errors.js';
import type { Targets } from '../types.js';
import { isMissing, numberOf, type Decimal } from './cells.js';
import { MOST_CATEGORIES } from './columns.js';
import { sorted } from './fit.js';
import type { CsvRow } from './parse.js';
import { missingCell, where, wrongCell } from './survey.js';
import type { Table } from './table.js';
import { said } from '../../../format/said.js';

/** Values of a column of classes, collected before it is known that it is one. */
export class Labels {
  private readonly codes: Int32Array;
  private readonly names = new Map<string, number>();

  constructor(
    private readonly target: number,
    count: number,
  ) {
    this.codes = new Int32Array(count);
  }

  see(row: CsvRow, i: number): void {
    const text = row.fields[this.target]!.trim();
    if (isMissing(text, true)) return;
    let code = this.names.get(text);
    // One more than the limit is enough to detect that there are too many.
    if (code === undefined && this.names.size <= MOST_CATEGORIES) this.names.set(text, (code = this.names.size));
    this.codes[i] = code ?? 0;
  }

  /** Returns the different values as numbers; null: there are more than the limit. */
  numbers(decimal: Decimal): number[] | null {
    if (this.names.size > MOST_CATEGORIES) return null;
    return [...new Set([...this.names.keys()].map((text) => numberOf(text, decimal)))];
  }

  classes(table: Table): string[] {
    const target = `${table.file}: target "${table.header[this.target]}"`;
    if (this.names.size < 2) throw new TrainingError(said('{0} is always "{1}"', target, [...this.names.keys()][0]));
    if (this.names.size > MOST_CATEGORIES) {
      throw new TrainingError(
        said(
          '{0} has more than {1} different values: to predict a number, use loss: mse or huber',
          target,
          MOST_CATEGORIES,
        ),
      );
    }
    return sorted(this.names.keys());
  }

  /** Returns the class index of each row but those `left`, which are ascending. */
  indexes(classes: readonly string[], left: readonly number[]): Int32Array {
    const order = [...this.names.keys()].map((name) => classes.indexOf(name));
    let next = 0;
    return this.codes.filter((_, i) => !(left[next] === i && ++next)).map((code) => order[code]!);
  }
}

export interface Target {
  name: string;
  index: number;
  decimal: Decimal;
}

/** Returns class indexes, or [count, targets] numbers when `classes` is null. */
export async function readTargets(
  table: Table,
  targets: readonly Target[],
  classes: readonly string[] | null,
): Promise<Targets> {
  const values = classes ? new Int32Array(table.count) : new Float32Array(table.count * targets.length);
  const index = new Map(classes?.map((name, i) => [name, i]));
  await table.each((row, i) => {
    targets.forEach(({ index: column, decimal }, j) => {
      const text = row.fields[column]!.trim();
      const cell = { line: row.line, text };
      if (isMissing(text, classes !== null)) throw missingCell(table, cell, column);
      const value = classes ? index.get(text) : numberOf(text, decimal);
      if (value === undefined) {
        throw new TrainingError(
          said('{0}: class "{1}" is not among the training examples', where(table, row.line, column), text),
        );
      }
      if (Number.isNaN(value)) throw wrongCell(table, cell, column, 'number');
      values[i * targets.length + j] = value;
    });
  });
  return values;
}
