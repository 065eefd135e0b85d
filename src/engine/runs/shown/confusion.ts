/** The confusion matrix that a run has saved as a file. */
import { readCsv } from '../../../protocol/values/csv.js';
import { CONFUSION_NAME } from '../../../protocol/run/runFiles.js';
import type { Confusion } from '../../../protocol/engine/index.js';
import type { RunMedia } from '../../../store/api.js';
import type { MediaFiles } from './mediaFiles.js';

/** Enough for a thousand classes. Programs write these files, and may write anything. */
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_CLASSES = 1000;

/** Null if there is none, or it is invalid. */
export function readConfusion(files: MediaFiles, media: readonly RunMedia[]): Confusion | null {
  const record = media.findLast(({ name, mime }) => name === CONFUSION_NAME && mime === 'text/csv');
  if (!record) return null;
  const bytes = files.bytes(record.path, MOST_BYTES);
  const table = bytes && parse(bytes.toString('utf8'));
  return table && { ...table, step: record.step ?? null };
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
