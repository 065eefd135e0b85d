/** Rows of a CSV file: in memory, or on disk with the offset of each row known. */
import { TrainingError } from '../../errors.js';
import { openBytes, unpacked, type Bytes } from '../bytes.js';
import { detectDelimiter } from './delimiter.js';
import { BYTE_ORDER_MARK, checkWidth, cutRow, parseCsv, type CsvRow } from './parse.js';
import { memoryFor, sizeText } from '../memory.js';
import { said } from '../../../format/said.js';

export interface Table {
  file: string;
  delimiter: string;
  header: string[];
  /** Number of rows after the header. */
  count: number;
  /** Visits the rows in order: all, or those of `rows`, which must be ascending. `i` counts from 0. */
  each(see: (row: CsvRow, i: number) => void, rows?: Int32Array): Promise<void>;
  /** Returns the rows at these indexes, in any order. */
  at(indexes: Int32Array): Promise<CsvRow[]>;
  close(): Promise<void>;
}

export interface TableSettings {
  /** Null: detected. */
  delimiter: string | null;
  /** Columns that the table should have. */
  wanted: readonly string[];
  memory: number | null;
}

/** Approximate ratio of a row's size in memory to its size in the file. */
const GROWTH = 10;
const MOST_HELD = 128 * 2 ** 20;

export async function openTable(settings: TableSettings, file: string, folder: string): Promise<Table> {
  const memory = memoryFor(settings.memory);
  const bytes = await unpacked(await openBytes(folder, file), memory);
  try {
    const delimiter = settings.delimiter ?? (await delimiterOf(bytes, settings.wanted));
    const table =
      bytes.size * GROWTH <= memory && bytes.size <= MOST_HELD
        ? await HeldTable.read(bytes, delimiter)
        : await FileTable.read(bytes, delimiter);
    if (table.count === 0) throw new TrainingError(said('{0} has a header and no rows', file));
    return table;
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

/** Number of bytes that the delimiter is detected from. */
const START = 2 ** 16;

async function delimiterOf(bytes: Bytes, wanted: readonly string[]): Promise<string> {
  const start = await bytes.read(0, Math.min(START, bytes.size));
  // Invalid text is reported when the file is read.
  const text = new TextDecoder('utf-8').decode(start);
  return detectDelimiter(text, bytes.size <= START, bytes.name, wanted);
}

/** Returns the table without some rows, whose indexes are ascending. */
export function withoutRows(table: Table, left: readonly number[]): Table {
  if (left.length === 0) return table;
  const places = new Int32Array(table.count - left.length);
  for (let i = 0, at = 0; i < table.count; i++) {
    if (left[i - at] === i) continue;
    places[at++] = i;
  }
  return {
    file: table.file,
    delimiter: table.delimiter,
    header: table.header,
    count: places.length,
    each(see, rows) {
      const wanted = rows ? rows.map((row) => places[row]!) : places;
      let next = 0;
      return table.each((row) => {
        const i = next++;
        see(row, rows ? rows[i]! : i);
      }, wanted);
    },
    at: (indexes) => table.at(indexes.map((index) => places[index]!)),
    close: () => table.close(),
  };
}

function namesOf(header: CsvRow | undefined, file: string): string[] {
  if (!header) throw new TrainingError(said('{0} is empty', file));
  const names = header.fields.map((name) => name.trim());
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined)
    throw new TrainingError(said('{0}:{1}: two columns are called "{2}"', file, header.line, twice));
  return names;
}

const decoder = () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

class HeldTable implements Table {
  private constructor(
    readonly file: string,
    readonly delimiter: string,
    readonly header: string[],
    private readonly rows: CsvRow[],
  ) {}

  static async read(bytes: Bytes, delimiter: string): Promise<HeldTable> {
    const file = bytes.name;
    const content = await bytes.read(0, bytes.size);
    let text: string;
    try {
      text = decoder().decode(content);
    } catch {
      throw notText(file);
    }
    const [header, ...rows] = parseCsv(text, file, delimiter);
    const table = new HeldTable(file, delimiter, namesOf(header, file), rows);
    await bytes.close();
    return table;
  }

  get count(): number {
    return this.rows.length;
  }

  each(see: (row: CsvRow, i: number) => void, rows?: Int32Array): Promise<void> {
    if (rows) for (const i of rows) see(this.rows[i]!, i);
    else this.rows.forEach(see);
    return Promise.resolve();
  }

  at(indexes: Int32Array): Promise<CsvRow[]> {
    return Promise.resolve(Array.from(indexes, (i) => this.rows[i]!));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const notText = (file: string) => new TrainingError(said('{0} is not UTF-8 text: save it as CSV in UTF-8', file));

const CHUNK = 2 ** 20;
/** Longest allowed row; a longer one usually means a quote that is never closed. */
const LONGEST_ROW = 16 * 2 ** 20;

class FileTable implements Table {
  header: string[] = [];
  count = 0;
  /** Byte offset of each row, plus the offset where the last one ends. */
  private places = new Float64Array(1024);

  private constructor(
    readonly file: string,
    private readonly bytes: Bytes,
    readonly delimiter: string,
  ) {}

  static async read(bytes: Bytes, delimiter: string): Promise<FileTable> {
    const table = new FileTable(bytes.name, bytes, delimiter);
    let header: CsvRow | undefined;
    await table.scan((row, from, to) => {
      if (header) table.note(from, to);
      else header = row;
    });
    table.header = namesOf(header, table.file);
    table.places = table.places.slice(0, table.count + 1);
    return table;
  }

  private note(from: number, to: number): void {
    if (this.count + 2 > this.places.length) {
      const larger = new Float64Array(Math.ceil(1.5 * this.places.length) + 2);
      larger.set(this.places);
      this.places = larger;
    }
    this.places[this.count++] = from;
    this.places[this.count] = to;
  }

  async each(see: (row: CsvRow, i: number) => void, rows?: Int32Array): Promise<void> {
    let [i, next] = [-2, 0];
    await this.scan((row) => {
      i++;
      if (i < 0 || (rows && rows[next] !== i)) return;
      next++;
      see(row, i);
    });
  }

  at(indexes: Int32Array): Promise<CsvRow[]> {
    return Promise.all(
      Array.from(indexes, async (i) => {
        const [from, to] = [this.places[i]!, this.places[i + 1]!];
        const text = decoder().decode(await this.bytes.read(from, to - from));
        const row = cutRow(text, 0, 0, true, this)!;
        if (row.fields.length !== this.header.length) {
          throw new TrainingError(
            said('{0}: the row at byte {1} has changed since the file was opened', this.file, from),
          );
        }
        return row;
      }),
    );
  }

  /** Scans the file and passes every row, including the header, with its byte range. */
  private async scan(see: (row: CsvRow, from: number, to: number) => void): Promise<void> {
    const { bytes, file } = this;
    const decode = decoder();
    let [text, place, line, width] = ['', 0, 1, 0];
    for (let from = 0; from < bytes.size; from += CHUNK) {
      const last = from + CHUNK >= bytes.size;
      const chunk = await bytes.read(from, Math.min(CHUNK, bytes.size - from));
      try {
        text += decode.decode(chunk, { stream: !last });
      } catch {
        throw new TrainingError(said('{0} (near line {1}, after byte {2})', notText(file).said, line, place));
      }
      let at = 0;
      if (place === 0 && text.charCodeAt(0) === BYTE_ORDER_MARK) [at, place] = [1, 3];
      while (at < text.length) {
        const row = cutRow(text, at, line, last, this);
        if (!row) break;
        const end = place + Buffer.byteLength(text.slice(at, row.end));
        if (!row.blank) {
          width ||= row.fields.length;
          checkWidth(row, width, file);
          see(row, place, end);
        }
        [at, line, place] = [row.end, row.nextLine, end];
      }
      text = text.slice(at);
      if (text.length > LONGEST_ROW) {
        throw new TrainingError(
          said(
            '{0}:{1}: this row is longer than {2}: is a quote (") opened and never closed?',
            file,
            line,
            sizeText(LONGEST_ROW),
          ),
        );
      }
    }
  }

  close(): Promise<void> {
    return this.bytes.close();
  }
}
