/** Output of `tunesmith import --list --json` and of `tunesmith import --json`, which the editor reads. */
import { z } from 'zod';

/** Fact of an imported run: where its logs are. */
export const IMPORTED_FROM = 'imported from';

/** A run in the logs of another program. */
export const FoundLog = z.object({
  /** Id that it has once it is imported. */
  id: z.string(),
  format: z.string(),
  /** The format's name for people. */
  title: z.string(),
  /** Absolute path of the file or folder. */
  path: z.string(),
  name: z.string(),
  experiment: z.string(),
  /** `grown`: its logs were written after they were imported. */
  state: z.enum(['new', 'grown', 'imported']),
});
export type FoundLog = z.infer<typeof FoundLog>;
export const FoundLogs = z.array(FoundLog);

export const ImportedLogs = z.array(
  z.object({ id: z.string(), name: z.string(), what: z.enum(['new', 'grown', 'unchanged']) }),
);
