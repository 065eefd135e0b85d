/** Type of a file that a program has logged. */
import { imageMime } from './tensorboard/media.js';

const TYPES = new Map([
  ['wav', 'audio/wav'],
  ['mp3', 'audio/mpeg'],
  ['ogg', 'audio/ogg'],
  ['flac', 'audio/flac'],
  ['mp4', 'video/mp4'],
  ['webm', 'video/webm'],
  ['ogv', 'video/ogg'],
  ['svg', 'image/svg+xml'],
  ['html', 'text/html'],
  ['md', 'text/markdown'],
  ['txt', 'text/plain'],
  ['csv', 'text/csv'],
  ['tsv', 'text/tab-separated-values'],
]);
const PICTURES = new Set(['png', 'jpg', 'jpeg', 'gif', 'webp']);
export const UNKNOWN = 'application/octet-stream';

const endOf = (file: string): string => /\.(\w+)$/.exec(file)?.[1]?.toLowerCase() ?? '';

/** Type by the first bytes, else by the ending of the name. */
export function mimeOf(file: string, content: Buffer): string {
  const sniffed = imageMime(content);
  return sniffed === UNKNOWN ? (TYPES.get(endOf(file)) ?? UNKNOWN) : sniffed;
}

/** Returns whether a file of this name may be one that can be shown. */
export const isShown = (file: string): boolean => TYPES.has(endOf(file)) || PICTURES.has(endOf(file));
