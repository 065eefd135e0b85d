/** Media of a run, as the panel lists and shows them. */
import {
  MOST_MEDIA_BYTES,
  MOST_MEDIA_FILES,
  MOST_MEDIA_NAMES,
  type MediaFile,
} from '../../../protocol/engine/media.js';
import type { MediaList, MediaSeries } from '../../../protocol/engine/media.js';
import type { RunMedia } from '../../../store/api.js';
import { pictureMime } from '../../../foreign/mime.js';
import type { MediaFiles } from './mediaFiles.js';

/** Lists media by name, each name's files by step; those without a step come first, in the order logged. */
export function listMedia(media: readonly RunMedia[]): MediaList {
  const byName = new Map<string, { mime: string; files: { step: number | null; at: number }[] }>();
  let count = 0;
  let cut = false;
  for (const [at, { name, mime, step }] of media.entries()) {
    // A picture and a sound with the same name are two series.
    const key = JSON.stringify([name, mime]);
    const known = byName.get(key);
    if (count >= MOST_MEDIA_FILES || (!known && byName.size >= MOST_MEDIA_NAMES)) {
      cut = true;
      continue;
    }
    count++;
    if (known) known.files.push({ step, at });
    else byName.set(key, { mime, files: [{ step, at }] });
  }
  const series = [...byName].map(([key, { mime, files }]): MediaSeries => {
    files.sort((a, b) => (a.step ?? -Infinity) - (b.step ?? -Infinity) || a.at - b.at);
    const [name] = JSON.parse(key) as [string, string];
    return { name, mime, steps: files.map(({ step }) => step), at: files.map(({ at }) => at) };
  });
  return { series, cut };
}

/** Reads the file that a record names, or the picture in a cell of its table. Returns null if it can't be read. */
export function readMedia(files: MediaFiles, record: RunMedia | null, picture?: string): MediaFile | null {
  if (picture !== undefined) return record?.mime === 'text/csv' ? readPicture(files, picture) : null;
  const size = record && files.size(record.path);
  if (record === null || size === null) return null;
  if (size > MOST_MEDIA_BYTES) return { mime: record.mime, size, data: null };
  const bytes = files.bytes(record.path, MOST_MEDIA_BYTES);
  return bytes && { mime: record.mime, size: bytes.length, data: bytes.toString('base64') };
}

/** Reads a picture by its path in the run's folder. Returns null for anything other than a picture. */
function readPicture(files: MediaFiles, name: string): MediaFile | null {
  const size = files.size(name);
  if (size === null || size > MOST_MEDIA_BYTES) return null;
  const bytes = files.bytes(name, MOST_MEDIA_BYTES);
  const mime = bytes && pictureMime(name, bytes);
  return bytes && mime ? { mime, size: bytes.length, data: bytes.toString('base64') } : null;
}
