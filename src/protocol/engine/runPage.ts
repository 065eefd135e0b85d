/** Facts for the page of one run: its origins, the runs that were started from it, and its files. */
import { z } from 'zod';
import { ID_PATTERN } from '../run/runFiles.js';

const Id = z.string().regex(ID_PATTERN, 'is not the id of a run');

/** Files of a run that are listed at most. */
export const MOST_RUN_FILES = 2000;
/** Maximum number of listed runs that were started from one run. */
export const MOST_DESCENDANTS = 200;

/** A run that another one was started from, or that was started from it. */
export const Relative = z.object({
  /** `rerun`: started again from the beginning. `branch`: begun from a checkpoint. */
  kind: z.enum(['rerun', 'branch']),
  id: z.string(),
  /** Its name; null: it is gone. */
  name: z.string().nullable(),
  /** Step of the checkpoint; null for a rerun, or if the checkpoint's name does not tell. */
  step: z.number().nullable(),
});
export type Relative = z.infer<typeof Relative>;

/** A run that it shares a pipeline with. */
export const PipelineKin = z.object({
  /** `pipeline`: the run that it is a stage of. `stage`: its own stage. `uses`: a stage whose results it used. `usedBy`: the reverse. */
  role: z.enum(['pipeline', 'stage', 'uses', 'usedBy']),
  id: z.string(),
  /** Its name; null: it is gone. */
  name: z.string().nullable(),
  /** Name of the stage; '' for the pipeline. */
  stage: z.string(),
});
export type PipelineKin = z.infer<typeof PipelineKin>;

export const Lineage = z.object({
  /** The run it was started from, then that one's, and so on: at most 50. */
  ancestors: z.array(Relative),
  /** Runs that were started from it, oldest first. */
  descendants: z.array(Relative),
  /** Runs that it shares a pipeline with; absent if there is none. */
  pipeline: z.array(PipelineKin).optional(),
  /** The search whose trial it is. */
  search: z.object({ id: z.string(), name: z.string() }).nullable(),
});
export type Lineage = z.infer<typeof Lineage>;

export const RunFile = z.object({
  /** Path within the run's folder, with slashes. */
  path: z.string(),
  kind: z.enum(['checkpoint', 'media', 'log', 'record', 'other']),
  size: z.number(),
  /** Last change, in milliseconds since the epoch. */
  changed: z.number(),
});
export type RunFile = z.infer<typeof RunFile>;

export const RunPageRequests = {
  'runs/lineage': { params: z.object({ id: Id }).strict(), result: Lineage },
  /** Lists the files in its folder; links are left out. `cut`: there are more. */
  'runs/files': {
    params: z.object({ id: Id }).strict(),
    result: z.object({ files: z.array(RunFile), cut: z.boolean() }),
  },
} as const;
