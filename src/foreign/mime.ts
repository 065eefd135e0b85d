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
  ['ply', 'model/ply'],
  ['obj', 'model/obj'],
  ['stl', 'model/stl'],
]);
const PICTURES = new Set(['png', 'jpg', 'jpeg', 'gif', 'webp']);
export const UNKNOWN = 'application/octet-stream';

const endOf = (file: string): string => /\.(\w+)$/.exec(file)?.[1]?.toLowerCase() ?? '';

/** Type by the first bytes, else by the ending of the name. */
export function mimeOf(file: string, content: Buffer): string {
  const sniffed = imageMime(content);
  return sniffed === UNKNOWN ? (TYPES.get(endOf(file)) ?? UNKNOWN) : sniffed;
}

/** Start of an SVG file up to its root: a byte order mark, the XML declaration, comments, the document type. */
const SVG =
  /^\uFEFF?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--[^]*?-->\s*)*(?:<!DOCTYPE\s+svg\b[^>[]*>\s*)?(?:<!--[^]*?-->\s*)*<svg[\s>]/i;
/** Bytes that are looked through for the root. */
const SVG_HEAD = 4096;

/**
 * Type of a picture: by its first bytes; null if it is none. An SVG file is one by its name and its root. It is shown as the source
 * of an `<img>`, where it runs and fetches nothing, and never becomes part of a page.
 */
export function pictureMime(file: string, content: Buffer): string | null {
  const sniffed = imageMime(content);
  if (sniffed.startsWith('image/')) return sniffed;
  const isSvg = endOf(file) === 'svg' && SVG.test(content.subarray(0, SVG_HEAD).toString('utf8'));
  return isSvg ? 'image/svg+xml' : null;
}

/** Returns whether a file of this name may be one that can be shown. */
export const isShown = (file: string): boolean => TYPES.has(endOf(file)) || PICTURES.has(endOf(file));
