/** Tables for other programs, after RFC 4180. */
import type { ParamValue } from './index.js';

/**
 * Returns one line of CSV, without its end. A cell that a spreadsheet would read as a formula gets a leading
 * apostrophe.
 */
export function csv(cells: readonly (ParamValue | undefined)[]): string {
  return cells
    .map((cell) => {
      if (cell === null || cell === undefined) return '';
      if (typeof cell === 'number') return String(cell);
      const text = typeof cell === 'string' ? cell : JSON.stringify(cell);
      const inert = /^[=+\-@\t\r\n]/.test(text) && !NUMBER.test(text) ? `'${text}` : text;
      return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
    })
    .join(',');
}

/** Numbers to a spreadsheet, although they begin as a formula may. */
const NUMBER = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|Infinity)$/i;

/** The cells of a CSV text. Quotes that are never closed end with the text. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at < text.length) {
    let cell = '';
    if (text[at] === '"') {
      for (at++; at < text.length; at++) {
        if (text[at] !== '"') cell += text[at]!;
        else if (text[at + 1] === '"') cell += text[++at]!;
        else break;
      }
      at++;
    }
    while (at < text.length && text[at] !== ',' && text[at] !== '\n' && text[at] !== '\r') cell += text[at++]!;
    row.push(cell);
    if (text[at] === ',') {
      at++;
      // A comma at the very end has an empty cell behind it.
      if (at < text.length) continue;
      row.push('');
    }
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
    rows.push(row);
    row = [];
  }
  return rows;
}
