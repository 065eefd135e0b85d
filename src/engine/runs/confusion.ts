/** The confusion matrix that a run has left, as a file of its own. */
import * as path from 'node:path';
import { readReal } from '../../files/real.js';
import { readCsv } from '../../protocol/csv.js';
import type { Confusion } from '../../protocol/engine.js';
import type { RunMedia } from '../../store/api.js';

/** Name under which programs log it. */
export const CONFUSION_MEDIA = 'confusion matrix';
/** Enough for a thousand classes. Programs write these files, and may write anything. */
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_CLASSES = 1000;

/** Null when there is none, or it is not what it must be. Reads nothing outside the run's folder. */
export function readConfusion(folder: string, media: readonly RunMedia[]): Confusion | null {
  const record = media.findLast(({ name, mime }) => name === CONFUSION_MEDIA && mime === 'text/csv');
  if (!record) return null;
  const text = readInside(folder, record.path);
  const table = text === null ? null : parse(text);
  return table && { ...table, step: record.step ?? null };
}

function readInside(folder: string, name: string): string | null {
  const file = path.resolve(folder, name);
  if (!file.startsWith(folder + path.sep)) return null;
  try {
    return readReal(file, MOST_BYTES);
  } catch {
    // Gone, never there, too large, or a link.
    return null;
  }
}

/** Names of the predicted classes above, a row for each true class. */
function parse(text: string): { classes: string[]; rows: number[][] } | null {
  const [head, ...body] = readCsv(text);
  const classes = head?.slice(1) ?? [];
  if (classes.length === 0 || classes.length > MOST_CLASSES || body.length !== classes.length) return null;
  const rows = body.map((cells) => cells.slice(1).map(Number));
  const good = rows.every(
    (row) => row.length === classes.length && row.every((count) => Number.isInteger(count) && count >= 0),
  );
  return good ? { classes, rows } : null;
}
