/** Histograms and plots that a run has logged as files, as the panel draws them. */
import { z } from 'zod';
import { ID_PATTERN } from '../run/runFiles.js';
import { HistogramDrawing, PlotDrawing } from './drawingFiles.js';

export * from './drawingFiles.js';

export const Drawing = z.union([
  z.object({ histogram: HistogramDrawing }).strict(),
  z.object({ plot: PlotDrawing }).strict(),
]);
export type Drawing = z.infer<typeof Drawing>;

export const DrawingsRequest = {
  params: z
    .object({
      id: z.string().regex(ID_PATTERN, 'is not the id of a run'),
      /** Absent: the first one. */
      name: z.string().optional(),
      /** The newest one at or before this step; absent: the newest. */
      step: z.number().optional(),
    })
    .strict(),
  result: z.object({
    /** Names with the steps that there are, ascending. */
    names: z.array(z.object({ name: z.string(), steps: z.array(z.number()) })),
    /** Null if there is none, or its file is invalid. */
    shown: z.object({ name: z.string(), step: z.number(), drawing: Drawing }).nullable(),
  }),
};
export type Drawings = z.infer<typeof DrawingsRequest.result>;
