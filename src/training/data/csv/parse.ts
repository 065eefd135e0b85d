/** Parser for CSV (RFC 4180): quotes, doubled quotes, line breaks in quotes, LF or CRLF, a byte order mark. */
import { TrainingError } from '../../errors.js';
import { said } from '../../../format/said.js';

export interface CsvRow {
  fields: string[];
  /** Line where the row begins, from 1. */
  line: number;
}
export interface CutRow extends CsvRow {
  /** Position of the next row in the text, and its line number. */
  end: number;
  nextLine: number;
  /** Nothing of the table: empty, or the line that names the delimiter. */
  blank: boolean;
}

/** Largest number of columns; memory and time grow with it. */
const MOST_COLUMNS = 65_536;

const QUOTE = 34;
const LF = 10;
const CR = 13;

/** First line by which Excel names the delimiter; it is not a row of the table. */
const NAMED = /^\uFEFF?sep=(.)\r?\n/i;

/** Returns the delimiter that the beginning of a file names for Excel; null: none. */
export const namedDelimiter = (start: string): string | null => NAMED.exec(start)?.[1] ?? null;

/** Parses the row at `at`. Returns null when the text ends within it, unless it is the `last` of the file. */
export function cutRow(
  text: string,
  at: number,
  line: number,
  last: boolean,
  { file, delimiter }: { file: string; delimiter: string },
): CutRow | null {
  const separator = delimiter.charCodeAt(0);
  const row: CutRow = { fields: [], line, end: at, nextLine: line, blank: true };
  for (;;) {
    let field = '';
    if (text.charCodeAt(at) === QUOTE) {
      const opened = line;
      row.blank = false;
      at++;
      for (;;) {
        const quote = text.indexOf('"', at);
        if (quote < 0 && !last) return null;
        if (quote < 0) throw new TrainingError(said('{0}:{1}: a quote (") is opened and never closed', file, opened));
        const part = text.slice(at, quote);
        for (let i = part.indexOf('\n'); i >= 0; i = part.indexOf('\n', i + 1)) line++;
        field += part;
        at = quote + 1;
        if (at === text.length && !last) return null;
        if (text.charCodeAt(at) !== QUOTE) break;
        field += '"';
        at++;
      }
      const next = text.charCodeAt(at);
      if (at < text.length && next !== separator && next !== LF && next !== CR) {
        throw new TrainingError(
          said('{0}:{1}: after a closing quote comes "{2}" instead of "{3}"', file, line, text[at], delimiter),
        );
      }
    } else {
      let end = at;
      for (; end < text.length; end++) {
        const code = text.charCodeAt(end);
        if (code === separator || code === LF || code === CR) break;
      }
      field = text.slice(at, end);
      if (row.blank && field.trim() !== '') row.blank = false;
      at = end;
    }
    row.fields.push(field);
    if (row.fields.length > MOST_COLUMNS) {
      throw new TrainingError(
        said(
          '{0}:{1}: a row has more than {2} columns (is the delimiter right? Save wide data as NPY)',
          file,
          line,
          MOST_COLUMNS,
        ),
      );
    }
    if (at < text.length && text.charCodeAt(at) === separator) {
      row.blank = false;
      at++;
      continue;
    }
    // A CR at the end is ambiguous until the next character is known, which may be LF.
    if (!last && (at >= text.length || (text.charCodeAt(at) === CR && at + 1 >= text.length))) return null;
    if (text.charCodeAt(at) === CR) at++;
    if (text.charCodeAt(at) === LF) at++;
    row.end = at;
    row.nextLine = line + 1;
    if (row.line === 1 && NAMED.test(text.slice(0, at))) row.blank = true;
    return row;
  }
}

export function checkWidth(row: CsvRow, width: number, file: string): void {
  if (row.fields.length === width) return;
  const place = `${file}:${row.line}`;
  const { length } = row.fields;
  throw new TrainingError(
    width === 1
      ? said('{0}: {1} fields, but the header has 1 (one column only: is the delimiter right?)', place, length)
      : length === 1
        ? said('{0}: 1 field, but the header has {1}', place, width)
        : said('{0}: {1} fields, but the header has {2}', place, length, width),
  );
}

/** Parses all rows, including the header, and skips blank lines. Every row must have as many fields as the first. */
export function parseCsv(text: string, file: string, delimiter: string): CsvRow[] {
  const rows: CsvRow[] = [];
  let at = text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const row = cutRow(text, at, line, true, { file, delimiter })!;
    [at, line] = [row.end, row.nextLine];
    if (row.blank) continue;
    checkWidth(row, rows[0]?.fields.length ?? row.fields.length, file);
    rows.push({ fields: row.fields, line: row.line });
  }
  return rows;
}

export const BYTE_ORDER_MARK = 0xfeff;
