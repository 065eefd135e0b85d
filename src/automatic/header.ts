/** The columns of a table, for a person who has to choose one. */
import { open } from 'node:fs/promises';
import { gunzipSync, constants } from 'node:zlib';
import { AutoError } from './files.js';
import { l10n } from '../format/l10n.js';

/** Maximum number of bytes that are read; no header is longer. */
const MOST_HEADER = 1 << 16;
const DELIMITERS = [',', ';', '\t', '|'];

/** Returns the names of the columns. Throws an AutoError if there are none. */
export async function headerOf(file: string): Promise<string[]> {
  const handle = await open(file, 'r');
  let bytes: Buffer;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MOST_HEADER), 0, MOST_HEADER, 0);
    bytes = buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
  if (/\.gz$/i.test(file)) bytes = gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
  const line = bytes
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)[0]!;
  const columns = split(line).map((name) => name.trim());
  if (columns.every((name) => name === '')) throw new AutoError(l10n.t('{0} is empty.', file));
  return columns;
}

/** Splits at the delimiter that the line has most of; quotes protect it. */
function split(line: string): string[] {
  const plain = line.replaceAll(/"[^"]*"/g, '');
  const count = (mark: string): number => plain.split(mark).length;
  const delimiter = DELIMITERS.reduce((best, one) => (count(one) > count(best) ? one : best));
  const cells: string[] = [''];
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (char === '"' && quoted && line[i + 1] === '"') cells[cells.length - 1] += line[++i]!;
    else if (char === '"') quoted = !quoted;
    else if (char === delimiter && !quoted) cells.push('');
    else cells[cells.length - 1] += char;
  }
  return cells;
}
