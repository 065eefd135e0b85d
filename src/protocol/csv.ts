/** Tables for other programs, after RFC 4180. */
import type { ParamValue } from './values.js';

/** One line of CSV, without its end. A cell that a spreadsheet would take for a formula gets a leading apostrophe. */
export function csv(cells: readonly (ParamValue | undefined)[]): string {
  return cells
    .map((cell) => {
      if (cell === null || cell === undefined) return '';
      if (typeof cell === 'number') return String(cell);
      const text = typeof cell === 'string' ? cell : JSON.stringify(cell);
      const inert = /^[=+\-@\t\r]/.test(text) && !/^-?Infinity$/.test(text) ? `'${text}` : text;
      return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
    })
    .join(',');
}
