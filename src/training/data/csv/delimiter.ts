/** Finds out how the columns of a CSV file are separated. */
import { cutRow, namedDelimiter } from './parse.js';

const CANDIDATES = [',', ';', '\t', '|'];
/** Number of rows that are looked at. */
const ROWS = 100;

/** Returns a delimiter's name for messages. */
export const delimiterText = (delimiter: string): string => (delimiter === '\t' ? 'tabs' : `"${delimiter}"`);

/**
 * Returns the delimiter that cuts all rows of this beginning of a file into the same number of columns, the more the
 * better; a comma when none does. A header with the columns in `wanted` is the strongest sign.
 */
export function detectDelimiter(start: string, whole: boolean, file: string, wanted: readonly string[]): string {
  const named = namedDelimiter(start);
  if (named !== null) return named;
  let best = { delimiter: ',', score: 0 };
  for (const delimiter of CANDIDATES) {
    const widths = widthsOf(start, whole, file, delimiter);
    if (!widths || widths.header.length < 2) continue;
    const isNamed = wanted.every((name) => widths.header.includes(name));
    // A ragged row is reported with its line, if the header leaves no doubt.
    if (!widths.even && !(isNamed && wanted.length > 0)) continue;
    const score = (isNamed ? 1e6 : 0) + (widths.even ? 1e5 : 0) + Math.min(widths.header.length, 9e4);
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

function widthsOf(
  text: string,
  whole: boolean,
  file: string,
  delimiter: string,
): { header: string[]; even: boolean } | null {
  let header: string[] | null = null;
  let even = true;
  try {
    for (let at = 0, rows = 0; at < text.length && rows < ROWS;) {
      const row = cutRow(text, at, 1, whole, { file, delimiter });
      if (!row) break;
      at = row.end;
      if (row.blank) continue;
      rows++;
      header ??= row.fields.map((name) => name.trim());
      even &&= row.fields.length === header.length;
    }
  } catch {
    // Quotes that don't fit this delimiter.
    return null;
  }
  return header && { header, even };
}
