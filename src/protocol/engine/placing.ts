/** Where a run or a search is to execute, as the person has chosen beside the file. */
import { z } from 'zod';
import { PLACES } from '../run/cluster.js';
import { record } from '../values/recordSchema.js';

export const Placing = z
  .object({
    /** Replaces the file's `on`. */
    on: z.enum(PLACES).optional(),
    /** The person's own sections for each kind of cluster (`slurm`, …); what the file says comes before them. */
    defaults: record(record(z.unknown())).optional(),
  })
  .strict();
export type Placing = z.infer<typeof Placing>;
