/** Views that a person has saved under a name, in a file of the workspace that can be committed and shared. */
import { z } from 'zod';
import { record } from '../values/recordSchema.js';
import { MOST_VIEWS } from './viewsLimits.js';

export { MOST_VIEWS, NO_VIEWS, VIEWS_FILE, VIEWS_LIMIT } from './viewsLimits.js';

export const SavedView = z.object({
  name: z.string().min(1).max(100),
  experiment: z.string().max(500).nullable(),
  tab: z.enum(['charts', 'table', 'media', 'insight', 'form']),
  /** Runs that are drawn; null: the newest. */
  selected: z.array(z.string().max(64)).max(1000).nullable(),
  pinned: z.array(z.string().max(64)).max(1000).default([]),
  hidden: z.array(z.string().max(64)).max(1000).default([]),
  /** Settings of the view; the panel uses the valid ones and defaults for the rest. */
  view: record(z.unknown()).default({}),
});
export type SavedView = z.infer<typeof SavedView>;

export const SavedViews = z.object({
  version: z.literal(1),
  views: z.array(SavedView).max(MOST_VIEWS),
  /** Name of the view that an experiment opens with. */
  defaults: record(z.string().max(100)).default({}),
});
export type SavedViews = z.infer<typeof SavedViews>;
