/** Media that a run has logged as files: pictures, sounds, videos, texts, pages and tables, as the panel asks for them. */
import { z } from 'zod';
import { PICTURE_PATH } from '../run/pictureCells.js';
import { ID_PATTERN } from '../run/runFiles.js';

const Id = z.string().regex(ID_PATTERN, 'is not the id of a run');

export { MOST_MEDIA_BYTES } from './limits.js';
/** Names and files of a run that are listed at most. */
export const MOST_MEDIA_NAMES = 2000;
export const MOST_MEDIA_FILES = 50_000;

/** All files logged under one name, in the order of their steps. */
export const MediaSeries = z.object({
  name: z.string(),
  mime: z.string(),
  /** Step of each file; null: logged without a step. */
  steps: z.array(z.number().nullable()),
  /** Place of each file among the run's media: what to ask `media/read` for. */
  at: z.array(z.number().int().min(0)),
});
export type MediaSeries = z.infer<typeof MediaSeries>;

export const MediaFile = z.object({
  mime: z.string(),
  /** Bytes of the whole file. */
  size: z.number().int(),
  /** Base64; null: too large to be sent. */
  data: z.string().nullable(),
});
export type MediaFile = z.infer<typeof MediaFile>;

export const MediaRequests = {
  /** Lists a run's media. `cut`: there are more names or files than are listed. */
  'runs/media': {
    params: z.object({ id: Id }).strict(),
    result: z.object({ series: z.array(MediaSeries), cut: z.boolean() }),
  },
  /** `picture`: the one that a cell of the table at `at` names. Null: gone, never there, a link, or outside the run's folder. */
  'media/read': {
    params: z
      .object({ id: Id, at: z.number().int().min(0), picture: z.string().regex(PICTURE_PATH).optional() })
      .strict(),
    result: z.object({ file: MediaFile.nullable() }),
  },
} as const;
export type MediaList = z.infer<(typeof MediaRequests)['runs/media']['result']>;
