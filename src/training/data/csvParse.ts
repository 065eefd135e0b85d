/** Comma-separated values after RFC 4180: quotes, doubled quotes, line breaks in quotes, LF or CRLF, a byte order mark. */
import { TrainingError } from '../errors.js';

export interface CsvRow {
  fields: string[];
  /** Line where the row begins, from 1. */
  line: number;
}

/** All rows, the header among them; blank lines are left out. Every row has as many fields as the first. */
export function parseCsv(text: string, file: string, delimiter: string): CsvRow[] {
  const rows: CsvRow[] = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const row: CsvRow = { fields: [], line };
    let blank = true;
    for (;;) {
      let field = '';
      if (text[at] === '"') {
        const opened = line;
        blank = false;
        at++;
        for (;;) {
          const quote = text.indexOf('"', at);
          if (quote < 0) throw new TrainingError(`${file}:${opened}: a quote (") is opened and never closed`);
          const part = text.slice(at, quote);
          for (let i = part.indexOf('\n'); i >= 0; i = part.indexOf('\n', i + 1)) line++;
          field += part;
          at = quote + 1;
          if (text[at] !== '"') break;
          field += '"';
          at++;
        }
        const next = text[at];
        if (next !== undefined && next !== delimiter && next !== '\n' && next !== '\r') {
          throw new TrainingError(`${file}:${line}: after a closing quote comes "${next}" instead of "${delimiter}"`);
        }
      } else {
        let end = at;
        while (end < text.length && text[end] !== delimiter && text[end] !== '\n' && text[end] !== '\r') end++;
        field = text.slice(at, end);
        if (field.trim() !== '') blank = false;
        at = end;
      }
      row.fields.push(field);
      if (text[at] === delimiter) {
        blank = false;
        at++;
        continue;
      }
      if (text[at] === '\r') at++;
      if (text[at] === '\n') at++;
      line++;
      break;
    }
    if (blank) continue;
    const width = rows[0]?.fields.length ?? row.fields.length;
    if (row.fields.length !== width) {
      throw new TrainingError(
        `${file}:${row.line}: ${row.fields.length} field${row.fields.length === 1 ? '' : 's'}, but the header has ${width}`,
      );
    }
    rows.push(row);
  }
  return rows;
}
