import type { InputReader } from '../types.js';
import type { Encoder } from './encoder.js';
import type { Table } from './table.js';
import type { Said } from '../../../protocol/said.js';

/** Selected rows of a table as numbers. */
export class RowReader implements InputReader {
  readonly width: number;
  readonly exampleBytes: number;

  constructor(
    private readonly table: Table,
    private readonly encoder: Encoder,
    private readonly rows: Int32Array,
  ) {
    this.width = encoder.width;
    this.exampleBytes = 4 * this.width;
  }

  make(examples: number): Float32Array {
    return new Float32Array(examples * this.width);
  }

  async read(indexes: Int32Array): Promise<Float32Array> {
    const rows = await this.table.at(indexes.map((index) => this.rows[index]!));
    const values = this.make(rows.length);
    rows.forEach((row, i) => this.encoder.encode(row, values, i * this.width));
    return values;
  }

  async all(): Promise<Float32Array> {
    const values = this.make(this.rows.length);
    let i = 0;
    await this.table.each((row) => this.encoder.encode(row, values, i++ * this.width), this.rows);
    return values;
  }

  notes(): Said[] {
    return this.encoder.notes();
  }
}
