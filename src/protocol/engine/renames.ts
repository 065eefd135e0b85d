/** Requests about experiment files that were renamed or moved. */
import { z } from 'zod';

/** A file that runs name and that is gone. */
export const LostFile = z.object({ file: z.string(), experiment: z.string(), runs: z.number().int() });
export type LostFile = z.infer<typeof LostFile>;

export const RenameRequests = {
  /** Gives the runs of a file that is gone, or of all such files in a folder, to its new path. Paths are absolute. */
  'files/rename': {
    params: z.object({ from: z.string().min(1), to: z.string().min(1) }).strict(),
    result: z.object({ runs: z.number().int() }),
  },
  /** Returns which lost files a file without runs may have been, if only the person can tell. */
  'files/origin': {
    params: z.object({ file: z.string().min(1) }).strict(),
    result: z.object({ candidates: z.array(LostFile) }),
  },
} as const;
