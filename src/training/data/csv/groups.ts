/** The column that says which group a row belongs to. */
import { TrainingError } from '../../errors.js';
import { columnIndex } from './columns.js';
import { where } from './survey.js';
import type { Table } from './table.js';
import { said } from '../../../format/said.js';

/** Names of the groups, and the code of each row's in the tables that were read. */
export class Groups {
  private readonly codes = new Map<string, number>();

  constructor(private readonly column: string) {}

  get names(): string[] {
    return [...this.codes.keys()];
  }

  /** Returns the code of each row's group, which is its place among `names`. */
  async read(table: Table): Promise<Int32Array> {
    const index = columnIndex(table, this.column, 'group');
    const codes = new Int32Array(table.count);
    await table.each((row, i) => {
      const text = row.fields[index]!.trim();
      if (text === '') throw new TrainingError(said('{0}: the group is missing', where(table, row.line, index)));
      let code = this.codes.get(text);
      if (code === undefined) this.codes.set(text, (code = this.codes.size));
      codes[i] = code;
    });
    return codes;
  }
}
